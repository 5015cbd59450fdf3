"""Failures of runs grouped by their cause: how often, since when, whom they hit, what to do. Reads only.

A failure is an event that the engine writes when an attempt at a run fails (`run_waits`, `run_died`). Its cause is the
class of the error, the step, and the service that it came from.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from leads import timeline
from leads.advice import advice_on
from leads.connections import ConnectionBroken
from leads.engine.turns import Contended
from leads.models import ErrorGroup, WorkflowRun
from leads.permits import BudgetSpent

WINDOW = 10_000  # newest failures that are looked at, so that the page is as quick after an outage as before
DAYS = 14  # of the trend
COUNTED = 1000  # runs that stand still because of one cause
NONE = "-"  # stands for an empty step or service in an address
NAMED = 3  # affected runs that a group names
State = WorkflowRun.State


class Tab(StrEnum):
    """Where a group is shown; the values stand in addresses."""

    OPEN = "open"
    MUTED = "muted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Cause:
    """What failures of one group have in common. Step and service are empty where none is to blame."""

    workspace_id: int
    error: str
    step: str = ""
    service: str = ""

    def __str__(self) -> str:
        return " · ".join(part for part in (self.error, self.title, self.service) if part)

    @property
    def title(self) -> str:
        """The step as people know it."""
        if self.error == ConnectionBroken.__name__:
            return "every step"
        return timeline.title_of(self.step) if self.step else "before the first step"

    @property
    def advice(self) -> str:
        return advice_on(self.error, self.step)

    @property
    def place(self) -> tuple[int, str, str, str]:
        """As it stands in an address."""
        return self.workspace_id, self.error, self.step or NONE, self.service or NONE

    @property
    def fields(self) -> dict[str, Any]:
        """The columns of an `ErrorGroup`."""
        return {"workspace_id": self.workspace_id, "error": self.error, "step": self.step, "service": self.service}

    @property
    def failed_runs(self) -> Q:
        """Runs that stand still because of it, dead or waiting."""
        return Q(
            workspace=self.workspace_id,
            error_kind=self.error,
            failed_step=self.step,
            failed_service=self.service,
            state__in=[State.DEAD, State.WAITING],
            again=None,  # started again, the later run is the one that counts
        )

    @classmethod
    def of(cls, run: WorkflowRun) -> Self:
        return cls(run.workspace_id, run.error_kind, run.failed_step, run.failed_service)


@dataclass(slots=True)
class Problem:
    """A cause and what is known of it. Counts are of the newest `WINDOW` failures."""

    cause: Cause
    failures: int
    runs: int
    prospects: int
    first_seen: datetime
    last_seen: datetime
    newest: list[int]  # ids of runs
    trend: list[int]  # failures by day, today last
    standing: dict[str, int] = field(default_factory=dict)  # runs that are dead and waiting now; see `add_details`
    decided: ErrorGroup | None = None
    affected: list[WorkflowRun] = field(default_factory=list)
    example: str = ""  # what the newest run that still has it was told

    @property
    def tab(self) -> Tab:
        if self.decided is None:
            return Tab.OPEN
        if self.decided.resolved_at and self.last_seen <= self.decided.resolved_at:
            return Tab.RESOLVED
        muted = self.decided.muted_at and (
            self.decided.muted_until is None or self.decided.muted_until > timezone.now()
        )
        return Tab.MUTED if muted else Tab.OPEN

    @property
    def came_back(self) -> bool:
        """It failed again after somebody resolved it."""
        return bool(self.decided and self.decided.resolved_at and self.last_seen > self.decided.resolved_at)

    @property
    def dead(self) -> int:
        return self.standing.get(State.DEAD, 0)

    @property
    def waiting(self) -> int:
        return self.standing.get(State.WAITING, 0)

    @property
    def dead_said(self) -> str:
        return said(self.dead)

    @property
    def waiting_said(self) -> str:
        return said(self.waiting)


def said(number: int) -> str:
    """A number as far as it was counted."""
    return str(number) if number <= COUNTED else f"{COUNTED:,}+"


# Waiting for one's turn is no failure, nor is waiting for room in the budget.
BOUNDS = {"window": WINDOW, "no_failure": [Contended.__name__, BudgetSpent.__name__]}

GROUPS = """
WITH newest AS MATERIALIZED (
  SELECT workspace_id, facts ->> 'error' AS error, facts ->> 'step' AS step, facts ->> 'service' AS service, run_id, at
  FROM leads_event
  WHERE kind IN ('run_waits', 'run_died') AND facts ->> 'error' <> ALL(%(no_failure)s) {only}
  ORDER BY at DESC LIMIT %(window)s
), of_run AS (
  SELECT workspace_id, error, step, service, run_id, count(*) AS failures, min(at) AS first_seen, max(at) AS last_seen
  FROM newest WHERE step IS NOT NULL GROUP BY 1, 2, 3, 4, 5
), of_day AS (
  SELECT workspace_id, error, step, service, (at AT TIME ZONE %(zone)s)::date AS day, count(*) AS failures
  FROM newest WHERE at >= %(since)s GROUP BY 1, 2, 3, 4, 5
), trend AS MATERIALIZED (
  SELECT workspace_id, error, step, service, jsonb_object_agg(day, failures) AS days FROM of_day GROUP BY 1, 2, 3, 4
)
SELECT workspace_id, error, step, service, sum(failures)::int, count(*), count(DISTINCT run.lead_id),
  min(first_seen), max(last_seen), (array_agg(of_run.run_id ORDER BY last_seen DESC, of_run.run_id DESC))[:%(named)s],
  (SELECT days FROM trend WHERE (trend.workspace_id, trend.error, trend.step, trend.service)
    = (of_run.workspace_id, of_run.error, of_run.step, of_run.service))
FROM of_run LEFT JOIN (SELECT id, lead_id FROM leads_workflowrun) AS run ON run.id = of_run.run_id
GROUP BY 1, 2, 3, 4"""

# Failures older than the window count too here: each is one look into an index.
FIRST_SEEN = """
SELECT at FROM leads_event
WHERE kind IN ('run_waits', 'run_died') AND workspace_id = %(workspace_id)s AND facts ->> 'error' = %(error)s
  AND facts ->> 'step' = %(step)s AND facts ->> 'service' = %(service)s
ORDER BY at LIMIT 1"""

# For each cause and state up to so many, so that it costs the same after an outage of weeks.
STANDING = """
SELECT place, state, (SELECT count(*) FROM (
  SELECT FROM leads_workflowrun AS run
  WHERE run.workspace_id = cause.workspace_id AND run.error_kind = cause.error AND run.failed_step = cause.step
    AND run.failed_service = cause.service AND run.state IN ('dead', 'waiting') AND run.state = still.state
    AND NOT EXISTS (SELECT FROM leads_workflowrun AS again WHERE again.again_of_id = run.id)
  LIMIT %(most)s) AS found)
FROM unnest(%(workspaces)s::bigint[], %(errors)s::text[], %(steps)s::text[], %(services)s::text[])
  WITH ORDINALITY AS cause (workspace_id, error, step, service, place)
CROSS JOIN (VALUES ('dead'), ('waiting')) AS still (state)"""

IS_CAUSE = """ AND workspace_id = %(workspace_id)s AND facts ->> 'error' = %(error)s
  AND facts ->> 'step' = %(step)s AND facts ->> 'service' = %(service)s"""


def problems() -> list[Problem]:
    """Every cause among the newest failures, the one that struck last first. A handful of queries."""
    found = {problem.cause: problem for problem in groups("", {})}
    for decided in ErrorGroup.objects.select_related("assigned_to", "resolved_by"):
        if (problem := found.get(cause_of(decided))) is not None:
            problem.decided = decided
    return sorted(found.values(), key=lambda problem: problem.last_seen, reverse=True)


def problem(cause: Cause, *, named: int) -> Problem | None:
    """One cause with up to `named` of the runs that it hit, or None if nothing is known of it."""
    found = {one.cause: one for one in groups(IS_CAUSE, cause.fields, named)}
    if (one := found.get(cause)) is None:
        return None
    one.decided = ErrorGroup.objects.filter(**cause.fields).select_related("assigned_to", "resolved_by").first()
    for (first,) in rows(FIRST_SEEN, cause.fields):
        one.first_seen = min(one.first_seen, first)
    add_details([one])
    return one


def groups(only: str, parameters: dict[str, Any], named: int = NAMED) -> list[Problem]:
    since = timezone.now() - timedelta(days=DAYS)
    looked_from = {"since": since, "zone": timezone.get_current_timezone_name(), "named": named}
    found = rows(GROUPS.format(only=only), parameters | BOUNDS | looked_from)
    problems = []
    for workspace_id, error, step, service, *known, trend in found:
        failures, runs, prospects, first_seen, last_seen, newest = known
        cause = Cause(workspace_id, error, step, service)
        problems.append(Problem(cause, failures, runs, prospects, first_seen, last_seen, newest, trend_of(trend)))
    return problems


def trend_of(stored: str | None) -> list[int]:
    """Failures of each of the last days, in the zone of who looks."""
    by_day: dict[str, int] = json.loads(stored or "{}")
    return [by_day.get(day.isoformat(), 0) for day in days()]


def add_details(shown: Sequence[Problem]) -> None:
    """Name those that were hit, quote the newest error that still stands, count who stands still. Two queries."""
    causes = [one.cause for one in shown]
    asked = {
        "workspaces": [cause.workspace_id for cause in causes],
        "errors": [cause.error for cause in causes],
        "steps": [cause.step for cause in causes],
        "services": [cause.service for cause in causes],
        "most": COUNTED + 1,
    }
    for place, state, number in rows(STANDING, asked):
        if number:
            shown[place - 1].standing[state] = number
    wanted = {pk for one in shown for pk in one.newest}
    known = WorkflowRun.objects.select_related("lead").in_bulk(wanted)
    for one in shown:
        one.affected = [known[pk] for pk in one.newest if pk in known]
        one.example = next((run.error for run in one.affected if Cause.of(run) == one.cause and run.error), "")


def days() -> list[date]:
    """The days of a trend."""
    return [timezone.localdate() - timedelta(days=ago) for ago in reversed(range(DAYS))]


def by_tab(found: Iterable[Problem]) -> dict[Tab, list[Problem]]:
    sorted_out: dict[Tab, list[Problem]] = defaultdict(list)
    for one in found:
        sorted_out[one.tab].append(one)
    return sorted_out


def muted(workspace_id: int) -> set[Cause]:
    """The causes that somebody muted, and that are so still."""
    still = Q(muted_until=None) | Q(muted_until__gt=Now())
    return set(map(cause_of, ErrorGroup.objects.filter(still, muted_at__isnull=False, workspace=workspace_id)))


def cause_of(decided: ErrorGroup) -> Cause:
    return Cause(decided.workspace_id, decided.error, decided.step, decided.service)


def rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
