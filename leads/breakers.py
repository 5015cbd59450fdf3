"""Circuit breakers: a service of a workspace that fails most calls is left alone for a while, by all workers.

Each process counts in memory, and notes what it counted in one statement a second. What is open is read then too, so a
process knows of it a second later at the most. After a pause one call may try; it closes the circuit, or not.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from connectors.errors import Ambiguous, ConnectorError, Transient
from connectors.watch import Operation
from leads import audit
from leads.engine.bell import ring
from leads.models import Breaker, WorkflowRun, Workspace
from leads.waking import wake

logger = logging.getLogger(__name__)

State = Breaker.State
SERVICES = frozenset(Breaker.Service.values)
WINDOW, SLOTS = 60, 12  # seconds that are looked at, and into how many slots they are cut
SHARE = 0.5  # of the calls must have failed
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(seconds=30)  # until a call may try; doubled each time


class CircuitOpen(Transient):
    """Most calls to the service failed lately, so this one was not made. What needs it waits, and spends no attempt."""


def is_failure(error: ConnectorError | None) -> bool:
    """Whether the service did not do its work. What it refuses, it has understood."""
    return isinstance(error, Transient | Ambiguous)


@dataclass(frozen=True, slots=True)
class Circuit:
    """One that is not closed, as it was read."""

    pk: int
    workspace_id: int
    service: str
    probe_at: datetime | None
    why: str

    @property
    def may_be_tried(self) -> bool:
        return self.probe_at is not None and self.probe_at <= timezone.now()

    def refusal(self, operation: Operation) -> CircuitOpen:
        return CircuitOpen(f"its circuit is open. {self.why}", service=operation.service, endpoint=operation.endpoint)


class Memory:
    """What this process has counted and not noted, and which circuits were not closed when it last read."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
        self.open: dict[tuple[int, str], Circuit] = {}
        self.read_at = 0.0

    def count(self, workspace_id: int, service: str, *, failed: bool) -> None:
        with self.lock:
            counted = self.counts[workspace_id, service]
            counted[0] += 1
            counted[1] += failed

    def drained(self) -> list[tuple[int, str, int, int]]:
        """What was counted, in an order in which processes don't wait for each other; None is left."""
        with self.lock:
            found = sorted((*key, counted[0], counted[1]) for key, counted in self.counts.items())
            self.counts.clear()
        return found

    def is_time(self) -> bool:
        """Once in SETTINGS_SECONDS, for one of the threads that ask."""
        with self.lock:
            now = time.monotonic()
            if now - self.read_at < settings.SETTINGS_SECONDS:
                return False
            self.read_at = now
            return True


MEMORY = Memory()
os.register_at_fork(after_in_child=MEMORY.forget)


def circuit_of(workspace_id: int, service: str) -> Circuit | None:
    """The circuit if it is not closed, as far as this process knows."""
    return MEMORY.open.get((workspace_id, service))


def count(workspace_id: int, operation: Operation, error: ConnectorError | None) -> None:
    if settings.BREAKER_MIN_CALLS and operation.service in SERVICES:
        MEMORY.count(workspace_id, operation.service, failed=is_failure(error))


NOTE = """
INSERT INTO leads_breaker AS kept (workspace_id, service, why, slot, calls, failures)
SELECT workspace, service, '', %(slot)s, ARRAY[calls], ARRAY[failed]
FROM unnest(%(workspaces)s::bigint[], %(services)s::text[], %(calls)s::int[], %(failures)s::int[])
  AS counted (workspace, service, calls, failed)
ON CONFLICT (workspace_id, service) DO UPDATE SET
  slot = greatest(kept.slot, excluded.slot),
  calls = (
    SELECT ARRAY[coalesce(n[1], 0) + excluded.calls[1]] || n[2:] FROM (SELECT (
      array_fill(0, ARRAY[least(greatest(excluded.slot - kept.slot, 0), %(slots)s)::int]) || kept.calls
    )[:%(slots)s] AS n) AS moved),
  failures = (
    SELECT ARRAY[coalesce(n[1], 0) + excluded.failures[1]] || n[2:] FROM (SELECT (
      array_fill(0, ARRAY[least(greatest(excluded.slot - kept.slot, 0), %(slots)s)::int]) || kept.failures
    )[:%(slots)s] AS n) AS moved)
RETURNING id, state, (SELECT sum(n) FROM unnest(calls) AS n), (SELECT sum(n) FROM unnest(failures) AS n)
"""


def beat() -> None:
    """Note what was counted, open what must be, and read what is open: about once a second in each process."""
    if not MEMORY.is_time():
        return
    if counted := MEMORY.drained():
        for pk, calls, failures in noted(counted):
            if calls >= settings.BREAKER_MIN_CALLS and failures >= SHARE * calls:
                trip(pk, f"{failures} of {calls} calls within a minute failed.")
    read()


def noted(counted: list[tuple[int, str, int, int]]) -> list[tuple[int, int, int]]:
    """Add to the window what was counted; (id, calls, failures) of those that are closed."""
    workspaces, services, calls, failures = zip(*counted, strict=True)
    bounds: dict[str, Any] = {
        "slot": int(time.time() // (WINDOW / SLOTS)),
        "slots": SLOTS,
        "workspaces": list(workspaces),
        "services": list(services),
        "calls": list(calls),
        "failures": list(failures),
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTE, bounds)
        return [(pk, all_, failed) for pk, state, all_, failed in cursor.fetchall() if state == State.CLOSED]


def read() -> None:
    rows = Breaker.objects.exclude(state=State.CLOSED)
    found = [Circuit(row.pk, row.workspace_id, row.service, row.probe_at, row.why) for row in rows]
    MEMORY.open = {(one.workspace_id, one.service): one for one in found}


def trip(pk: int, why: str) -> bool:
    """Open it if it is closed; whether it was."""
    with transaction.atomic():
        return opened(pk, why, by="", probe_at=timezone.now() + FIRST_PAUSE)


def opened(pk: int, why: str, *, by: str, probe_at: datetime | None) -> bool:
    """Whether that was news. What opened by itself a person may take over, and keep open."""
    one = Breaker.objects.filter(pk=pk)
    may_be = one.filter(opened_by="") if by else one.filter(state=State.CLOSED)
    changed = may_be.update(state=State.OPEN, since=Now(), why=why, opened_by=by, probe_at=probe_at, probes=0)
    if changed:
        tell(pk, "breaker_opened", actor=by, why=why)
    return bool(changed)


def closed(pk: int, *, by: str = "", **facts: str) -> bool:
    """Close it if it is not; what waited for it goes on. Whether that was news.

    A call that tried does not close what a person has opened meanwhile.
    """
    with transaction.atomic():
        mine = Breaker.objects.select_for_update().exclude(state=State.CLOSED).filter(pk=pk)
        before = (mine if by else mine.filter(opened_by="")).first()
        if before is None:
            return False
        Breaker.objects.filter(pk=pk).update(
            state=State.CLOSED, since=Now(), why="", opened_by="", probe_at=None, calls=[], failures=[]
        )
        runs = wake(before.workspace_id, CircuitOpen.__name__, before.service)
        lasted = round((timezone.now() - before.since).total_seconds()) if before.since else 0
        tell(pk, "breaker_closed", actor=by, seconds=lasted, runs=runs, **facts)
        ring()
    return True


def tell(pk: int, event: str, *, actor: str, **facts: Any) -> None:
    """Leave word of it, in the transaction that changes it; `leads.alerts` tells people."""
    one = Breaker.objects.select_related("workspace").get(pk=pk)
    audit.record(event, one.workspace, actor=actor, service=one.service, **facts)
    logger.warning("the circuit to %s: %s %s", one, event, facts)


def win_probe(pk: int) -> bool:
    """Whether the caller may try: of all who ask, one. If it dies, another may after its time."""
    due = Breaker.objects.filter(pk=pk, probe_at__lte=Now()).exclude(state=State.CLOSED)
    patience = timedelta(seconds=settings.HTTP_CONNECT_TIMEOUT + settings.HTTP_READ_TIMEOUT + settings.LLM_SECONDS)
    return bool(due.update(state=State.HALF_OPEN, probe_at=Now() + patience))


def probed(pk: int, error: ConnectorError | None) -> None:
    """What became of the call that tried."""
    if is_failure(error):
        postpone(pk)
    else:
        closed(pk)
    read()


def postpone(pk: int) -> None:
    """It failed again: the next may try after a longer pause."""
    trying = Breaker.objects.filter(pk=pk, state=State.HALF_OPEN)
    failed = trying.values_list("probes", flat=True).first() or 0
    pause = min(FIRST_PAUSE * 2 ** (failed + 1), LONGEST_PAUSE)
    trying.update(state=State.OPEN, probes=F("probes") + 1, probe_at=Now() + pause)


def untried(pk: int) -> None:
    """If it is due still, there was nothing to ask, as of an account that was taken out: look again later."""
    due().filter(pk=pk).update(probe_at=Now() + LONGEST_PAUSE)


def is_open(workspace: Workspace, service: str) -> bool:
    """Whether it is not closed, and stays so until the transaction ends."""
    rows = Breaker.objects.select_for_update(no_key=True).filter(workspace=workspace, service=service)
    return any(row.state != State.CLOSED for row in rows)


def waiting(workspace_id: int, service: str) -> QuerySet[WorkflowRun]:
    """Runs that wait for it."""
    return WorkflowRun.objects.filter(
        workspace=workspace_id,
        state=WorkflowRun.State.WAITING,
        error_kind=CircuitOpen.__name__,
        failed_service=service,
    )


def due() -> QuerySet[Breaker]:
    """Circuits that may be tried now. A model is tried by the next letter: runs don't wait for it."""
    waiting = Breaker.objects.exclude(state=State.CLOSED).exclude(service=Breaker.Service.LLM)
    return waiting.filter(probe_at__lte=Now())


def lately(row: Breaker) -> tuple[int, int]:
    """Calls and failures within the window, as far as they were noted."""
    passed = int(time.time() // (WINDOW / SLOTS)) - row.slot
    still = max(0, SLOTS - max(passed, 0))
    return sum(row.calls[:still]), sum(row.failures[:still])


def switch_on(workspace: Workspace, service: str, *, reason: str, by: str) -> bool:
    """A person closes it: calls go out again. Whether it was open."""
    row = Breaker.objects.filter(workspace=workspace, service=service).first()
    return row is not None and closed(row.pk, by=by, reason=reason)


def switch_off(workspace: Workspace, service: str, *, reason: str, by: str) -> bool:
    """A person opens it: no call goes out until a person closes it. Whether it was closed."""
    with transaction.atomic():
        row, _ = Breaker.objects.get_or_create(workspace=workspace, service=Breaker.Service(service))
        return opened(row.pk, f"{by} opened it: {reason}"[:300], by=by, probe_at=None)
