"""The forms of the settings, a tab each. They say in plain words what a field is for and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from leads.admin.workspace_forms import SwitchForm
from leads.facts import Intent
from leads.models import AllowedForm, Rep, Workspace
from leads.profiles import answers_of
from leads.roles import ROLES
from leads.ways import PollState, Ways
from leads.writing.languages import name_of as language_name
from leads.writing.phrases import languages, template_sets

if TYPE_CHECKING:

    class _ModelForm[M: (AllowedForm, Rep, Workspace)](forms.ModelForm[M]): ...

else:

    class _ModelForm[M](forms.ModelForm): ...


_DRIVE_LINK = re.compile(r"https://drive\.google\.com/(?:drive/)?(?:u/\d+/)?folders/([\w-]+)")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]+")
_LANGUAGE = re.compile(r"[a-z]{2}")


class Text(forms.CharField):
    """Several lines. Browsers end them otherwise than they were stored, which is no change."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return "\n".join(str(super().to_python(value)).splitlines())


class Lines(forms.CharField):
    """A list, one entry per line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def run_validators(self, value: Any) -> None:
        """Each line is what a field of characters takes."""
        for line in value:
            super().run_validators(line)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


def lines(help_text: str, label: str | None = None) -> Lines:
    return Lines(required=False, label=label, help_text=f"{help_text} One per line.")


class OrganisationForm(_ModelForm[Workspace]):
    class Meta:
        model = Workspace
        fields = ("name", "portal_id", "label")
        labels = {"name": "Name", "portal_id": "HubSpot portal id", "label": "Gmail label"}
        help_texts = {"label": "What answered threads are labelled with in the mailbox, once DRAFT_ONLY is off."}

    def clean_portal_id(self) -> str:
        given: str = self.cleaned_data["portal_id"].strip()
        if given and not (given.isascii() and given.isdigit()):
            raise ValidationError("A portal id is a number. HubSpot shows it beside the account's name.")
        if given and Workspace.objects.filter(portal_id=given).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another workspace has this portal. A delivery can belong to one only.")
        return given


TONE = "Plain says what there is to say. Warm takes the fuller wordings, and a courtesy. Brief takes the shortest."


class VoiceForm(_ModelForm[Workspace]):
    banned_phrases = lines("What a draft must never say.")
    template_set = forms.ChoiceField(
        choices=lambda: [(name, name) for name in template_sets()],
        help_text="The words and the order of the drafts; leads in another language get that language's "
        "own. Try one on "
        "past leads in the replay lab first.",
    )

    class Meta:
        model = Workspace
        fields = (
            "sender_name",
            "sender_email",
            "signature",
            "greeting",
            "closing",
            "tone",
            "language",
            "template_set",
            "banned_phrases",
        )
        labels = {"sender_name": "Sender", "sender_email": "Mailbox"}
        help_texts = {
            "sender_name": "In whose name drafts are written, unless a rep speaks to their own contacts.",
            "sender_email": "The mailbox in which they are made.",
            "tone": TONE,
            "language": "Two letters, as en or de: the language for a lead that wrote nothing.",
        }
        widgets = {"signature": forms.Textarea(attrs={"rows": 4})}
        field_classes = {"signature": Text}

    def clean_greeting(self) -> str:
        return greeting(self.cleaned_data["greeting"])

    def clean_language(self) -> str:
        return language(self.cleaned_data["language"])


class AnswersForm(forms.Form):
    """A text per subject and language, in the operators' own words; the workspace's own language comes first."""

    SAYS = {
        Intent.PRICING: "What it costs.",
        Intent.DEMO: "What a demo is like.",
        Intent.INTEGRATION: "What it connects to, and how long that takes.",
        Intent.SECURITY: "Where data is kept, who audits you.",
        Intent.SUPPORT: "How fast a customer gets help.",
        Intent.PARTNERSHIP: "How agencies and resellers work with you.",
        Intent.VAGUE: "What to say to somebody who asks nothing in particular.",
    }

    def __init__(self, data: Any = None, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.languages = tuple(dict.fromkeys((workspace.language, *languages())))
        known = answers_of(workspace)
        for intent in Intent:
            for language in self.languages:
                self.fields[f"{intent}_{language}"] = Text(
                    label=f"{intent.value.title()} in {language_name(language)}",
                    required=False,
                    max_length=2000,
                    initial=known.get(language, {}).get(intent, ""),
                    widget=forms.Textarea(attrs={"rows": 4, "lang": language}),
                )

    def subjects(self) -> Iterator[tuple[str, str, list[forms.BoundField]]]:
        """Each subject with what it is about and its fields, one per language."""
        for intent in Intent:
            fields = [self[f"{intent}_{language}"] for language in self.languages]
            yield intent.value.title(), self.SAYS[intent], fields

    def said(self) -> dict[tuple[str, str], str]:
        """What was entered, by language and subject."""
        return {
            (language, intent): self.cleaned_data[f"{intent}_{language}"]
            for intent in Intent
            for language in self.languages
        }


class DocumentsForm(_ModelForm[Workspace]):
    folder_ids = lines(
        "Ids, or links to the folders. Only files that lie directly in them are offered.", "Drive folders"
    )
    link_domains = lines("Domains that a draft may link to, beside your own.", "Domains")

    class Meta:
        model = Workspace
        fields = ("folder_ids", "link_domains")

    def clean_folder_ids(self) -> list[str]:
        """People copy the address of a folder from the browser."""
        return [found[1] if (found := _DRIVE_LINK.match(one)) else one for one in self.cleaned_data["folder_ids"]]

    def clean_link_domains(self) -> list[str]:
        return [domain(one) for one in self.cleaned_data["link_domains"]]


class DiscretionForm(_ModelForm[Workspace]):
    suppressed = lines("Addresses and domains that are never written to.", "Never written to")
    known_names = lines("Clients that are never named to anyone else.", "Never named")

    class Meta:
        model = Workspace
        fields = ("suppressed", "known_names")

    def clean_suppressed(self) -> list[str]:
        return [listed(one) for one in self.cleaned_data["suppressed"]]


class SendingForm(_ModelForm[Workspace]):
    class Meta:
        model = Workspace
        fields = ("undo_seconds", "send_in_hours", "daily_cap")
        labels = {
            "undo_seconds": "Seconds to undo",
            "send_in_hours": "In working hours only",
            "daily_cap": "Most a day",
        }
        help_texts = {
            "undo_seconds": "How long an approval can be taken back before the draft is sent.",
            "send_in_hours": "What is approved outside of them (see Meetings) waits for the next ones.",
            "daily_cap": "Drafts sent in a day of the workspace's time zone. What is over it waits for the next day.",
        }


class TargetsForm(_ModelForm[Workspace]):
    class Meta:
        model = Workspace
        fields = ("target_minutes",)
        labels = {"target_minutes": "Minutes to a draft"}
        help_texts = {
            "target_minutes": "How long a lead may wait for a draft, in working hours (see Meetings). Home shows how "
            "many are answered in that time."
        }


class AllowFormForm(forms.Form):
    form_id = forms.CharField(label="Form id", max_length=64, help_text="The form's GUID, from its address in HubSpot.")
    name = forms.CharField(max_length=120, help_text="As your team calls it.")

    def clean_form_id(self) -> str:
        given: str = self.cleaned_data["form_id"].strip()
        if re.search(r"\s|/", given):
            raise ValidationError("Only the id, without blanks or the rest of the address.")
        return given


class AllowedFormForm(_ModelForm[AllowedForm]):
    """One form of the list; `sure` asks for a word and a reason where its lock would be opened."""

    sure: SwitchForm | None = None
    ways: Ways | None = None
    poll: PollState | None = None
    waited = 0  # how many filled it in before it was allowed, and can be answered

    class Meta:
        model = AllowedForm
        fields = ("name", "enabled", "draft_only")
        labels = {"enabled": "Answered", "draft_only": "Draft only"}


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        choices=[(name, f"{name}: {text}") for name, (text, _) in ROLES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class PersonForm(RolesForm):
    username = forms.CharField(label="User name", max_length=150, help_text="For logging in, and in the audit.")
    email = forms.EmailField(label="E-mail", required=False)
    field_order = ("username", "email", "roles")

    def clean_username(self) -> str:
        given: str = self.cleaned_data["username"].strip()
        User.username_validator(given)
        if User.objects.filter(username__iexact=given).exists():
            raise ValidationError(f"There is a “{given}” already. Give that person a role instead.")
        return given


def greeting(entered: str) -> str:
    if re.search(r"[{}]", entered.replace("{first_name}", "").replace("{name}", "")):
        raise ValidationError("Only {first_name} and {name} can be filled in. Write them exactly so.")
    return entered


def language(entered: str) -> str:
    code = entered.strip().lower()
    if not _LANGUAGE.fullmatch(code):
        raise ValidationError("Write two letters, such as en, de or fr.")
    return code


def address(entered: str) -> str:
    try:
        validate_email(entered)
    except ValidationError:
        raise ValidationError("“%(entered)s” is not an address.", params={"entered": entered}) from None
    return entered.lower()


def listed(entered: str) -> str:
    """An address or a domain."""
    return address(entered) if "@" in entered.lstrip("@") else domain(entered)


def domain(entered: str) -> str:
    """A domain in lower case; of a link, the domain in it."""
    host = re.sub(r"^\w+://|[/:].*$", "", entered.strip().lower().removeprefix("@"))
    if not _DOMAIN.fullmatch(host):
        raise ValidationError("“%(entered)s” is not a domain. Write it like example.com.", params={"entered": entered})
    return host
