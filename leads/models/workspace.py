"""A customer of this installation: whose leads, whose accounts, whose voice."""

from __future__ import annotations

import zoneinfo
from datetime import time
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from leads import daysoff, hours
from leads.facts import Tone
from leads.rules import OFF_AT_FIRST


def working_days() -> list[int]:
    return [0, 1, 2, 3, 4]


def own_banned_phrases() -> list[str]:
    return ["—", "I hope this email finds you well", "touch base", "circle back"]


def tones() -> list[tuple[str, str]]:
    return [(tone.value, tone.value.title()) for tone in Tone]


def rules_off_at_first() -> list[str]:
    return [rule.value for rule in OFF_AT_FIRST]


def validate_zone(name: str) -> None:
    """Refuse a zone that the time zone database does not know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "“%(name)s” is not a time zone. Use a name like Europe/Berlin or America/New_York.", params={"name": name}
        )


class Workspace(models.Model):
    """One customer. A single customer never meets the word: one workspace is made by default."""

    class Writer(models.TextChoices):
        TEMPLATES = "templates", "Templates"
        MODEL = "model", "The language model, and templates where it fails"

    name = models.CharField(max_length=120, help_text="Your organisation, as it may appear in a draft.")
    slug = models.SlugField(unique=True)
    portal_id = models.CharField(
        "HubSpot portal id",
        max_length=32,
        blank=True,
        help_text="Deliveries of this portal belong here. Empty: any portal that signs with this workspace's secret.",
    )
    draft_only = models.BooleanField(
        "DRAFT_ONLY",
        default=True,
        help_text="While on, the only outside write is the draft in the rep's own mailbox.",
    )

    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True, help_text="The mailbox in which drafts are made.")
    signature = models.TextField(blank=True, help_text="Plain text, once at the end. Empty: sender and organisation.")
    greeting = models.CharField(max_length=80, default="Hi {first_name},", help_text="{first_name} is filled in.")
    closing = models.CharField(max_length=80, default="Best regards,")
    tone = models.CharField(max_length=10, choices=tones, default="plain", help_text="How much is said around facts.")
    language = models.CharField(max_length=2, default="en", help_text="ISO 639-1, for leads that wrote nothing.")
    template_set = models.CharField(
        max_length=40, default="en", help_text="The words and the order of the drafts; try others in the replay lab."
    )
    banned_phrases = ArrayField(models.CharField(max_length=120), default=own_banned_phrases, blank=True)
    samples = ArrayField(models.TextField(), default=list, blank=True, help_text="Mails they sent, naming nobody.")
    writer = models.CharField(max_length=10, choices=Writer, default=Writer.TEMPLATES)
    model_budget = models.DecimalField(
        "budget a month",
        max_digits=8,
        decimal_places=2,
        default=Decimal(20),
        validators=[MinValueValidator(0)],
        help_text="For the model. When it is used up, templates write until the month is over. 0: no limit.",
    )

    timezone = models.CharField(max_length=64, default="Europe/Berlin", validators=[validate_zone])
    workdays = ArrayField(models.PositiveSmallIntegerField(), default=working_days, help_text="Monday is 0.")
    opens = models.TimeField(default=time(9))
    closes = models.TimeField(default=time(17))
    own_hours = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, help_text="Of days that differ, or have a break."
    )
    holiday_country = models.CharField(max_length=2, blank=True, help_text="ISO 3166: its public holidays are off.")
    holiday_region = models.CharField(max_length=12, blank=True, help_text="Its code, where holidays differ by region.")
    days_off = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text="Beside holidays.")
    days_ahead = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(20)], help_text="Business days to offer."
    )
    buffer_before = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(120)], help_text="Minutes that are free before a meeting."
    )
    buffer_after = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(120)])
    hold_days = models.PositiveSmallIntegerField(
        default=2,
        validators=[MaxValueValidator(20)],
        help_text="Business days that times offered in an open draft are kept from other drafts.",
    )
    meeting_minutes = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(10), MaxValueValidator(240)]
    )
    notice_hours = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(2), MaxValueValidator(240)], help_text="Earliest offer, from now."
    )
    calendar_ids = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="Empty: the sender's own calendar."
    )
    folder_ids = ArrayField(
        models.CharField(max_length=120),
        default=list,
        blank=True,
        verbose_name="Drive folders",
        help_text="Only files that lie directly in these folders are ever offered.",
    )
    link_domains = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    suppressed = ArrayField(
        models.CharField(max_length=254), default=list, blank=True, help_text="Addresses and domains never written to."
    )
    competitors = ArrayField(models.CharField(max_length=254), default=list, blank=True)
    customers = ArrayField(models.CharField(max_length=254), default=list, blank=True)
    never_screened = ArrayField(
        models.CharField(max_length=254),
        default=list,
        blank=True,
        help_text="Addresses and domains.",
    )
    screening_off = ArrayField(
        models.CharField(max_length=20), default=rules_off_at_first, blank=True, help_text="Of `leads.rules.SWITCHED`."
    )
    known_names = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, help_text="Clients never named to anyone else."
    )
    target_minutes = models.PositiveSmallIntegerField(
        "minutes to a draft",
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(10_080)],
        help_text="In working hours, from the form to the draft that is ready.",
    )
    label = models.CharField("Gmail label", max_length=100, default="Sales Agent")
    undo_seconds = models.PositiveSmallIntegerField(
        "seconds to undo",
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(3600)],
        help_text="Between an approval and the sending.",
    )
    send_in_hours = models.BooleanField(
        "in working hours only", default=False, help_text="What is approved outside of them waits for the next ones."
    )
    daily_cap = models.PositiveSmallIntegerField(
        "most a day",
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(2000)],
        help_text="Drafts sent in a day of the workspace's time zone; what is over it waits for the next.",
    )

    created_at = models.DateTimeField(auto_now_add=True)
    restored_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a backup was restored; `leads.restores`."
    )
    revision = models.PositiveIntegerField(
        default=0, editable=False, help_text="Grows with every change of a setting, an answer or a credential."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["portal_id"], condition=~Q(portal_id=""), name="workspace_portal_once"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="workspace_closes_after_opening"),
            models.CheckConstraint(condition=Q(notice_hours__gte=2), name="workspace_two_hours_notice"),
            models.CheckConstraint(condition=Q(writer__in=["templates", "model"]), name="workspace_writer"),
            models.CheckConstraint(condition=Q(model_budget__gte=0), name="workspace_model_budget"),
        ]
        permissions = [
            ("switch_draft_only", "Can turn DRAFT_ONLY off and on"),
            ("manage_people", "Can add people and give them roles"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.opens and self.closes and self.opens >= self.closes:
            raise ValidationError({"closes": "The day must close after it opens."})
        if any(day > 6 for day in self.workdays or []):
            raise ValidationError({"workdays": "Days go from 0 (Monday) to 6 (Sunday)."})
        self.clean_days()

    def clean_days(self) -> None:
        """Refuse hours, days off and regions that could not be read later."""
        for name, read in (("own_hours", hours.read_hours), ("days_off", daysoff.read_days_off)):
            try:
                read(getattr(self, name))
            except daysoff.Unclear as unclear:
                raise ValidationError({name: str(unclear)}) from None
        if self.holiday_country or self.holiday_region:
            try:
                self.holiday_region = daysoff.region_code(self.holiday_country, self.holiday_region)
            except daysoff.Unclear as unclear:
                raise ValidationError({"holiday_region": str(unclear)}) from None
