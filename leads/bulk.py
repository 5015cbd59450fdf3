"""Many runs at once: first what would happen, then a piece at a time, so that it can be watched and stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from leads import overrides, releasing, runs
from leads.models import WorkflowRun
from leads.models.draft import GOOD

AT_ONCE = 500  # runs that one order may take
CHUNK = 25  # of them, done in one request
State = WorkflowRun.State


class Act(StrEnum):
    """What can be done to many runs; the values stand in addresses."""

    RETRY = "retry"
    RESTART = "restart"
    OVERRIDE = "override"
    RELEASE = "release"
    CANCEL = "cancel"
    DISCARD = "discard"

    @property
    def right(self) -> str:
        """The permission that it takes."""
        return f"leads.{Act.CANCEL if self is Act.DISCARD else self}_run"


@dataclass(frozen=True, slots=True)
class Order:
    """An act in words. `states` are those in which it is possible."""

    title: str
    does: str
    done: str
    states: tuple[str, ...]
    danger: bool = False
    asks_why: bool = False


ORDERS = {
    Act.RETRY: Order(
        "Retry runs",
        "Each goes on now from the step that failed. What is done stays done.",
        "retried",
        (State.DEAD, State.CANCELLED, State.WAITING),
    ),
    Act.RESTART: Order(
        "Start runs again",
        "Each gets a new run over the same submission, from the first step. The new draft, note and task take the "
        "place of the earlier ones; a draft that waits for review is closed.",
        "started again",
        runs.ENDED,
    ),
    Act.OVERRIDE: Order(
        "Draft anyway",
        "Each that was screened out gets a new run in which the rules do not count. Who opted out, asked to be left "
        "alone or is on the suppression list is not written to all the same.",
        "drafted anyway",
        (State.DONE,),
    ),
    Act.RELEASE: Order(
        "Release what was withheld",
        "What DRAFT_ONLY kept planned is written now: contacts, companies, notes and tasks in HubSpot, labels in "
        "Gmail. What is there already is not written twice.",
        "released",
        (State.DONE,),
    ),
    Act.CANCEL: Order(
        "Cancel runs",
        "Each stops where it is. What was written outside stays there.",
        "cancelled",
        tuple(WorkflowRun.CLAIMABLE),
        danger=True,
        asks_why=True,
    ),
    Act.DISCARD: Order(
        "Discard dead letters",
        "Nothing more is tried for them, and they leave the dead letters. What was written outside stays there; each "
        "can still be retried or started again on its own page.",
        "discarded",
        (State.DEAD,),
        danger=True,
        asks_why=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of the chosen runs: how many in which state can, and how many can't and why."""

    act: Act
    possible: list[tuple[str, int]]
    refused: list[tuple[str, int]]
    ids: list[int]

    @property
    def order(self) -> Order:
        return ORDERS[self.act]

    @property
    def count(self) -> int:
        return sum(number for _, number in self.possible)

    @property
    def refusals(self) -> int:
        return sum(number for _, number in self.refused)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one piece."""

    done: int
    refused: list[str]


def plan(act: Act, ids: Sequence[int]) -> Plan:
    """Look, and touch nothing. One query."""
    possible: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    able: list[int] = []
    chosen = WorkflowRun.objects.filter(pk__in=ids[:AT_ONCE]).order_by("pk")
    related = chosen.select_related("again", "draft", "workspace", "submission__form").defer("submission__payload")
    for run in related.annotate(is_withheld=releasing.has_withheld()):
        why_not = obstacle(act, run)
        if why_not:
            refused[why_not] += 1
        else:
            possible[run.get_state_display()] += 1
            able.append(run.pk)
    return Plan(act, possible.most_common(), refused.most_common(), able)


def obstacle(act: Act, run: WorkflowRun) -> str:
    """Why it is not possible, as far as can be told beforehand; the use case has the last word."""
    if run.state not in ORDERS[act].states:
        return f"{run.get_state_display()}: only {any_of(ORDERS[act].states)} runs can be {ORDERS[act].done}"
    if act is not Act.CANCEL and hasattr(run, "again"):
        return "was started again already: a later run counts"
    if act is Act.RESTART and hasattr(run, "draft") and run.draft.status in GOOD:
        return f"the draft is {run.draft.get_status_display().lower()}: only a verdict that is taken back makes room"
    if act is Act.OVERRIDE and run.outcome != WorkflowRun.Outcome.SCREENED:
        return "was not screened out"
    if act is Act.RELEASE:
        return releasing.obstacle(run, getattr(run, "draft", None), is_withheld=getattr(run, "is_withheld", False))
    return overrides.obstacle(run) if act is Act.OVERRIDE else ""


def any_of(states: Sequence[str]) -> str:
    words = [State(state).label.lower() for state in states]
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def carry_out(act: Act, ids: Sequence[int], *, reason: str, actor: str) -> Done:
    """Do it to a piece of them, one run a transaction. A run that has moved on since is refused, and said."""
    done, refused = 0, []
    for run in WorkflowRun.objects.filter(pk__in=ids[:CHUNK]).select_related("workspace").order_by("pk"):
        try:
            use_case(act, reason=reason, actor=actor)(run)
        except runs.NotPossible as refusal:
            refused.append(str(refusal))
        else:
            done += 1
    return Done(done, refused)


def use_case(act: Act, *, reason: str, actor: str) -> Callable[[WorkflowRun], object]:
    match act:
        case Act.RETRY:
            return lambda run: runs.retry(run, actor=actor)
        case Act.RESTART:
            return lambda run: runs.start_again(run, actor=actor)
        case Act.OVERRIDE:
            return lambda run: overrides.draft_anyway(run, actor=actor)
        case Act.RELEASE:
            return lambda run: releasing.release(run, actor=actor)
        case Act.CANCEL:
            return lambda run: runs.cancel(run, reason=reason, actor=actor)
        case Act.DISCARD:
            return lambda run: runs.discard(run, reason=reason, actor=actor)
