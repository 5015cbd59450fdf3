"""The wording of drafts: a template set's sentences and their order, tried on a past lead before they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from connectors.errors import NotConfigured
from leads import wording
from leads.admin.replay import OFFERED, asked_run, side
from leads.admin.settings_forms import Lines, Text
from leads.admin.settings_stale import meanwhile
from leads.admin.settings_tabs import Tab, address, shown
from leads.console.pages import person
from leads.facts import Letter, Wording
from leads.identifiers import SMALL, identifier
from leads.meanwhile import Stale
from leads.models import TemplateVersion, WorkflowRun, Workspace
from leads.profiles import profile_of
from leads.replay import NotReplayable, inputs_of, replay
from leads.worddiff import compared
from leads.writing import phrases
from leads.writing.wording import SECTIONS, Saying, sayings, trouble_with, trouble_with_body

BODY = "body"
VERSIONS_SHOWN = 20
TO_TRY = ("leads.view_workflowrun", "leads.view_draft")


class WordingForm(forms.Form):
    """A field for each thing that drafts say, one way per line, and one for the order of the parts."""

    def __init__(self, data: Any, *, template_set: str, known: Wording | None) -> None:
        super().__init__(data)
        self.template_set = template_set
        ways = known.ways if known else {}
        self.own = {*ways, *([BODY] if known and known.body else [])}
        self.sayings = {saying.name: saying for saying in sayings(template_set)}
        for saying in self.sayings.values():
            said = list(ways.get(saying.name, saying.shipped))
            self.fields[saying.name] = Lines(
                required=False,
                label=saying.title,
                initial=said,
                help_text=self.help_on(saying, is_own=saying.name in ways),
                widget=forms.Textarea(attrs={"rows": min(len(said) + 1, 6)}),
            )
        self.fields[BODY] = Text(
            required=False,
            label="The order of the parts",
            initial=(known.body if known else "") or phrases.order(template_set),
            help_text="Each part stands where its name stands. Empty: as shipped.",
            widget=forms.Textarea(attrs={"rows": 16, "class": "sa-mono"}),
        )

    def help_on(self, saying: Saying, *, is_own: bool) -> str:
        known = ", ".join(f"{{{{ {name} }}}}" for name in saying.variables)
        own = "Worded by you; empty it to say it as shipped." if is_own else ""
        return " ".join(filter(None, [f"May hold {known}." if known else "", own]))

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField], int, bool]]:
        """By section: its title, its fields, how many of them are in own words, and whether one was refused."""
        for section, found in groupby(self.sayings.values(), key=lambda saying: saying.section):
            yield self.group(SECTIONS[section], [saying.name for saying in found])
        yield self.group("The order of the parts", [BODY])

    def group(self, title: str, names: list[str]) -> tuple[str, list[forms.BoundField], int, bool]:
        return title, [self[name] for name in names], len(self.own & {*names}), bool(self.errors.keys() & {*names})

    def clean(self) -> None:
        for name, saying in self.sayings.items():
            if why := trouble_with(saying, self.ways().get(name, ())):
                self.add_error(name, why)
        entered = self.cleaned_data.get(BODY, "")
        if entered.strip() and (why := trouble_with_body(entered)):
            self.add_error(BODY, ValidationError(why))

    def ways(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(self.cleaned_data.get(name) or ()) for name in self.sayings}

    def body(self) -> str:
        """Empty where it is as shipped."""
        entered: str = self.cleaned_data[BODY].strip()
        return "" if entered == phrases.order(self.template_set).strip() else f"{entered}\n" if entered else ""


def words(request: HttpRequest, workspace: Workspace, tab: Tab) -> dict[str, Any] | HttpResponse:
    """Show a set's wording beside a letter that it makes; take what was entered, or put a version back."""
    chosen = request.GET.get("set", "")
    chosen = chosen if chosen in phrases.template_sets() else workspace.template_set
    if request.method == "POST" and "put_back" in request.POST:
        return put_back(request, workspace, tab, chosen)
    known = wording.current(workspace).get(chosen)
    form = WordingForm(request.POST if request.method == "POST" else None, template_set=chosen, known=known)
    told: dict[str, Any] = {}
    if form.is_valid() and "save" in request.POST:
        try:
            version = wording.save(
                workspace, chosen, form.ways(), form.body(), by=person(request), shown=shown(request)
            )
        except Stale as stale:
            told = meanwhile(stale, form)
        else:
            said = f"Saved as {version}. Drafts say it so from now on." if version else "Nothing was changed."
            return back(request, workspace, tab, chosen, said)
    tried = Wording(0, 0, form.ways(), form.body()) if form.is_valid() else known
    may_try = request.user.has_perms(TO_TRY)
    return {
        "form": form,
        "chosen": chosen,
        "sets": phrases.template_sets(),
        "versions": versions_of(workspace, chosen),
        **(trial(request, workspace, chosen, tried) if may_try else {}),
        **told,
    }


def versions_of(workspace: Workspace, template_set: str) -> list[TemplateVersion]:
    return list(wording.of_set(workspace, template_set).select_related("made_by")[:VERSIONS_SHOWN])


def put_back(request: HttpRequest, workspace: Workspace, tab: Tab, chosen: str) -> HttpResponse:
    number = identifier(request.POST["put_back"], SMALL)
    try:
        version = wording.put_back(workspace, chosen, number if number is not None else -1, by=person(request))
    except TemplateVersion.DoesNotExist:
        return back(request, workspace, tab, chosen, "There is no such version. Nothing was changed.")
    return back(request, workspace, tab, chosen, f"Put back, as {version}." if version else "It counts already.")


def back(request: HttpRequest, workspace: Workspace, tab: Tab, chosen: str, said: str) -> HttpResponse:
    messages.success(request, said)
    asked = {"set": chosen} | ({"run": run} if (run := request.GET.get("run")) else {})
    return HttpResponseRedirect(f"{address(workspace.slug, tab.slug)}?{urlencode(asked)}")


def trial(request: HttpRequest, workspace: Workspace, chosen: str, tried: Wording | None) -> dict[str, Any]:
    """The letter that a past run of this workspace would get now, beside the choice of others."""
    others = past(workspace, phrases.language_of(chosen))
    asked = asked_run(request.GET.get("run", ""))
    run = asked if asked and asked.workspace_id == workspace.pk else next(iter(others), None)
    if run is None:
        return {"others": [], "run": None}
    try:
        letter = letter_of(run, chosen, tried)
    except (NotReplayable, NotConfigured) as why:
        return {"others": others, "run": run, "problem": str(why)}
    empty: Any = compared("", "")[0]
    parts = (letter.subject, letter.body) if letter else ("", "")
    subject, body = (compared(part, part)[0] if part else empty for part in parts)
    return {
        "others": others,
        "run": run,
        "side": side(f"To {run.lead or run}", letter, subject, body, marked=False),
    }


def past(workspace: Workspace, language: str) -> list[WorkflowRun]:
    """The newest runs that wrote a draft in this language."""
    drafted = WorkflowRun.objects.filter(workspace=workspace, outcome=WorkflowRun.Outcome.DRAFTED)
    return list(drafted.filter(draft__language=language).select_related("lead").order_by("-pk")[:OFFERED])


def letter_of(run: WorkflowRun, template_set: str, tried: Wording | None) -> Letter | None:
    """None where it would be screened out."""
    inputs = inputs_of(run)
    profile = profile_of(run.workspace).for_owner(inputs.contact.owner_id)
    own = {template_set: tried} if tried else {}
    return replay(inputs, replace(profile, write_with=template_set, wordings=profile.wordings | own)).letter
