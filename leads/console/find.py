"""The search of the console: a prospect, a run, a page; for the palette that `/` opens."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from leads.console.navigation import navigation
from leads.identifiers import identifier
from leads.lead_search import matching
from leads.models import Lead, WorkflowRun

MOST = 8  # people, and runs
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the palette."""

    title: str
    detail: str
    kind: str
    address: str


@require_safe
def find(request: HttpRequest) -> JsonResponse:
    """JSON: what fits `q`, best first."""
    term = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = [*runs(term, request.user), *people(term, request.user), *places(term, request)]
    return JsonResponse({"found": [asdict(line) for line in found]})


def runs(term: str, user: User | AnonymousUser) -> Iterator[Found]:
    """The run whose id or key it is."""
    if not term or not user.has_perm("leads.view_workflowrun"):
        return
    number = identifier(term.lower().removeprefix("run").strip(" #"))
    try:
        by = Q(pk=number) if number is not None else Q(key=uuid.UUID(term))
    except ValueError:
        return
    for run in WorkflowRun.objects.filter(by).select_related("lead"):
        yield line(run, str(run), str(run.lead or "no lead yet"))


def people(term: str, user: User | AnonymousUser) -> Iterator[Found]:
    """Leads by name, address and company: each with their newest run first, then their page."""
    if len(term) < 2 or not user.has_perms(["leads.view_lead", "leads.view_workflowrun"]):
        return
    leads = list(matching(Lead.objects.all(), term).order_by("-pk")[:MOST])
    newest = {
        run.lead_id: run
        for run in WorkflowRun.objects.filter(lead__in=leads).order_by("lead_id", "-pk").distinct("lead_id")
    }
    for lead in leads:
        if run := newest.get(lead.pk):
            yield line(run, str(lead), lead.company or lead.email)
    for lead in leads:
        address = reverse("admin:leads_lead_change", args=[lead.pk])
        yield Found(str(lead), f"{lead.email} · everything that happened", "Lead", address)


def line(run: WorkflowRun, title: str, detail: str) -> Found:
    address = reverse("admin:leads_workflowrun_change", args=[run.pk])
    return Found(title, f"{detail} · {run}, {run.get_state_display().lower()}", "Run", address)


def places(term: str, request: HttpRequest) -> Iterator[Found]:
    for group, entries in navigation(request):
        for entry in entries:
            if term.lower() in entry.title.lower():
                yield Found(entry.title, group, "Page", entry.address)
