"""The page of limits and circuits: how much of each vendor's limit is used, what is left alone, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from leads import breakers, budgets, sentences
from leads.console.health import circuits_page
from leads.console.live import Viewer, region
from leads.console.pages import page, person, render
from leads.console.scope import called
from leads.identifiers import identifier
from leads.models import Breaker, Event, Workspace

SEE, SWITCH = "leads.view_apicall", "leads.switch_breaker"
NEWEST = 30
COUNTED = 1000
OPEN, CLOSE = "open", "close"


class SwitchForm(forms.Form):
    """A service, whether it is to be called, and why."""

    service = forms.ChoiceField(choices=Breaker.Service.choices)
    to = forms.ChoiceField(
        label="What to do",
        choices=[(CLOSE, "Close it: call the service again"), (OPEN, "Open it: no call until a person closes it")],
    )
    reason = forms.CharField(max_length=200, help_text="It is kept in the audit.")


@dataclass(frozen=True, slots=True)
class Line:
    """One service: how it stands, in a word and in a sentence, and how many runs wait for it."""

    title: str
    tone: str
    state: str
    row: Breaker | None
    calls: int
    failures: int
    waiting: int

    @property
    def is_open(self) -> bool:
        return self.row is not None and self.row.state != Breaker.State.CLOSED

    @property
    def is_due(self) -> bool:
        """Whether a call may try it now."""
        return self.row is not None and self.row.probe_at is not None and self.row.probe_at <= timezone.now()


@page("circuits/", "circuits", SEE)
@require_http_methods(["GET", "POST"])
def circuits(request: HttpRequest) -> HttpResponse:
    workspaces = list(Workspace.objects.order_by("pk")[:50])
    asked = request.GET.get("workspace", "")
    workspace = get_object_or_404(called(asked)) if asked else workspaces[0]
    may_switch = request.user.has_perm(SWITCH)
    form = SwitchForm(request.POST or None) if may_switch else None
    if form is not None and form.is_valid():
        return switched(request, workspace, **form.cleaned_data)
    return render(
        request,
        "circuits.html",
        "Limits and circuits",
        workspace=workspace,
        workspaces=workspaces,
        form=form,
    )


def switched(request: HttpRequest, workspace: Workspace, *, service: str, to: str, reason: str) -> HttpResponse:
    by, label = person(request).get_username(), Breaker.Service(service).label
    if to == OPEN:
        done = breakers.switch_off(workspace, service, reason=reason, by=by)
        said = f"The circuit to {label} is open: nothing is called until somebody closes it."
    else:
        done = breakers.switch_on(workspace, service, reason=reason, by=by)
        said = f"The circuit to {label} is closed. What waited goes on."
    messages.success(request, said) if done else messages.info(request, "It stands so already: nothing was changed.")
    return HttpResponseRedirect(circuits_page(workspace))


@region("circuits", SEE)
def draw(_viewer: Viewer, argument: str) -> str:
    """How the limits and circuits of a workspace stand, and what happened to them."""
    workspace_id = identifier(argument) or 0
    events = Event.objects.filter(workspace=workspace_id, kind__in=sentences.BREAKER).order_by("-pk")[:NEWEST]
    context: dict[str, Any] = {
        "limits": budgets.in_use(workspace_id),
        "lines": lines(workspace_id),
        "events": [(event, sentences.sentence(event)) for event in events],
    }
    return render_to_string("admin/leads/_circuits.html", context)


def lines(workspace_id: int) -> list[Line]:
    """Every service, also one that was never called."""
    rows = {row.service: row for row in Breaker.objects.filter(workspace=workspace_id)}
    return [line(workspace_id, service, rows.get(service)) for service in Breaker.Service]


def line(workspace_id: int, service: Breaker.Service, row: Breaker | None) -> Line:
    if row is None:
        return Line(service.label, "", "Not called yet", None, 0, 0, 0)
    if row.state == Breaker.State.CLOSED:
        calls, failures = breakers.lately(row)
        return Line(service.label, "warn" if failures else "good", "Closed", row, calls, failures, 0)
    number = breakers.waiting(workspace_id, service).values("pk")[:COUNTED].count()
    state = "Opened by hand" if row.opened_by else row.get_state_display()
    return Line(service.label, "bad", state, row, 0, 0, number)
