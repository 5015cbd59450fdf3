"""Dead letters: runs that gave up and that nobody has dealt with. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from leads import timeline
from leads.causes import Cause
from leads.identifiers import identifier
from leads.models import StepRun, WorkflowRun

SIZE = 50


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead run, why it died, how far it got before, and what to do."""

    run: WorkflowRun
    cause: Cause
    last_good: str

    @property
    def form(self) -> str:
        form = self.run.submission.form
        return form.name if form else ""


@dataclass(frozen=True, slots=True)
class Letters:
    """One page, newest first; `older` is where the next one begins, in an address."""

    rows: Sequence[Letter]
    older: str


def all_of() -> QuerySet[WorkflowRun]:
    """Dead, and not started again: the later run counts then."""
    return WorkflowRun.objects.filter(state=WorkflowRun.State.DEAD, again=None)


def letters(cause: Cause | None = None, workspace: int | None = None, before: str = "") -> Letters:
    """A page of dead letters, by the time of death. Three queries at most, however many there are."""
    found = all_of()
    if cause:
        found = found.filter(cause.failed_runs)
    if workspace:
        found = found.filter(workspace=workspace)
    if edge := edge_of(before):
        at, pk = edge
        found = found.filter(Q(finished_at__lt=at) | Q(finished_at=at, pk__lt=pk))
    related = found.select_related("lead", "submission__form").defer("submission__payload")
    rows = list(related.order_by("-finished_at", "-pk")[: SIZE + 1])
    shown = rows[:SIZE]
    older = f"{shown[-1].finished_at:%Y-%m-%dT%H:%M:%S.%fZ}~{shown[-1].pk}" if len(rows) > SIZE else ""
    good = last_good(run.pk for run in shown)
    return Letters([Letter(run, Cause.of(run), good.get(run.pk, "")) for run in shown], older)


def last_good(ids: Iterable[int]) -> dict[int, str]:
    """For each of these runs the title of the last step that went well; runs without one are left out."""
    done = StepRun.objects.filter(run__in=list(ids), state=StepRun.State.DONE)
    newest = done.order_by("run", "-finished_at", "-pk").distinct("run")
    return {run: timeline.title_of(name) for run, name in newest.values_list("run_id", "name")}


def edge_of(before: str) -> tuple[datetime, int] | None:
    """Where a page begins; None for what makes no sense."""
    moment, _, pk = before.partition("~")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    number = identifier(pk)
    return (at, number) if at is not None and at.tzinfo is not None and number is not None else None
