"""The replay lab: a past run beside what it would write with other settings, other words, another workspace's voice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from connectors.errors import NotConfigured
from leads import audit, lead_search, model_account
from leads.admin.settings_forms import Lines
from leads.console.pages import page, render
from leads.facts import Intent, Letter, Profile, Tone
from leads.identifiers import identifier
from leads.model_note import note_of
from leads.models import Lead, WorkflowRun, Workspace
from leads.profiles import profile_of
from leads.replay import Inputs, NotReplayable, Outcome, inputs_of, replay, replay_by_model
from leads.worddiff import compared
from leads.writing.brief import turned
from leads.writing.phrases import template_sets

OFFERED = 12  # past runs to choose from
MOST_LEADS = 50  # that a search looks at
ANSWER = "answer_"
AS_ENTERED = ("write_with", "meeting_minutes")
LISTS = ("link_domains", "known_names")
VOICE = ("greeting", "closing", "signature", "tone", "language", "banned_phrases")
LONGEST = 200  # characters of what is looked for


class TryForm(forms.Form):
    """The part of a profile that can be tried out."""

    write_with = forms.ChoiceField(
        label="Template set",
        required=False,
        choices=lambda: [
            ("", "As a run would choose, by the prospect's language"),
            *((name, name) for name in template_sets()),
        ],
    )
    greeting = forms.CharField(max_length=80, help_text="{first_name} or {name} is filled in.")
    closing = forms.CharField(max_length=80)
    signature = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    tone = forms.TypedChoiceField(choices=[(tone.value, tone.value.title()) for tone in Tone], coerce=Tone)
    language = forms.RegexField(r"[a-z]{2}", help_text="ISO 639-1, for leads that wrote nothing.")
    banned_phrases = Lines(
        required=False,
        max_length=5000,
        help_text="One per line.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    meeting_minutes = forms.IntegerField(
        min_value=5, max_value=480, help_text="How long the letter says a meeting is; the times found stay."
    )
    link_domains = Lines(
        required=False,
        max_length=5000,
        help_text="That a draft may link to. One per line.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    known_names = Lines(
        required=False,
        max_length=5000,
        label="Never named",
        help_text="Clients, one per line.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any, *, profile: Profile) -> None:
        known = {name: getattr(profile.voice if name in VOICE else profile, name) for name in self.base_fields}
        answers = {f"{ANSWER}{intent}": profile.answers.get(intent, "") for intent in Intent}
        super().__init__(data, initial=known | answers)
        self.profile = profile
        if model_account.is_set_up():
            self.fields["writer"] = forms.ChoiceField(
                choices=Workspace.Writer.choices,
                initial=Workspace.Writer.TEMPLATES,
                help_text="The model is asked when you press Replay, on the account of the run's workspace.",
            )
        for intent in Intent:
            self.fields[f"{ANSWER}{intent}"] = forms.CharField(
                label="Answer to a vague message" if intent is Intent.VAGUE else f"Answer on {intent}",
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def asks_model(self) -> bool:
        return bool(self.cleaned_data.get("writer") == Workspace.Writer.MODEL)

    def tried(self) -> Profile:
        """The profile with what was entered."""
        entered = self.cleaned_data
        answers = {str(intent): entered[f"{ANSWER}{intent}"].strip() for intent in Intent}
        lists: dict[str, Any] = {name: tuple(entered[name]) for name in LISTS}
        words = {"signature": entered["signature"].replace("\r\n", "\n")}
        words |= {"banned_phrases": tuple(entered["banned_phrases"])}
        voice: dict[str, Any] = {name: entered[name] for name in VOICE} | words
        return replace(
            self.profile,
            **{name: entered[name] for name in AS_ENTERED},
            **lists,
            voice=replace(self.profile.voice, **voice),
            voices={},  # what was entered speaks, whoever owns the contact
            answers={intent: text for intent, text in answers.items() if text},
        )


@page("replay/", "replay", "leads.view_workflowrun", "leads.view_draft")
@require_http_methods(["GET", "POST"])
def replay_page(request: HttpRequest) -> HttpResponse:
    """Choose a run; then its letter, and what it would be now. Posting tries other settings out."""
    asked = request.GET.get("run", "").replace("\x00", "").strip()[:LONGEST]
    run = asked_run(asked)
    context: dict[str, Any] = {"run": run, "asked": asked}
    if run is None:
        found = runs_of(asked) if asked and request.user.has_perm("leads.view_lead") else []
        context |= {"found": found, "offered": found or offered()}
        return render(request, "replay/page.html", "Replay lab", **context)
    context |= {"workspaces": readable_workspaces(request), "source": source_of(request, run)}
    context["trail"] = [
        ("Runs", reverse("admin:leads_workflowrun_changelist")),
        (str(run), reverse("admin:leads_workflowrun_change", args=[run.pk])),
    ]
    try:
        inputs = inputs_of(run)
        profile = profile_of(context["source"]).for_owner(inputs.contact.owner_id)
        # What can be tried is what was said to this prospect: in the language of their letter.
        profile = turned(profile, inputs.letter.language if inputs.letter else profile.voice.language)
    except (NotReplayable, NotConfigured) as why:
        return render(request, "replay/page.html", "Replay lab", **context, problem=str(why))
    form = TryForm(request.POST if request.method == "POST" else None, profile=profile)
    if form.is_valid():
        changed = sorted(form.changed_data)
        audit.record(
            "run_replayed",
            run.workspace,
            actor=request.user.get_username(),
            run=run,
            settings_of=context["source"].pk,
            changed=changed,
        )
        profile = form.tried()
    again = replay_by_model if form.is_valid() and form.asks_model else replay
    outcome = again(inputs, profile) if not form.errors else None
    context |= {"form": form, "inputs": inputs, **(beside(inputs, outcome) if outcome else {})}
    return render(request, "replay/page.html", "Replay lab", **context)


def asked_run(number: str) -> WorkflowRun | None:
    return (
        WorkflowRun.objects.select_related("workspace", "submission", "lead").filter(pk=identifier(number) or 0).first()
    )


def runs_of(term: str) -> list[WorkflowRun]:
    """The newest runs of the leads that a name, an address or a company fits."""
    leads = lead_search.matching(Lead.objects.all(), term).order_by("-pk").values_list("pk", flat=True)[:MOST_LEADS]
    runs = WorkflowRun.objects.filter(lead__in=list(leads)).select_related("lead")
    return list(runs.order_by("-pk")[:OFFERED])


def offered() -> list[WorkflowRun]:
    """The newest runs that wrote a draft."""
    drafted = WorkflowRun.objects.filter(outcome=WorkflowRun.Outcome.DRAFTED)
    return list(drafted.select_related("lead").order_by("-pk")[:OFFERED])


def readable_workspaces(request: HttpRequest) -> list[Workspace]:
    if not request.user.has_perm("leads.view_workspace"):
        return []
    return list(Workspace.objects.order_by("name")[:50])


def source_of(request: HttpRequest, run: WorkflowRun) -> Workspace:
    """Whose settings are the start: the run's own workspace, or one that the person asked for and may see."""
    chosen = request.GET.get("settings", "")
    return next((one for one in readable_workspaces(request) if str(one.pk) == chosen), run.workspace)


def beside(inputs: Inputs, outcome: Outcome) -> dict[str, Any]:
    """Both letters in parts for the page; the same stretches on both sides are not marked."""
    before, after = inputs.letter, outcome.letter
    subjects = compared(before.subject if before else "", after.subject if after else "")
    bodies = compared(before.body if before else "", after.body if after else "")
    marked = before is not None and after is not None
    return {
        "screened": outcome.enquiry.screened,
        "same": before is not None
        and after is not None
        and (before.subject, before.body) == (after.subject, after.body),
        "sides": [
            side("As the run wrote it", before, subjects[0], bodies[0], marked=marked),
            side("With the settings on this page", after, subjects[1], bodies[1], marked=marked),
        ],
    }


def side(title: str, letter: Letter | None, subject: Any, body: Any, *, marked: bool) -> dict[str, Any]:
    checks = sorted(letter.checks, key=lambda check: check.passed) if letter else []
    return {
        "title": title,
        "letter": letter,
        "model": note_of(letter.model) if letter else None,
        "subject": subject,
        "body": body,
        "marked": marked,
        "failed": [check for check in checks if not check.passed],
        "passed": [check for check in checks if check.passed],
    }
