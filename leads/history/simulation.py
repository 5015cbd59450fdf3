"""A run of the past: the real workflow and engine, over accounts and a clock of our own, with rows kept in memory.

So what history holds is what the engine writes, down to the words of its errors.
"""

from __future__ import annotations

import heapq
import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from queue import Empty
from typing import Any

from django.conf import settings

from connectors.errors import AuthFailed
from leads import codec
from leads.connections import ACCOUNT_OF, ConnectionBroken
from leads.engine import driver
from leads.engine.attempts import Finished
from leads.engine.execution import Execution
from leads.engine.journal import Journal
from leads.engine.ledger import Rows
from leads.facts import FIRST, Profile, Slots, Submitted
from leads.history.accounts import Clock, Trouble, Wire, accounts
from leads.models import ApiCall, Draft, Effect, Event, Lead, StepRun, WorkflowRun
from leads.workflow import answer_lead

State = WorkflowRun.State
PICKED_UP = (15, 90)  # milliseconds from the bell to the claim
SWEPT = (40, 900)  # milliseconds from the end of a wait to the claim


class Memory(Journal):
    """A journal that keeps what it is given, as the database would."""

    def __init__(self, run: WorkflowRun, clock: Clock) -> None:
        super().__init__(run, uuid.uuid4())
        self.clock = clock
        self.steps: dict[str, StepRun] = {}
        self.events: list[Event] = []
        self.calls: list[ApiCall] = []
        self.draft_row: Draft | None = None
        self.said: dict[str, str] = {}

    def now(self) -> datetime:
        return self.clock()

    def hold(self, found: Slots, profile: Profile, now: datetime) -> Slots:
        return found

    def switches(self) -> dict[str, bool]:
        return {"workspace_draft_only": True, "form_draft_only": False}

    def failing_for(self, step: str) -> timedelta:
        failed = [event.at for event in self.events if event.kind == "step_failed" and event.facts["step"] == step]
        return self.now() - failed[0] if failed else timedelta(0)

    def age(self) -> timedelta:
        return self.now() - self.run.created_at

    def is_refused(self, error: AuthFailed) -> bool:
        return False  # in the past that we make up, all accounts are waited for

    def claimed(self) -> None:
        """Begin another claim of the same run: what earlier ones left is known already."""
        self.run.claims += 1
        self.run.state = State.RUNNING
        self.failed_step = ""
        self.has_progressed = False
        if self.run.started_at is None:
            self.begin()

    def write(self, changes: dict[str, Any], rows: Rows) -> bool:
        changes = dict(changes)
        self.run.due_at = self.clock.at + changes.pop("due_in", settings.LEASE)
        for column, value in changes.items():
            setattr(self.run, column, value)
        for name, step in rows.steps.items():
            result = step.get("result")
            if result is not None:
                self.results[name] = result
            self.steps[name] = StepRun(run_id=self.run.pk, **{**step, "result": plain(result)})
        self.events += [about(self.run, Event(**event)) for event in rows.events]
        self.calls += [about(self.run, ApiCall(**call)) for call in rows.calls]
        self.said |= rows.lead
        if rows.draft:
            self.draft_row = about(self.run, Draft(lead_id=self.run.lead_id, version=1, **readable(rows.draft)))
            self.draft_row.created_at = self.clock.at
        for column, value in rows.in_mailbox.items():
            setattr(self.draft_row, column, value)
        return True

    def effect_rows(self) -> list[Effect]:
        return [
            about(
                self.run,
                Effect(
                    step=row.step,
                    kind=row.kind,
                    args=plain(row.args),
                    state=row.state,
                    result=row.result,
                    once_key=row.once_key,
                    withheld=row.withheld,
                    planned_at=row.planned_at,
                    intended_at=row.intended_at,
                    done_at=row.done_at,
                    error=row.error,
                ),
            )
            for row in self.effects.values()
        ]


def about[R: (Event, ApiCall, Draft, Effect)](run: WorkflowRun, row: R) -> R:
    row.run_id, row.workspace_id = run.pk, run.workspace_id
    return row


def plain(stored: codec.Json | None) -> Any:
    return None if stored is None else json.loads(bytes(stored))


def readable(draft: dict[str, Any]) -> dict[str, Any]:
    return {name: codec.builtins(value) for name, value in draft.items()}


class InTurn(Executor):
    """Runs what it is given at once, and then takes the clock back: so calls are side by side in its time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        began = self.clock.at
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        self.clock.at = began
        return done


class Inbox:
    """Hands out what has come back in the order of its time, and moves the clock there."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.waiting: list[tuple[datetime, int, Finished]] = []
        self.number = count()

    def put(self, finished: Finished) -> None:
        heapq.heappush(self.waiting, (self.clock.at, next(self.number), finished))

    def get(self, timeout: float | None = None) -> Finished:
        if not self.waiting:
            raise Empty
        at, _, finished = heapq.heappop(self.waiting)
        self.clock.at = max(self.clock.at, at)
        return finished

    def get_nowait(self) -> Finished:
        if not self.waiting or self.waiting[0][0] > self.clock.at:
            raise Empty
        return self.get()


type Desk = Callable[[Memory], None]
"""What people do about a run between its claims: nothing, retry, cancel."""


def live(
    run: WorkflowRun, submitted: Submitted, profile: Profile, clock: Clock, troubles: Trouble, desk: Desk
) -> Memory:
    """Everything that this run did until now; it may still wait then."""
    memory = Memory(run, clock)
    clock.at = run.created_at + timedelta(milliseconds=clock.dice.randint(*PICKED_UP))
    while clock.at < clock.now:
        memory.claimed()
        drive(memory, submitted, profile, Wire(clock, troubles))
        desk(memory)
        if run.finished_at:
            break
        clock.at = run.due_at + timedelta(milliseconds=clock.dice.randint(*SWEPT))
    return memory


def retry(memory: Memory, at: datetime, actor: str) -> None:
    """As `leads.runs.retry`."""
    run = memory.run
    run.state, run.due_at, run.attempt, run.claims, run.finished_at = State.PENDING, at, 0, 0, None
    memory.events.append(about(run, Event(at=at, kind="run_retried", actor=actor)))


def cancel(memory: Memory, at: datetime, actor: str, reason: str) -> None:
    """As `leads.runs.cancel`."""
    run = memory.run
    run.state, run.reason, run.lease, run.holder, run.finished_at = State.CANCELLED, reason, None, "", at
    memory.events.append(about(run, Event(at=at, kind="run_cancelled", actor=actor)))


def drive(memory: Memory, submitted: Submitted, profile: Profile, wire: Wire) -> None:
    """One claim, as `leads.engine.driver` makes it."""
    execution = Execution(memory, accounts(wire), profile, InTurn(wire.clock), FIRST)
    execution.inbox = Inbox(wire.clock)  # type: ignore[assignment]
    execution.quick = 0.0  # nobody sleeps for the sake of the past
    try:
        try:
            conclusion = answer_lead(execution, submitted)
            execution.finish(conclusion.outcome, conclusion.reason, conclusion.rule)
        finally:
            execution.wind_down()
    except Exception as error:  # noqa: BLE001  the job boundary, as in the driver
        if isinstance(error, AuthFailed):
            error = ConnectionBroken(ACCOUNT_OF[error.service], str(error))
        with unlogged():
            driver.fail(memory.run, memory, error)


@contextmanager
def unlogged() -> Iterator[None]:
    """What failed in the past is no news."""
    driver.logger.disabled = True
    try:
        yield
    finally:
        driver.logger.disabled = False


def told(lead: Lead, memory: Memory) -> Lead:
    """The lead with what its run learnt about it."""
    for column, value in memory.said.items():
        setattr(lead, column, value)
    return lead
