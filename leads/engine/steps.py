"""A step: a named, typed function whose result is stored. A run asks for one; calling it only describes the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Concatenate, Protocol, get_type_hints, overload

from connectors.ports import Busy, Readers
from leads.effects import Effect
from leads.facts import FIRST, Earlier, Profile


class Touches(StrEnum):
    """What a step reads. It never writes: it plans effects."""

    NOTHING = ""
    DATABASE = "database"
    HUBSPOT = "hubspot"
    GMAIL = "gmail"
    DRIVE = "drive"
    CALENDAR = "calendar"
    MODEL = "writer"


@dataclass(frozen=True, slots=True)
class StepContext:
    """What every step has at hand: readers of the accounts, the workspace's profile, the run's mark, the time."""

    read: Readers
    profile: Profile
    workspace_id: int
    marker: str
    now: datetime
    earlier: Earlier = FIRST
    held: tuple[Busy, ...] = ()  # times that open drafts offer to other leads
    planned: list[Effect] = field(default_factory=list)

    def plan(self, effect: Effect) -> None:
        """Ask for an outside write; the engine performs it when its needs are met and the gate is open."""
        self.planned.append(effect)


@dataclass(frozen=True, slots=True)
class Without:
    """What a step leaves if its account can't be read: `make` takes the same arguments, and calls nobody.

    `lacks` names what the draft does without, and `so` says what that means for it, to operators.
    """

    make: Callable[..., Any]
    lacks: str
    so: str


@dataclass(frozen=True, slots=True)
class Step[**P, T]:
    """One step of the workflow. `title` is what operators read; one with `without` never keeps a draft from them."""

    name: str
    title: str
    touches: Touches
    function: Callable[Concatenate[StepContext, P], T]
    result: type[T]
    without: Without | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        return Call(
            self,
            lambda context: self.function(context, *args, **kwargs),
            lambda context: self.without.make(context, *args, **kwargs) if self.without else None,
        )

    @property
    def waits(self) -> bool:
        """It spends its time on the network, so others may run beside it."""
        return self.touches not in {Touches.NOTHING, Touches.DATABASE}


@dataclass(frozen=True, slots=True)
class Call[T]:
    """A step with its arguments, not yet run; `go_without` is for one that has a `without`."""

    step: Step[Any, T]
    run: Callable[[StepContext], T]
    go_without: Callable[[StepContext], Any]


class Executes(Protocol):
    """What the workflow asks of whoever runs its steps; `leads.engine.execution` is the one that keeps its word."""

    @property
    def profile(self) -> Profile: ...
    def do[T](self, call: Call[T]) -> T: ...
    @overload
    def together[A, B](self, a: Call[A], b: Call[B], /) -> tuple[A, B]: ...
    @overload
    def together[A, B, C](self, a: Call[A], b: Call[B], c: Call[C], /) -> tuple[A, B, C]: ...


REGISTRY: dict[str, Step[Any, Any]] = {}
"""Every step by name, in the order of definition, which is the order of the workflow."""


def step[**P, T](
    touches: Touches = Touches.NOTHING, without: Without | None = None
) -> Callable[[Callable[Concatenate[StepContext, P], T]], Step[P, T]]:
    """Make a function a step: its name and docstring are the step's name and title, its annotation the stored type."""

    def decorate(function: Callable[Concatenate[StepContext, P], T]) -> Step[P, T]:
        title = (function.__doc__ or function.__name__).splitlines()[0].rstrip(".")
        made = Step(function.__name__, title, touches, function, get_type_hints(function)["return"], without)
        REGISTRY[made.name] = made
        return made

    return decorate
