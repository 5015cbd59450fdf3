"""When a failed run goes on: a value computed from the error and the attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from connectors.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    NotConfigured,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
)
from leads.codec import Unreadable
from leads.connections import ConnectionBroken
from leads.engine.turns import Contended


@dataclass(frozen=True, slots=True)
class Retry:
    """Go on after `delay`; `costs_attempt` is false when waiting for a person to mend a connection."""

    delay: timedelta
    costs_attempt: bool = True


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Repeating cannot help, or has not helped often enough."""


CONTENDED = 3  # waits as after so many attempts
NEEDS_A_PERSON = timedelta(minutes=5)
WHILE_BROKEN = timedelta(hours=1)  # mending a connection sends its runs off; nothing depends on this


def decide(error: BaseException, attempt: int) -> Retry | GiveUp:  # noqa: PLR0911  one line per class of error
    """What to do after failure number `attempt`, counted from 1."""
    match error:
        case ConnectionBroken():
            return Retry(WHILE_BROKEN * random.uniform(0.9, 1.1), costs_attempt=False)  # noqa: S311  not a secret
        case AuthFailed() | NotConfigured():
            return Retry(NEEDS_A_PERSON + backoff(CONTENDED), costs_attempt=False)
        case Contended():
            return soon()
        case Permanent() | PermissionDenied() | NotFound() | Conflict() | Unreadable():
            return GiveUp()
        case RateLimited(retry_after=float() | int() as seconds):
            # The vendor asked for the time, and will take the call: waiting is not failing.
            return Retry(timedelta(seconds=seconds) + backoff(1), costs_attempt=False)
        case _ if attempt >= settings.MAX_ATTEMPTS:
            return GiveUp()
        case Ambiguous():
            # The vendor may still be busy with the write; whoever looked too early would do it again.
            return Retry(timedelta(seconds=settings.HTTP_READ_TIMEOUT) + backoff(attempt))
        case _:
            return Retry(backoff(attempt))


def soon() -> Retry:
    """Look again in a moment, which is no failure."""
    return Retry(backoff(CONTENDED), costs_attempt=False)


def backoff(attempt: int) -> timedelta:
    """Full jitter: anywhere between nothing and a ceiling that doubles with each attempt."""
    ceiling: timedelta = min(settings.BACKOFF_CAP, settings.BACKOFF_BASE * 2 ** min(attempt - 1, 16))
    return ceiling * random.random()  # noqa: S311  not a secret
