"""The Errors page's tab of dead letters: look through them; retry, start again or discard some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from leads import bulk, letters, runs
from leads.admin.base import apply, ask_for_reason
from leads.admin.run_actions import chosen
from leads.console import errors, live
from leads.console.errors import GROUP, address_of, cause_in, names_of_workspaces, tabs_elsewhere
from leads.console.pages import page, person, render
from leads.identifiers import identifier
from leads.models import WorkflowRun
from leads.roles import takes

SEE = "leads.view_workflowrun"
NEEDS = {"retry": "leads.retry_run", "again": "leads.restart_run", "discard": bulk.Act.DISCARD.right}


@page("errors/letters/", "dead_letters", SEE)
@require_safe
def dead_letters(request: HttpRequest) -> HttpResponse:
    workspace = identifier(request.GET.get("workspace", ""))
    return render(
        request,
        "errors/letters.html",
        "Dead letters",
        trail=[("Errors", reverse("admin:errors"))],
        page=letters.letters(workspace=workspace, before=request.GET.get("before", "")),
        is_first="before" not in request.GET,
        workspaces=names_of_workspaces(),
        workspace=workspace,
        tabs=tabs_elsewhere(),
        dead=errors.dead_letters(live.viewer_of(request)),
        may=(may := {action: request.user.has_perm(needed) for action, needed in NEEDS.items()}),
        may_act=any(may.values()),
        takes=takes(*NEEDS.values(), what="Retrying or discarding them"),
    )


@page("errors/letters/act/", "dead_letters_act", SEE)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do what was chosen to the runs that were chosen; each is refused or done by itself."""
    action = request.POST.get("action", "")
    if action not in NEEDS:
        return HttpResponseBadRequest("Choose what to do: retry, again or discard.")
    if not request.user.has_perm(NEEDS[action]):
        raise PermissionDenied(takes(NEEDS[action]))
    numbers = [number for pk in request.POST.getlist("run") if (number := identifier(pk)) is not None]
    ticked = WorkflowRun.objects.filter(pk__in=numbers[: letters.SIZE]).select_related("workspace", "lead")
    actor = person(request).get_username()
    if action == "discard":
        return discard(request, ticked.order_by("pk"), actor)
    does: dict[str, tuple[Callable[[WorkflowRun], Any], str]] = {
        "retry": (lambda run: runs.retry(run, actor=actor), "run(s) go on now"),
        "again": (lambda run: runs.start_again(run, actor=actor), "run(s) begin again"),
    }
    apply(request, ticked.order_by("pk"), *does[action])
    return back(request)


def discard(request: HttpRequest, ticked: QuerySet[WorkflowRun], actor: str) -> HttpResponse:
    """Ask for a reason first."""

    def ask(request: HttpRequest, template: str, title: str, **context: Any) -> Any:
        found = [("action", "discard"), ("next", request.POST.get("next", ""))]
        found += [("run", run.pk) for run in context["objects"]]
        return render(
            request, template, title, trail=[("Errors", reverse("admin:errors"))], **context | {"hidden": found}
        )

    reason, asked = ask_for_reason(ask, request, ticked, title="Discard dead letters", button="Discard these runs")
    if asked is not None:
        return asked
    apply(request, ticked, lambda run: runs.discard(run, reason=reason, actor=actor), "run(s) discarded")
    return back(request)


@page(f"errors/{GROUP}discard/", "error_discard", SEE, bulk.Act.DISCARD.right)
@require_safe
def discard_all(request: HttpRequest, **named: Any) -> HttpResponse:
    """All that died of one cause: what would become of them, and why."""
    cause = cause_in(named)
    ids = chosen(letters.all_of().filter(cause.failed_runs))
    plan = bulk.plan(bulk.Act.DISCARD, ids)
    return render(
        request,
        "workflowrun/bulk.html",
        plan.order.title,
        trail=[("Errors", reverse("admin:errors")), (cause.error, address_of(cause))],
        plan=plan,
        chunk=bulk.CHUNK,
        capped=len(ids) > bulk.AT_ONCE,
        most=bulk.AT_ONCE,
        back=address_of(cause),
    )


def back(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    good = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if good else reverse("admin:dead_letters"))
