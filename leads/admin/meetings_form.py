"""The form of the settings about meetings: working hours, days off, calendars, and which times are offered."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from leads import daysoff, zones
from leads.admin.settings_forms import _ModelForm as ModelForm
from leads.admin.settings_forms import lines
from leads.hours import read_hours
from leads.models import Workspace


class MeetingsForm(ModelForm[Workspace]):
    workdays = forms.TypedMultipleChoiceField(
        coerce=int,
        choices=list(enumerate(calendar.day_name)),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day, or no time can ever be offered."},
    )
    own_hours = lines(
        "Of days that differ, or that have a break: Friday 09:00-13:00, or Mon-Thu 09:00-12:00, 13:00-17:00.",
        "Days with other hours",
    )
    holiday_country = forms.ChoiceField(
        label="Public holidays of",
        required=False,
        choices=lambda: [("", "None"), *((code, zones.country_name(code)) for code in zones.countries_by_name())],
        help_text="Nobody works, and no meeting is offered. A prospect's own holidays are left out by themselves.",
    )
    days_off = lines("Beside them: 2026-12-28, or 2026-12-28 to 2027-01-03, or 12-24 for every year.", "Own days off")
    calendar_ids = lines("Ids of those that must all be free. Empty: the sender's own.", "Calendars")

    class Meta:
        model = Workspace
        fields = (
            "timezone",
            "workdays",
            "opens",
            "closes",
            "own_hours",
            "holiday_country",
            "holiday_region",
            "days_off",
            "meeting_minutes",
            "buffer_before",
            "buffer_after",
            "notice_hours",
            "days_ahead",
            "hold_days",
            "calendar_ids",
        )
        labels = {
            "timezone": "Time zone",
            "opens": "From",
            "closes": "To",
            "holiday_region": "In the region",
            "buffer_before": "Free before",
            "buffer_after": "Free after",
            "notice_hours": "Notice",
            "days_ahead": "Days ahead",
            "hold_days": "Held for",
        }
        help_texts = {
            "timezone": "A name like Europe/Berlin or America/New_York.",
            "opens": "When the working day begins, as 09:00.",
            "closes": "When it ends; meetings are over by then.",
            "holiday_region": "Its code or name, as BY or Bayern, where holidays differ. Empty: the whole country.",
            "meeting_minutes": "How long an offered meeting is, in minutes.",
            "buffer_before": "Minutes before a meeting in which no calendar may have anything else.",
            "buffer_after": "The same after it.",
            "notice_hours": "Hours from now to the earliest time that is offered; at least 2.",
            "days_ahead": "On how many working days times are offered, counted from the first that is possible.",
            "hold_days": "Working days that the times of an open draft are kept from other drafts. 0: not at all.",
        }
        widgets = {
            "opens": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "closes": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def clean_own_hours(self) -> list[str]:
        return self.readable("own_hours", read_hours)

    def clean_days_off(self) -> list[str]:
        return self.readable("days_off", daysoff.read_days_off)

    def clean_holiday_region(self) -> str:
        country, entered = self.cleaned_data.get("holiday_country", ""), self.cleaned_data["holiday_region"].strip()
        if entered and not country:
            raise ValidationError("Choose the country first.")
        try:
            return daysoff.region_code(country, entered)
        except daysoff.Unclear as unclear:
            raise ValidationError(str(unclear)) from None

    def clean(self) -> dict[str, Any]:
        """Hours of a day that nobody works are a slip."""
        cleaned = super().clean() or {}
        worked = cleaned.get("workdays")
        extra = set(read_hours(cleaned.get("own_hours", ()))) - set(worked or range(7))
        if extra:
            names = ", ".join(calendar.day_name[day] for day in sorted(extra))
            self.add_error("own_hours", f"{names} is no working day above. Tick it there, or leave it out here.")
        return cleaned

    def readable(self, name: str, read: Callable[[list[str]], object]) -> list[str]:
        entered: list[str] = self.cleaned_data[name]
        try:
            read(entered)
        except daysoff.Unclear as unclear:
            raise ValidationError(str(unclear)) from None
        return entered
