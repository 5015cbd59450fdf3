"""Who may drive a run: claim it, hold it, lose it."""

from __future__ import annotations

import socket
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from leads.models import Effect, MailboxUpdate, Sending, WorkflowRun

State = WorkflowRun.State

# One conditional update: whoever it returns a run to has won it. Idle workers ask often, so it is one round trip.
# NO KEY, as an update itself: who only refers to a run in a new row must not keep it from being claimed.
CLAIM = """
UPDATE leads_workflowrun
SET state = 'running', lease = %(lease)s, holder = %(holder)s, claims = claims + 1,
  due_at = statement_timestamp() + %(length)s
WHERE id IN (
  SELECT id FROM leads_workflowrun
  WHERE state IN ('pending', 'running', 'waiting') AND due_at <= statement_timestamp() {only}
  ORDER BY due_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id
"""


class LeaseLost(Exception):
    """Somebody else owns the run now, or a person cancelled it: write nothing, leave."""


class NoProgress(Exception):
    """Claimed again and again, and never a step further: whoever drives it dies of it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to drive one run until its lease ends."""

    run_id: int
    lease: uuid.UUID


def due() -> QuerySet[WorkflowRun]:
    """Runs that anybody may claim now: new, waited long enough, or left behind by somebody whose lease ran out."""
    return WorkflowRun.objects.filter(state__in=WorkflowRun.CLAIMABLE, due_at__lte=Now())


def claim(limit: int, run_id: int | None = None) -> list[Claim]:
    """Claim up to `limit` due runs, oldest first, or just `run_id`. Runs that others are claiming are passed over."""
    won, lease, _ = taken(CLAIM.format(only="" if run_id is None else "AND id = %(run)s"), limit, run=run_id)
    return [Claim(pk, lease) for pk in won]


def taken(statement: str, limit: int, **bounds: object) -> tuple[list[int], uuid.UUID, float]:
    """Claim by a statement of such a kind: the ids that it won, their lease, and its end by our monotonic clock."""
    lease, ends = uuid.uuid4(), time.monotonic() + settings.LEASE.total_seconds()
    parameters: dict[str, Any] = {"lease": lease, "holder": holder(), "length": settings.LEASE, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | bounds)
        return [pk for (pk,) in cursor.fetchall()], lease, ends


def take_one(statement: str, length: timedelta) -> tuple[int, uuid.UUID] | None:
    """Claim one row for so long, by a statement that takes the lease and its length: the id, and the lease."""
    held: list[Any] = [uuid.uuid4(), length]
    with connection.cursor() as cursor:
        cursor.execute(statement, held)
        row = cursor.fetchone()
    return (row[0], held[0]) if row else None


def require_time(ends: float, what: object) -> None:
    """A call that begins now must be over before anyone else may claim what it is for."""
    if time.monotonic() + settings.HTTP_CONNECT_TIMEOUT + settings.HTTP_READ_TIMEOUT > ends:
        raise LeaseLost(f"too little of the lease is left for {what}")


def held(run_id: int, lease: uuid.UUID) -> QuerySet[WorkflowRun]:
    """The run, if `lease` still owns it: every write of a driver goes through this fence."""
    return WorkflowRun.objects.filter(pk=run_id, lease=lease, state=State.RUNNING)


_held_as = f"{socket.gethostname()}:{uuid.uuid4().hex[:12]}"


def hold_as(name: str) -> None:
    """Hold leases under this name, in this process and those forked from it."""
    global _held_as  # noqa: PLW0603  one name per process
    _held_as = name


def holder() -> str:
    """The name under which this process holds leases. A supervisor knows when all who use its cluster's are gone."""
    return _held_as


def is_idle(name: str) -> bool:
    """Whether nothing is held under this name: no run, edit or sending whose lease still lasts."""
    held = {"holder": name, "lease__isnull": False, "due_at__gt": Now()}
    return not any(model.objects.filter(**held).exists() for model in (WorkflowRun, MailboxUpdate, Sending))


def release_of(dead_holder: str) -> int:
    """Make what a holder that is known to be gone had in hand claimable: runs, edits, sendings; how many there were.

    At once, but for those that may have had a write under way: the vendor may still be busy with it, and whoever
    looked too early would not see it, and do it again. Sendings wait for that by themselves.
    """
    writing = Exists(Effect.objects.filter(run=OuterRef("pk"), state=Effect.State.INTENDED))
    runs = WorkflowRun.objects.filter(state=State.RUNNING, holder=dead_holder)
    edits = MailboxUpdate.objects.filter(state=MailboxUpdate.State.PENDING, lease__isnull=False, holder=dead_holder)
    sendings = Sending.objects.filter(due_at__isnull=False, lease__isnull=False, holder=dead_holder)
    through = Now() + timedelta(seconds=settings.HTTP_READ_TIMEOUT)
    waiting = runs.filter(writing).update(due_at=through) + edits.filter(tried__gt=F("held")).update(due_at=through)
    at_once = (runs.filter(~writing), edits.filter(tried=F("held")), sendings)
    return waiting + sum(left.update(due_at=Now()) for left in at_once)
