"""What became of a run, in words: its steps in the order of the workflow, why it stands where it stands, what to do.

For whoever looks: the console, and a terminal. Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

import leads.steps  # noqa: F401  fills the registry
from leads import codec
from leads.breakers import CircuitOpen
from leads.connections import ConnectionBroken
from leads.engine.steps import REGISTRY
from leads.models import Breaker, Connection, Effect, StepRun, WorkflowRun
from leads.permits import BudgetSpent
from leads.readable import LONG, Fact, facts_of, moment, span, words

State = WorkflowRun.State
FEW = 5  # facts that are still read at a glance


class StepState(StrEnum):
    """How far one step of a run has come; the values are what people read."""

    DONE = "done"
    FAILED = "failed"
    WITHOUT = "went without"  # its account could not be read, and the draft does without
    PLANNED = "planned"  # done, but a write that it asked for is held back
    UNDER_WAY = "under way"
    NOT_NEEDED = "not needed"  # the run ended without it
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class EffectView:
    """An outside write: how far it is, which lock or failure holds it, the vendor's ids."""

    id: int
    kind: str
    title: str
    state: str
    why: str
    at: datetime
    began_at: datetime | None
    done_at: datetime | None
    ids: Mapping[str, str]
    has_failed: bool


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a run as people see it. Times are None for a step that left nothing yet."""

    name: str
    title: str
    touches: str
    state: StepState
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    facts: tuple[Fact, ...]
    effects: tuple[EffectView, ...]
    error: str

    @property
    def duration(self) -> timedelta | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at

    @property
    def took(self) -> str:
        return span(self.duration)

    @property
    def is_long(self) -> bool:
        return len(self.facts) > FEW or any(fact.is_long for fact in self.facts)

    @property
    def summary(self) -> str:
        """A line that stands for a long result."""
        first = self.facts[0]
        more = f" and {len(self.facts) - 1} more" if len(self.facts) > 1 else ""
        return f"{first.label}: {' '.join(first.value.split())[:LONG]}{more}"

    @property
    def slug(self) -> str:
        return self.state.replace(" ", "-")


def timeline(run: WorkflowRun) -> list[StepView]:
    """All steps of the workflow, and what `run` has done of each. Two queries."""
    rows = {row.name: row for row in StepRun.objects.filter(run=run)}
    effects: dict[str, list[Effect]] = defaultdict(list)
    for effect in Effect.objects.filter(run=run).order_by("pk"):
        effects[effect.step].append(effect)
    names = [*REGISTRY, *(name for name in rows if name not in REGISTRY)]
    current = next_step([name for name, row in rows.items() if row.state == StepRun.State.DONE])
    return [
        step_view(name, rows.get(name), effects[name], missing_state(run, is_current=name == current), run)
        for name in names
    ]


def next_step(done: Sequence[str]) -> str:
    """The first step of the workflow that is not among those `done`; empty when all are."""
    return next((name for name in REGISTRY if name not in done), "")


def title_of(name: str) -> str:
    return REGISTRY[name].title if name in REGISTRY else name


def missing_state(run: WorkflowRun, *, is_current: bool) -> StepState:
    """What to say of a step that left nothing."""
    if run.state == State.DONE:
        return StepState.NOT_NEEDED
    if run.state == State.RUNNING and is_current:
        return StepState.UNDER_WAY
    return StepState.NOT_REACHED


def step_view(
    name: str, row: StepRun | None, effects: Sequence[Effect], missing: StepState, run: WorkflowRun
) -> StepView:
    views = tuple(effect_view(effect) for effect in effects)
    return StepView(
        name=name,
        title=title_of(name),
        touches=REGISTRY[name].touches if name in REGISTRY else "",
        state=missing if row is None else state_of(row, effects, run),
        started_at=row.started_at if row else None,
        finished_at=row.finished_at if row else None,
        attempt=row.attempt if row else 0,
        facts=result_facts(name, row.result) if row and row.state == StepRun.State.DONE else (),
        effects=views,
        error=f"{row.error_kind}: {row.error}" if row and row.error_kind else "",
    )


def state_of(row: StepRun, effects: Sequence[Effect], run: WorkflowRun) -> StepState:
    if row.state == StepRun.State.FAILED:
        return StepState.UNDER_WAY if run.state == State.RUNNING else StepState.FAILED
    not_done = [effect for effect in effects if effect.state != Effect.State.DONE]
    if any(has_failed(effect) for effect in not_done):
        return StepState.UNDER_WAY if run.state == State.RUNNING else StepState.FAILED
    if any(effect.state == Effect.State.INTENDED for effect in not_done):
        return StepState.UNDER_WAY
    if row.error_kind:
        return StepState.WITHOUT
    return StepState.PLANNED if not_done else StepState.DONE


def has_failed(effect: Effect) -> bool:
    return bool(effect.error) and not effect.withheld and effect.state != Effect.State.DONE


def effect_view(effect: Effect) -> EffectView:
    return EffectView(
        id=effect.pk,
        kind=effect.kind,
        title=words(effect.kind),
        state="failed" if has_failed(effect) else effect.get_state_display().lower(),
        why=why_open(effect),
        at=effect.done_at or effect.intended_at or effect.planned_at,
        began_at=effect.intended_at,
        done_at=effect.done_at,
        ids={str(name): str(value) for name, value in effect.result.items()},
        has_failed=has_failed(effect),
    )


def why_open(effect: Effect) -> str:
    """What stands between a write and its being done; empty for one that is done."""
    match effect.state:
        case Effect.State.DONE:
            return ""
        case Effect.State.INTENDED:
            ask = "It may have been done: the vendor is asked before it is tried again."
            return f"{effect.error} {ask}".strip()
        case _:
            return (f"Withheld: {effect.withheld}." if effect.withheld else effect.error) or "Its turn has not come."


def why(run: WorkflowRun) -> str:
    """One sentence on why the run is in its state."""
    match run.state:
        case State.PENDING:
            return f"{'Released' if run.released_at else 'Accepted'}; a worker takes it when one is free."
        case State.RUNNING:
            return f"A worker drives it ({run.holder}); its lease ends at {moment(run.due_at)}."
        case State.WAITING:
            return why_waiting(run)
        case State.DEAD:
            return run.reason or f"It gave up after {failures(max(run.attempt, 1))}; a person decides."
        case State.CANCELLED:
            return f"A person stopped it: {run.reason}" if run.reason else "A person stopped it."
        case _:
            return run.reason or "The draft is written."


WAITS = {
    CircuitOpen.__name__: "It waits for {service} to answer again",
    BudgetSpent.__name__: "It waits for room under the limit of {service}",
}


def why_waiting(run: WorkflowRun) -> str:
    is_due = run.due_at <= timezone.now()
    if run.error_kind == ConnectionBroken.__name__ and not is_due:
        return f"It waits for {account_of(run)} to be connected again, and goes on by itself then."
    if run.error_kind in WAITS and not run.attempt:
        service = dict(Breaker.Service.choices).get(run.failed_service, "the service")
        return f"{WAITS[run.error_kind].format(service=service)}, and goes on by itself {when(run)}."
    met = f"It met {failures(run.attempt)} in a row" if run.attempt else "It needs a person"
    return f"{met}, and goes on by itself {when(run)}."


def when(run: WorkflowRun) -> str:
    return "now" if run.due_at <= timezone.now() else f"at {run.due_at:%H:%M:%S} UTC"


def account_of(run: WorkflowRun) -> str:
    """The account that a run waits for, as people know it."""
    return dict(Connection.Service.choices).get(run.failed_service, "an account")


def trouble(run: WorkflowRun) -> str:
    """A waiting run's error in a few words: its class, or which account it waits for."""
    if run.state == State.WAITING and run.error_kind == ConnectionBroken.__name__:
        return f"Waits for {account_of(run)} to be connected again"
    return run.error_kind


def next_try(run: WorkflowRun) -> datetime | None:
    """When a waiting run goes on, if that is a matter of time."""
    waits = run.state == State.WAITING and run.due_at > timezone.now()
    return run.due_at if waits and run.error_kind != ConnectionBroken.__name__ else None


def failures(number: int) -> str:
    return "1 failure" if number == 1 else f"{number} failures"


def may_retry(run: WorkflowRun) -> bool:
    """Whether offering Retry makes sense; `runs.retry` has the last word."""
    return run.state in {State.DEAD, State.CANCELLED, State.WAITING} and later_run(run) is None


def may_start_again(run: WorkflowRun) -> bool:
    """The same of `runs.start_again`."""
    return run.state in {State.DEAD, State.CANCELLED, State.DONE} and later_run(run) is None


def later_run(run: WorkflowRun) -> WorkflowRun | None:
    """The run that this one was started again as."""
    again: WorkflowRun | None = getattr(run, "again", None)
    return again


def attempts(run: WorkflowRun) -> str:
    return f"{run.attempt} of {settings.MAX_ATTEMPTS}"


def duration_of(run: WorkflowRun) -> timedelta | None:
    """From the first claim to the end, or to now; to the draft where the rest was released later. None if not begun."""
    if run.started_at is None:
        return None
    ended_at = run.drafted_at if run.released_at else run.finished_at
    return (ended_at or timezone.now()) - run.started_at


def result_facts(name: str, data: object) -> tuple[Fact, ...]:
    """A step's stored result, line by line; by type where it still fits, else as it stands."""
    try:
        value = codec.decode(data, REGISTRY[name].result) if name in REGISTRY else data
    except codec.Unreadable:
        value = data
    return tuple(facts_of(value))
