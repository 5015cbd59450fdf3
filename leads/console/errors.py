"""The Errors page: failures grouped by cause, and what people decide about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads import causes, notices, problems
from leads.bulk import Act
from leads.causes import NONE, Cause, Problem, Tab
from leads.console import live, plots
from leads.console.live import Viewer, region
from leads.console.pages import page, person, render
from leads.models import WorkflowRun, Workspace
from leads.momentary import Momentary
from leads.remedies import Remedy, remedy_of

SEE = "leads.view_workflowrun"
TRIAGE = "leads.triage_errorgroup"
RETRY = "leads.retry_run"
DISCARD = Act.DISCARD.right
GROUP = "<int:workspace>/<str:error>/<str:step>/<str:service>/"
AFFECTED = 50
SHOWN = 100  # groups; there are rarely more than a dozen
_numbers: Momentary[str, dict[Tab, int]] = Momentary(2)
MUTES = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7), "ever": None}


@dataclass(frozen=True, slots=True)
class Line:
    """A group as the list shows it."""

    problem: Problem
    spark: plots.Spark

    @property
    def address(self) -> str:
        return address_of(self.problem.cause)

    @property
    def workspace(self) -> int:
        return self.problem.cause.workspace_id


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the groups is shown; as text it is the argument of the live region."""

    tab: Tab
    workspace: str = ""
    step: str = ""
    service: str = ""
    assignee: str = ""

    @classmethod
    def read(cls, asked: QueryDict) -> Filters:
        tab = asked.get("tab", "")
        chosen = [clean(asked.get(name, "")) for name in ("workspace", "step", "service", "assignee")]
        return cls(Tab(tab) if tab in set(Tab) else Tab.OPEN, *chosen)

    @classmethod
    def parse(cls, argument: str) -> Filters:
        tab, *chosen = argument.split("/")
        return cls(Tab(tab) if tab in set(Tab) else Tab.OPEN, *chosen[:4])

    def __str__(self) -> str:
        return "/".join((self.tab, self.workspace, self.step, self.service, self.assignee))

    def fit(self, problem: Problem) -> bool:
        assignee = problem.decided.assigned_to_id if problem.decided else None
        return (
            self.workspace in {"", str(problem.cause.workspace_id)}
            and self.step in {"", problem.cause.step}
            and self.service in {"", problem.cause.service}
            and self.assignee in {"", str(assignee)}
        )


def clean(value: str) -> str:
    """A filter's value as it may stand in the name of a live region."""
    return "".join(letter for letter in value if letter.isalnum() or letter in "_-")[:40]


@page("errors/", "errors", SEE)
@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    filters = Filters.read(request.GET)
    return render(
        request,
        "errors/list.html",
        "Errors",
        filters=str(filters),
        tab=filters.tab,
        unsent=notices.unsent() if request.user.has_perm("leads.view_notice") else 0,
    )


@region("errors", SEE)
def draw(viewer: Viewer, argument: str) -> str:
    """All groups of a tab. `argument` is `Filters` as text."""
    filters = Filters.parse(argument)
    found = causes.problems()
    tabs = causes.by_tab(found)
    shown = [problem for problem in tabs[filters.tab] if filters.fit(problem)][:SHOWN]
    causes.add_details(shown)
    return render_to_string(
        "admin/leads/errors/_groups.html",
        {
            "lines": [Line(problem, plots.spark(problem.trend)) for problem in shown],
            "tabs": [(tab, tab.title(), len(tabs[tab])) for tab in Tab],
            "dead": dead_letters(viewer),
            "filters": filters,
            "choices": choices(tabs[filters.tab], filters),
            "is_filtered": filters != Filters(filters.tab),
            "workspaces": names_of_workspaces(),
            "window": causes.WINDOW,
            "is_capped": sum(problem.failures for problem in found) >= causes.WINDOW,
            "may_see_leads": viewer.may("leads.view_lead"),
        },
    )


def tabs_elsewhere() -> list[tuple[Tab, str, int]]:
    """The tabs with their numbers, for the page that does not list the groups: read once per version of the pages."""
    known = _numbers.recall(live.version()[1], live.REFRESH, numbers)
    return [(tab, tab.title(), known[tab]) for tab in Tab]


def numbers() -> dict[Tab, int]:
    found = causes.by_tab(causes.problems())
    return {tab: len(found[tab]) for tab in Tab}


def dead_letters(viewer: Viewer) -> int:
    """As the badge in the menu says."""
    return live.counts(viewer, live.version()[1]).get("errors", 0)


def choices(found: list[Problem], filters: Filters) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """For each filter: its name, its label, what is chosen, and what there is to choose from."""
    steps = {problem.cause.step: problem.cause.title for problem in found if problem.cause.step}
    services = {problem.cause.service: problem.cause.service for problem in found if problem.cause.service}
    people = {
        str(decided.assigned_to_id): str(decided.assigned_to)
        for problem in found
        if (decided := problem.decided) and decided.assigned_to
    }
    workspaces = {str(pk): name for pk, name in names_of_workspaces().items()}
    offered = [
        ("step", "Step", filters.step, steps),
        ("service", "Service", filters.service, services),
        ("assignee", "Assigned to", filters.assignee, people),
        ("workspace", "Workspace", filters.workspace, workspaces),
    ]
    return [
        (name, label, chosen, sorted(options.items(), key=lambda option: option[1]))
        for name, label, chosen, options in offered
        if len(options) > 1 or chosen or (name == "assignee" and options)
    ]


def names_of_workspaces() -> dict[int, str]:
    """All of them, if there are several: who has one never meets the word."""
    found = dict(Workspace.objects.values_list("pk", "name")[:SHOWN])
    return found if len(found) > 1 else {}


@page(f"errors/{GROUP}", "error_group", SEE)
@require_safe
def group(request: HttpRequest, **named: Any) -> HttpResponse:
    problem = known(named)
    may_triage = request.user.has_perm(TRIAGE)
    return render(
        request,
        "errors/group.html",
        problem.cause.error,
        trail=[("Errors", reverse("admin:errors"))],
        problem=problem,
        address=address_of(problem.cause),
        spark=plots.spark(problem.trend, width=280, height=64),
        days=causes.days(),
        workspace=names_of_workspaces().get(problem.cause.workspace_id),
        mend=mend(problem),
        affected=problem.affected,
        shown=AFFECTED,
        may_triage=may_triage,
        may_retry=request.user.has_perm(RETRY) and problem.standing,
        may_discard=request.user.has_perm(DISCARD) and problem.dead,
        people=team() if may_triage else [],
        mutes=[("1h", "for an hour"), ("1d", "for a day"), ("7d", "for a week"), ("ever", "for ever")],
    )


def mend(problem: Problem) -> tuple[WorkflowRun, Remedy] | None:
    """A run on whose page a person can mend the cause, and what that is."""
    for run in problem.affected:
        if Cause.of(run) == problem.cause and run.state in problem.standing:
            remedy = remedy_of(run)
            return (run, remedy) if remedy else None
    return None


def team() -> list[User]:
    """Whom an error can be assigned to."""
    allowed = Q(is_superuser=True) | Q(user_permissions__codename="view_workflowrun")
    allowed |= Q(groups__permissions__codename="view_workflowrun")
    return list(User.objects.filter(allowed, is_active=True, is_staff=True).distinct().order_by("username")[:SHOWN])


@page(f"errors/{GROUP}retry/", "error_retry", SEE, RETRY)
@require_http_methods(["GET", "POST"])
def retry(request: HttpRequest, **named: Any) -> HttpResponse:
    """Say what retrying would do, then do it."""
    problem = known(named)
    cause = problem.cause
    if request.method == "POST":
        states = request.POST.getlist("states")
        number = problems.retry(cause, states=states, by=person(request))
        messages.success(request, f"{number} run(s) go on now." if number else "Nothing was left to retry.")
        return HttpResponseRedirect(address_of(cause))
    trail = [("Errors", reverse("admin:errors")), (cause.error, address_of(cause))]
    context = {"problem": problem, "address": address_of(cause), "most": problems.AT_ONCE}
    return render(request, "errors/retry.html", "Retry", trail=trail, **context)


@page(f"errors/{GROUP}mute/", "error_mute", SEE, TRIAGE)
@require_POST
def mute(request: HttpRequest, **named: Any) -> HttpResponse:
    length = request.POST.get("for", "")
    if length not in MUTES:
        return decided(request, named, lambda cause, by: problems.unmute(cause, by=by), "It is open again.")
    lasts = MUTES[length]
    until = timezone.now() + lasts if lasts else None
    return decided(request, named, lambda cause, by: problems.mute(cause, until=until, by=by), "It is muted.")


@page(f"errors/{GROUP}assign/", "error_assign", SEE, TRIAGE)
@require_POST
def assign(request: HttpRequest, **named: Any) -> HttpResponse:
    chosen = request.POST.get("to", "")
    to = next((one for one in team() if str(one.pk) == chosen), None)
    said = f"It is {to}’s to see to." if to else "It is nobody’s to see to."
    return decided(request, named, lambda cause, by: problems.assign(cause, to=to, by=by), said)


@page(f"errors/{GROUP}resolve/", "error_resolve", SEE, TRIAGE)
@require_POST
def resolve(request: HttpRequest, **named: Any) -> HttpResponse:
    said = "It is resolved. The next failure with this cause opens it again."
    return decided(request, named, lambda cause, by: problems.resolve(cause, by=by), said)


@page(f"errors/{GROUP}reopen/", "error_reopen", SEE, TRIAGE)
@require_POST
def reopen(request: HttpRequest, **named: Any) -> HttpResponse:
    return decided(request, named, lambda cause, by: problems.reopen(cause, by=by), "It is open again.")


def decided(request: HttpRequest, named: dict[str, Any], act: Callable[[Cause, User], None], said: str) -> HttpResponse:
    cause = known(named).cause
    act(cause, person(request))
    messages.success(request, said)
    return HttpResponseRedirect(address_of(cause))


def known(named: dict[str, Any]) -> Problem:
    """The group that an address is about, or 404."""
    problem = causes.problem(cause_in(named), named=AFFECTED)
    if problem is None:
        raise Http404("No failure with this cause is known, or it was long ago.")
    return problem


def cause_in(named: dict[str, Any]) -> Cause:
    """What an address names, whether it is known or not; 404 where it names nothing."""
    error, step, service = (named[part].replace("\x00", "") for part in ("error", "step", "service"))
    if not error:
        raise Http404("The address names no error.")
    return Cause(
        min(named["workspace"], 2**62),
        error,
        "" if step == NONE else step,
        "" if service == NONE else service,
    )


def address_of(cause: Cause) -> str:
    return reverse("admin:error_group", args=cause.place)
