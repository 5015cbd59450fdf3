"""When a failed run goes on: a value computed from the error, the attempt, and how long the run has been tried."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError

from connectors.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    ConnectorError,
    Misconfigured,
    NotConfigured,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
    Transient,
    Unknown,
)
from leads import breakers, connections
from leads.breakers import CircuitOpen
from leads.codec import Unreadable
from leads.connections import ConnectionBroken
from leads.engine.leases import NoProgress
from leads.engine.turns import Contended
from leads.models import Workspace
from leads.permits import BudgetSpent
from leads.readable import round_span, span


@dataclass(frozen=True, slots=True)
class Retry:
    """Go on after `delay`; `costs_attempt` is false when waiting for a person to mend a connection."""

    delay: timedelta
    costs_attempt: bool = True


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Repeating cannot help, or, as `why` then says, has not helped often or long enough."""

    why: str = ""


CONTENDED = 3  # waits as after so many attempts
NEEDS_A_PERSON = timedelta(minutes=5)
WHILE_BROKEN = timedelta(hours=1)  # mending a connection sends its runs off; nothing depends on this
WHILE_OPEN = timedelta(minutes=5)  # nor on this: a circuit that closes does the same
FEW = 5  # attempts at what nobody knows
QUICK_PAUSE = 0.2  # seconds before the first quick retry; it doubles

STOPS_ALL = (ConnectionBroken, CircuitOpen)  # whatever needs the service; who mends it sends all of it on
HOPELESS = (Permanent, PermissionDenied, NotFound, Conflict, Unreadable, NoProgress)
OF_OURS = (NotConfigured, ConnectionBroken, Contended, Unreadable, NoProgress, OperationalError, InterfaceError)


def decide(error: BaseException, attempt: int, age: timedelta = timedelta(0)) -> Retry | GiveUp:  # noqa: PLR0911
    """What to do after failure number `attempt`, counted from 1, of a run that has been tried for `age`.

    What a person has to mend is waited for at any age: they have been told, and mending it sends the run off.
    """
    match error:
        case ConnectionBroken():
            return Retry(WHILE_BROKEN * random.uniform(0.9, 1.1), costs_attempt=False)  # noqa: S311  not a secret
        case AuthFailed() | NotConfigured() | Misconfigured():
            return Retry(NEEDS_A_PERSON + backoff(CONTENDED), costs_attempt=False)
        case Contended():
            return soon()
        case _ if isinstance(error, HOPELESS):
            return GiveUp()
        case _ if age + asked_by(error) >= settings.MAX_AGE:
            return GiveUp(too_late(asked_by(error) if age < settings.MAX_AGE else None))
        case CircuitOpen():
            return Retry(WHILE_OPEN * random.uniform(0.9, 1.1), costs_attempt=False)  # noqa: S311  not a secret
        case RateLimited(retry_after=float() | int()):
            # The vendor asked for the time, and will take the call: waiting is not failing.
            return Retry(asked_by(error) + backoff(1), costs_attempt=False)
        case _ if attempt >= (settings.MAX_ATTEMPTS if is_known(error) else min(FEW, settings.MAX_ATTEMPTS)):
            return GiveUp(f"It gave up after {attempt} failures in a row. Retry once what the error names is mended.")
        case Ambiguous() | Unknown():
            # The vendor may still be busy with the write; whoever looked too early would do it again.
            busy = timedelta(seconds=settings.HTTP_READ_TIMEOUT)
            return Retry(max(asked_by(error), busy) + backoff(attempt))
        case _:
            return Retry(asked_by(error) + backoff(attempt))


def decide_now(
    workspace: Workspace, error: BaseException, attempt: int, age: timedelta = timedelta(0)
) -> Retry | GiveUp:
    """The same, in the transaction that notes it: what is mended already is not waited for.

    Race: a connection may be mended, or a circuit closed, at this instant. Either whoever does it finds what waits and
    sends it on, or what is about to wait hears of it here.
    """
    match error:
        case ConnectionBroken(service=service) if not connections.is_broken(workspace, service):
            return soon()
        case CircuitOpen(service=service) if not breakers.is_open(workspace, service):
            return soon()
        case _:
            return decide(error, attempt, age)


def asked_by(error: BaseException) -> timedelta:
    """For how long the vendor wants to be left alone."""
    return timedelta(seconds=getattr(error, "retry_after", None) or 0.0)


def too_late(asked: timedelta | None = None) -> str:
    """What people read of a run that is too old, or will be when the time is over that the vendor `asked` for."""
    after = f"after {round_span(settings.MAX_AGE)}" if asked is None else f"when asked to wait for {span(asked)}"
    return (
        f"It gave up {after}: a draft so late is worth less than a call. If there is none yet, call or write to the "
        "prospect yourself. Retry once what the error names is well again."
    )


def is_known(error: BaseException) -> bool:
    """Whether our tables have a row for it. What they don't know is tried a few times, and told (`unknown_error`)."""
    return isinstance(error, (ConnectorError, *OF_OURS)) and not isinstance(error, Unknown)


def known_kinds() -> frozenset[str]:
    """The same of what runs keep of an error, its class's name."""
    return names_below(ConnectorError, *OF_OURS) - names_below(Unknown)


def names_below(*kinds: type) -> frozenset[str]:
    """Of these classes, and of all that are made from them."""
    found = {kind.__name__ for kind in kinds}
    return frozenset(found.union(*(names_below(*kind.__subclasses__()) for kind in kinds)))


def soon() -> Retry:
    """Look again in a moment, which is no failure."""
    return Retry(backoff(CONTENDED), costs_attempt=False)


def backoff(attempt: int) -> timedelta:
    """Full jitter: anywhere between nothing and a ceiling that doubles with each attempt."""
    ceiling: timedelta = min(settings.BACKOFF_CAP, settings.BACKOFF_BASE * 2 ** min(attempt - 1, 16))
    return ceiling * random.random()  # noqa: S311  not a secret


def quickly[T](read: Callable[[], T], seconds: float) -> T:
    """`read`, which must write nothing, again and again after a blip; none begins when `seconds` are over."""
    ends, pause = time.monotonic() + seconds, QUICK_PAUSE
    while True:
        try:
            return read()
        except (Transient, RateLimited) as blip:
            if isinstance(blip, BudgetSpent | CircuitOpen) or (
                isinstance(blip, RateLimited) and blip.retry_after is None
            ):
                raise
            wait = max(blip.retry_after or 0.0, pause * random.uniform(0.5, 1.5))  # noqa: S311  not a secret
            if time.monotonic() + wait >= ends:
                raise
        time.sleep(wait)
        pause *= 2
