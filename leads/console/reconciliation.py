"""The page of the reconciliation: what does not agree, and a button for each repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from leads.console.live import Viewer, region
from leads.console.notifications import chosen
from leads.console.pages import page, person, render
from leads.identifiers import identifier
from leads.models import Discrepancy, Reconciliation, Workspace
from leads.reconciliation import report
from leads.reconciliation.checks import CHECKS
from leads.reconciliation.finding import Check
from leads.roles import takes

PATIENCE = 8.0  # seconds of repairs that a click waits for
SENT_OFF = "It is sent off: a worker sees to it now. Look again, and you see whether it is done."
SEE, REPAIR = "leads.view_discrepancy", "leads.repair_discrepancy"


@dataclass(frozen=True, slots=True)
class Group:
    """One check: what it found, or why it could not look."""

    kind: str
    check: Check
    found: Sequence[Discrepancy]
    trouble: str

    @property
    def left(self) -> int:
        return sum(one.repaired_at is None for one in self.found)

    @property
    def is_full(self) -> bool:
        return len(self.found) == report.MOST


@page("reconciliation/", "reconciliation", SEE)
@require_safe
def reconciliation(request: HttpRequest) -> HttpResponse:
    workspace = chosen(request)
    return render(
        request,
        "reconciliation.html",
        "Reconciliation",
        workspace=workspace,
        workspaces=list(Workspace.objects.order_by("name")[:50]),
        may_repair=request.user.has_perm(REPAIR),
        takes=takes(REPAIR, what="Repairing"),
    )


@region("reconciliation", SEE)
def draw(viewer: Viewer, argument: str) -> str:
    """The last report of a workspace, by its id."""
    pk = identifier(argument) or 0
    last = Reconciliation.objects.filter(workspace=pk).first()
    trouble = {entry["kind"]: entry["why"] for entry in last.trouble} if last else {}
    found = list(Discrepancy.objects.filter(workspace=pk).select_related("run").order_by("pk"))
    groups = [
        Group(kind, check, [one for one in found if one.kind == kind], trouble.get(kind, ""))
        for kind, check in CHECKS.items()
    ]
    return render_to_string(
        "admin/leads/_reconciliation.html",
        {
            "last": last,
            "open": [group for group in groups if group.found or group.trouble],
            "fine": [group for group in groups if not group.found and not group.trouble],
            "may_repair": viewer.may(REPAIR),
            "may_see_runs": viewer.may("leads.view_workflowrun"),
        },
    )


@page("reconciliation/ask/<int:pk>/", "reconciliation_ask", SEE, REPAIR)
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    workspace = get_object_or_404(Workspace, pk=pk)
    report.ask(workspace, actor=person(request).get_username())
    messages.success(request, "A worker looks it over now; the report below changes by itself.")
    return HttpResponseRedirect(address_of(workspace))


@page("reconciliation/repair/", "reconciliation_repair", SEE, REPAIR)
@require_POST
def repair(request: HttpRequest) -> HttpResponse:
    """One finding."""
    pk = identifier(request.POST.get("one", "")) or 0
    one = get_object_or_404(Discrepancy.objects.select_related("workspace", "run"), pk=pk)
    try:
        report.repair(one, actor=person(request).get_username())
    except report.NotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, SENT_OFF if CHECKS[one.kind].is_sent_off else "It is repaired.")
    return HttpResponseRedirect(address_of(one.workspace))


@page("reconciliation/repair/<int:pk>/", "reconciliation_repair_all", SEE, REPAIR)
@require_POST
def repair_all(request: HttpRequest, pk: int) -> HttpResponse:
    """All findings of one kind."""
    workspace = get_object_or_404(Workspace, pk=pk)
    kind = request.POST.get("kind", "")
    actor = person(request).get_username()
    if kind not in CHECKS:
        raise Http404
    done, refused, left = report.repair_all(workspace, kind, actor=actor, seconds=PATIENCE)
    said = [f"{done} {CHECKS[kind].done.lower()}."]
    said += [f"{refused} not: each says why."] if refused else []
    said += [f"{left} left, since it takes long: press again."] if left else []
    (messages.warning if refused or left else messages.success)(request, " ".join(said))
    return HttpResponseRedirect(address_of(workspace))


def address_of(workspace: Workspace) -> str:
    return f"{reverse('admin:reconciliation')}?workspace={workspace.slug}"
