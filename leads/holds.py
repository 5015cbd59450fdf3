"""Times on offer in open drafts, kept from the drafts of other leads until they expire.

A run takes its times by one statement as soon as it has found them, for as long as it may need to write them down; the
statement that stores the draft then keeps them for as long as the workspace wants. Nothing but the unique key decides
between two runs that want the same time at once. Whoever loses looks again, and so does a run that had to wait
between its times and its draft for longer than it holds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from connectors.ports import Busy
from leads import slots
from leads.facts import Profile, Slot, Slots
from leads.hours import week_of
from leads.models import HeldTime, WorkflowRun, Workspace

CELL = timedelta(minutes=30)
WHILE_WRITING = timedelta(minutes=10)  # longer than a run takes from its times to its draft
TRIES = 5

# Rows are inserted in order, so that two statements never wait for each other; what is past is cleared away meanwhile.
TAKE = """
WITH past AS (
  DELETE FROM leads_heldtime WHERE id IN (
    SELECT id FROM leads_heldtime WHERE workspace_id = %(workspace)s AND at < statement_timestamp()
    ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED
  )
)
INSERT INTO leads_heldtime AS held (workspace_id, run_id, lead_id, at, until)
SELECT %(workspace)s, %(run)s, %(lead)s, wanted.at, %(until)s
FROM unnest(%(cells)s::timestamptz[]) AS wanted(at) ORDER BY wanted.at
ON CONFLICT (workspace_id, at) DO UPDATE
SET run_id = excluded.run_id, lead_id = excluded.lead_id, until = excluded.until
WHERE held.until <= statement_timestamp() OR held.run_id = excluded.run_id OR held.lead_id = excluded.lead_id
RETURNING at
"""


def of_others() -> ArraySubquery:
    """When what a run's workspace holds for other leads begins, as an annotation of the run."""
    return ArraySubquery(held(OuterRef("workspace_id"), Coalesce(OuterRef("lead_id"), 0)).values("at"))


def held(workspace: Any, lead: Any) -> QuerySet[HeldTime]:
    """What is ahead and held in a workspace, but not for this lead: nobody stands in their own way."""
    ahead: QuerySet[HeldTime] = HeldTime.objects.filter(workspace=workspace, at__gt=Now(), until__gt=Now())
    return ahead.filter(Q(lead=None) | ~Q(lead=lead))


def as_busy(starts: Iterable[datetime]) -> tuple[Busy, ...]:
    return tuple(Busy(at, at + CELL) for at in starts)


def hold(run: WorkflowRun, found: Slots, profile: Profile, now: datetime) -> Slots:
    """Take the times for the run; others in place of those that somebody took meanwhile. One statement as a rule."""
    if not profile.hold_days or found.place is None:
        return found
    search = slots.Search(profile, found.place, now, found.begins)
    for _ in range(TRIES):
        if found.is_shared or take(run, found.times, timezone.now() + WHILE_WRITING):
            return found
        taken = as_busy(held(run.workspace_id, run.lead_id or 0).exclude(run=run).values_list("at", flat=True))
        found = slots.propose(search, found.busy, taken)
    return replace(found, is_shared=True)


def take(run: WorkflowRun, times: Sequence[Slot], until: datetime) -> bool:
    """Hold times for a run's lead; false if another lead has some of them. Those that are nobody's are held then."""
    cells = sorted(cells_of(times))
    parameters = {
        "workspace": run.workspace_id,
        "run": run.pk,
        "lead": run.lead_id,
        "until": until,
        "cells": cells,
    }
    if not cells:
        return True
    with connection.cursor() as cursor:
        cursor.execute(TAKE, parameters)
        return len(cursor.fetchall()) == len(cells)


def cells_of(times: Iterable[Slot]) -> set[datetime]:
    """The half hours that times lie in, each by its beginning."""
    return {slot.start + CELL * step for slot in times for step in range(-(-(slot.end - slot.start) // CELL))}


def expiry(workspace: Workspace, now: datetime) -> datetime:
    """Until when a draft of now keeps its times."""
    return week_of(workspace).later(now, workspace.hold_days)


def keep(run: WorkflowRun, times: Sequence[Slot], now: datetime) -> None:
    """Hold just these times for the run's draft: a person chose them, or opened the draft again."""
    HeldTime.objects.filter(run=run).exclude(at__in=cells_of(times)).delete()
    if run.workspace.hold_days:
        take(run, times, expiry(run.workspace, now))


def release(run_id: int) -> None:
    """What the run's draft offered is anybody's."""
    HeldTime.objects.filter(run=run_id).delete()
