"""How many prospects had a draft within the time that their workspace sets itself, in its working hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from leads.hours import week_of
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


OVER = timedelta(days=7)  # and today


def lately() -> datetime:
    """From when on runs are looked at: a midnight where the operator is."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - OVER


def kept(runs: Any, since: datetime) -> Kept:
    """Of `runs` since then that owe a draft; what is screened out or cancelled owes none. Two queries."""
    timed, quick, running = judged(runs, since)
    counted = timed.aggregate(all=Count("pk"), quick=Count("pk", filter=quick), running=Count("pk", filter=running))
    slow = slow_of(runs, since)
    return Kept(counted["all"] - counted["running"], counted["quick"] + sum(not is_late(run) for run in slow))


def late(runs: Any, since: datetime) -> list[int]:
    """The ids of the newest of `runs` that owe a draft and had none in time."""
    return [run.pk for run in slow_of(runs, since) if is_late(run)]


def judged(runs: Any, since: datetime) -> tuple[Any, Q, Q]:
    """The runs that owe a draft, which of them were quick by the clock on the wall, and which still have time.

    A run that was started again is its lead's first one going on: the clock runs from the submission.
    """
    asked = runs.filter(created_at__gte=since, again=None).exclude(Q(outcome="screened") | Q(state=State.CANCELLED))
    allowed = ExpressionWrapper(F("workspace__target_minutes") * Value(timedelta(minutes=1)), DurationField())
    quick = Q(drafted_at__lte=F("submission__received_at") + F("allowed"))
    running = Q(drafted_at=None, submission__received_at__gt=Now() - F("allowed"))
    return asked.annotate(allowed=allowed), quick, running


def slow_of(runs: Any, since: datetime) -> list[WorkflowRun]:
    timed, quick, running = judged(runs, since)
    found = timed.exclude(quick).exclude(running).select_related("workspace", "submission")
    return list(found.defer("submission__payload").order_by("-pk")[:MOST])


def is_late(run: WorkflowRun) -> bool:
    """Whether it took longer than allowed in working hours: a form that comes at night waits till morning."""
    if run.drafted_at is None:
        return True
    took = week_of(run.workspace).between(run.submission.received_at, run.drafted_at)
    return took > timedelta(minutes=run.workspace.target_minutes)
