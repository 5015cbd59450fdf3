"""What the page of a run asks a person for, to mend what stopped it."""

from __future__ import annotations

from typing import Any

from django import forms

from leads import codec, connecting
from leads.admin.meetings_form import MeetingsForm
from leads.admin.settings_forms import DiscretionForm, DocumentsForm, VoiceForm
from leads.admin.workspace_forms import ConnectionsForm
from leads.facts import Submitted
from leads.models import Submission, WorkflowRun, Workspace
from leads.payloads import LONGEST_VALUE
from leads.readable import words
from leads.remedies import Asks, Remedy

ALWAYS = ("email", "firstname", "lastname", "company")
MOST_FIELDS = 40
ALIKE = "alike"
PREFIX = "mend"
SETTINGS: tuple[type[forms.ModelForm[Workspace]], ...] = (VoiceForm, MeetingsForm, DocumentsForm, DiscretionForm)


def form_for(run: WorkflowRun, remedy: Remedy, data: Any = None) -> forms.BaseForm:
    """The small form of a remedy, bound when `data` is given."""
    match remedy.asks:
        case Asks.SETTINGS:
            return settings_form(run.workspace, remedy.names, data)
        case Asks.CREDENTIALS:
            return SecretsForm(data, states=connecting.credentials_state(run.workspace), names=remedy.names)
        case Asks.INPUT:
            return InputForm(data, submission=run.submission)


def settings_form(workspace: Workspace, names: tuple[str, ...], data: Any) -> forms.BaseForm:
    """That tab of the settings which has these fields, without its others."""
    fresh = Workspace.objects.get(pk=workspace.pk)
    tab = next(tab for tab in SETTINGS if names[0] in tab.base_fields)
    form = tab(data, instance=fresh, prefix=PREFIX)
    for name in form.fields.keys() - set(names):
        del form.fields[name]
    if "sender_email" in form.fields:
        form.fields["sender_email"].required = True
    return form


class SecretsForm(ConnectionsForm):
    """Only the secrets that are wanted."""

    prefix = PREFIX

    def __init__(self, data: Any, *, states: dict[str, str], names: tuple[str, ...]) -> None:
        super().__init__(data, names=names)
        for name, field in self.fields.items():
            field.help_text = f"{field.help_text} Now: {states[name]}."

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or self.cleaned_data
        if not self.errors and not any(entered.values()):
            raise forms.ValidationError("Enter the new credentials; what is stored is what does not work.")
        return entered


class InputForm(forms.Form):
    """What the prospect entered, field by field."""

    prefix = PREFIX

    def __init__(self, data: Any, *, submission: Submission) -> None:
        super().__init__(data)
        given = codec.decode(submission.payload, Submitted).fields
        names = [*ALWAYS, *(name for name in given if name not in ALWAYS)][:MOST_FIELDS]
        for name in sorted(names, key=lambda one: is_long(given.get(one, ""))):
            value = given.get(name, "")
            self.fields[name] = forms.CharField(
                label=LABELS.get(name, words(name)),
                required=name == "email",
                max_length=LONGEST_VALUE,
                initial=value,
                widget=forms.Textarea(attrs={"rows": 4}) if is_long(value) else forms.TextInput(),
            )


LABELS = {"email": "E-mail", "firstname": "First name", "lastname": "Last name", "jobtitle": "Job title"}


def is_long(value: str) -> bool:
    return len(value) > 80 or "\n" in value
