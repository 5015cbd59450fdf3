"""The forms of a workspace's pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from leads import connecting

PHRASE = "SEND"


class SwitchForm(forms.Form):
    """Why DRAFT_ONLY is switched; to turn it off, also a word that nobody types by accident."""

    phrase = forms.CharField(
        label=f"Type {PHRASE} to confirm", max_length=10, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3, "cols": 80}))

    def __init__(self, data: Any, *, turn_on: bool) -> None:
        super().__init__(data)
        if turn_on:  # the way back to safety has nothing in it to stumble over
            del self.fields["phrase"]
            self.fields["reason"].required = False

    def clean_phrase(self) -> str:
        phrase: str = self.cleaned_data["phrase"]
        if phrase.strip().upper() != PHRASE:
            raise forms.ValidationError(f"Type the word {PHRASE}.")
        return phrase


def secret(label: str, help_text: str) -> forms.CharField:
    """A field that takes a secret and never gives it back, not even after a mistake in another one."""
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "size": 60})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


class ConnectionsForm(forms.Form):
    """Credentials, only those that are wanted. What is left empty stays as it is."""

    access_token = secret("HubSpot access token", "Of the private app.")
    client_secret = secret("HubSpot client secret", "Of the same app; it signs the webhooks.")
    credentials = secret(
        "Google credentials", "The JSON of a service account, or of an authorized user. Paste the whole file."
    )
    subject = secret("Google subject", "The mailbox that a service account acts for. Empty: the sender's address.")

    def __init__(self, data: Any, *, names: Collection[str]) -> None:
        super().__init__(data)
        for name in self.fields.keys() - {*names}:
            del self.fields[name]

    def clean_credentials(self) -> str:
        entered: str = self.cleaned_data["credentials"]
        if entered:
            try:
                connecting.check_google_credentials(entered)
            except connecting.BadCredentials as bad:
                raise forms.ValidationError(str(bad)) from None
        return entered
