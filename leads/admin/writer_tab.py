"""The tab of the settings that says who writes: templates or the language model, what it may cost and what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from leads import model_account
from leads.models import Workspace

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Workspace]
else:
    _ModelForm = forms.ModelForm


class WriterForm(_ModelForm):
    class Meta:
        model = Workspace
        fields = ("writer", "model_budget")
        labels = {"writer": "Who writes", "model_budget": "Budget a month"}
        widgets = {"writer": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model_budget"].help_text = (
            f"In {settings.LLM_CURRENCY}, for the model. When it is used up, templates write until the month is over, "
            "and the team is told. 0: no limit."
        )

    def clean_writer(self) -> str:
        chosen: str = self.cleaned_data["writer"]
        if chosen == Workspace.Writer.MODEL and not model_account.is_set_up():
            raise ValidationError(
                "No model is set up for this installation. Set LLM_BASE_URL, LLM_API_KEY and LLM_MODEL and restart."
            )
        return chosen


def account(workspace: Workspace) -> dict[str, Any]:
    """What the page says beside the form."""
    return {
        "model": settings.LLM_MODEL if model_account.is_set_up() else "",
        "endpoint": urlsplit(settings.LLM_BASE_URL).hostname,
        "seconds": settings.LLM_SECONDS,
        "prices": (settings.LLM_INPUT_PRICE, settings.LLM_OUTPUT_PRICE),
        "is_priced": bool(settings.LLM_INPUT_PRICE or settings.LLM_OUTPUT_PRICE),
        "currency": settings.LLM_CURRENCY,
        "account": model_account.statement(workspace),
    }
