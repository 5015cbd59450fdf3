"""How many prospects had a draft within the time that their workspace sets itself, in its working hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Now

from leads.clock import business_time
from leads.models import WorkflowRun

State = WorkflowRun.State
MOST = 300  # runs that took longer by the clock on the wall, and are looked at one by one; older ones count as late


@dataclass(frozen=True, slots=True)
class Kept:
    """Of `owed` prospects `within` had a draft in time."""

    owed: int
    within: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.within / self.owed) if self.owed else None


def kept(runs: Any, since: datetime) -> Kept:
    """Of `runs` since then that owe a draft; what is screened out or cancelled owes none.

    A run that was started again is its lead's first one going on: the clock runs from the submission. Two queries.
    """
    asked = runs.filter(created_at__gte=since, again=None).exclude(Q(outcome="screened") | Q(state=State.CANCELLED))
    allowed = ExpressionWrapper(F("workspace__target_minutes") * Value(timedelta(minutes=1)), DurationField())
    timed = asked.annotate(allowed=allowed)
    quick = Q(drafted_at__lte=F("submission__received_at") + F("allowed"))
    running = Q(drafted_at=None, submission__received_at__gt=Now() - F("allowed"))
    counted = timed.aggregate(all=Count("pk"), quick=Count("pk", filter=quick), running=Count("pk", filter=running))
    late = list(
        timed.exclude(quick)
        .exclude(running)
        .select_related("workspace", "submission")
        .defer("submission__payload")
        .order_by("-pk")[:MOST]
    )
    in_hours = sum(is_in_time(run) for run in late)
    return Kept(counted["all"] - counted["running"], counted["quick"] + in_hours)


def is_in_time(run: WorkflowRun) -> bool:
    """Whether it took no longer than allowed in working hours: a form that comes at night waits till morning."""
    if run.drafted_at is None:
        return False
    took = business_time(run.submission.received_at, run.drafted_at, run.workspace)
    return took <= timedelta(minutes=run.workspace.target_minutes)
