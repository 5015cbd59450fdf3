"""The form of the settings about screening: which rules are on, and the lists that they go by."""

from __future__ import annotations

from typing import Any

from django import forms

from leads.admin.settings_forms import _ModelForm as ModelForm
from leads.admin.settings_forms import lines, listed
from leads.models import Workspace
from leads.rules import SWITCHED


class ScreeningForm(ModelForm[Workspace]):
    """What is ticked are the rules that are on; what is kept are those that are off."""

    rules_on = forms.MultipleChoiceField(
        required=False, choices=[(rule.value, rule.label) for rule in SWITCHED], widget=forms.CheckboxSelectMultiple
    )
    competitors = lines("Domains of those who only want to look.", "Competitors")
    customers = lines(
        "Domains of those who bought. A contact whose lifecycle stage in HubSpot is Customer or Evangelist counts too.",
        "Customers",
    )
    never_screened = lines("Domains and addresses for whom none of these rules count.", "Never screened")

    class Meta:
        model = Workspace
        fields = ("competitors", "customers", "never_screened")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        off = self.instance.screening_off
        self.initial["rules_on"] = [rule.value for rule in SWITCHED if rule.value not in off]

    def clean_competitors(self) -> list[str]:
        return [listed(one) for one in self.cleaned_data["competitors"]]

    def clean_customers(self) -> list[str]:
        return [listed(one) for one in self.cleaned_data["customers"]]

    def clean_never_screened(self) -> list[str]:
        return [listed(one) for one in self.cleaned_data["never_screened"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        on = cleaned.pop("rules_on", ())
        return cleaned | {"screening_off": [rule.value for rule in SWITCHED if rule.value not in on]}
