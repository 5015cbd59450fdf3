"""When a failed run goes on: a value computed from the error and the attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from connectors.errors import AuthFailed, NotConfigured, Permanent, PermissionDenied, RateLimited
from leads.codec import Unreadable


@dataclass(frozen=True, slots=True)
class Retry:
    """Go on after `delay`; `costs_attempt` is false when waiting for a person to mend a connection."""

    delay: timedelta
    costs_attempt: bool = True


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Repeating cannot help, or has not helped often enough."""


NEEDS_A_PERSON = timedelta(minutes=5)


def decide(error: BaseException, attempt: int) -> Retry | GiveUp:
    """What to do after failure number `attempt`, counted from 1."""
    match error:
        case AuthFailed() | NotConfigured():
            return Retry(NEEDS_A_PERSON, costs_attempt=False)
        case Permanent() | PermissionDenied() | Unreadable():
            return GiveUp()
        case _ if attempt >= settings.MAX_ATTEMPTS:
            return GiveUp()
        case RateLimited(retry_after=float() | int() as seconds):
            return Retry(timedelta(seconds=seconds) + backoff(1))
        case _:
            return Retry(backoff(attempt))


def backoff(attempt: int) -> timedelta:
    """Full jitter: anywhere between nothing and a ceiling that doubles with each attempt."""
    ceiling: timedelta = min(settings.BACKOFF_CAP, settings.BACKOFF_BASE * 2 ** min(attempt - 1, 16))
    return ceiling * random.random()  # noqa: S311  not a secret
