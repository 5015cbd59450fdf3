"""The form of a rep's voice: what is left empty is as in the workspace."""

from __future__ import annotations

from typing import Any

from django import forms

from leads.admin.settings_forms import TONE, Text, greeting, language, lines
from leads.admin.settings_forms import _ModelForm as ModelForm
from leads.models import Rep


class RepForm(ModelForm[Rep]):
    banned_phrases = lines("What their drafts must never say, beside the workspace's phrases.")

    class Meta:
        model = Rep
        fields = ("speaks", "signature", "greeting", "closing", "tone", "language", "banned_phrases")
        labels = {"speaks": "Drafts for their contacts are in this voice"}
        help_texts = {
            "speaks": "Off: they are in the workspace's own.",
            "tone": TONE,
            "language": "Two letters, as en or de: the language for a lead that wrote nothing.",
        }
        widgets = {"signature": forms.Textarea(attrs={"rows": 4})}
        field_classes = {"signature": Text}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        own = self.instance.workspace
        inherited = {"greeting": own.greeting, "closing": own.closing, "language": own.language}
        inherited |= {"signature": f"{self.instance.name}\n{own.name}"}
        for name, value in inherited.items():
            self.fields[name].widget.attrs["placeholder"] = value
        tone: Any = self.fields["tone"]
        tone.choices = [("", f"As the workspace: {own.get_tone_display()}"), *tone.choices[1:]]

    def clean_greeting(self) -> str:
        return greeting(self.cleaned_data["greeting"])

    def clean_language(self) -> str:
        return language(entered) if (entered := self.cleaned_data["language"]) else ""
