"""What a check finds, and what a check is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.ports import Accounts
from leads.connections import ConnectionBroken, broken_of
from leads.credentials import accounts_config
from leads.models import Workspace

LATELY = timedelta(days=30)
ASKS_FOR = 120.0  # seconds that one check asks vendors; with what is under way then, well within its lease


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is the id of what it is about, `words` what is wrong with it, `run` the id of the run concerned."""

    subject: str
    words: str
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """`look` finds, bounded by the caller; `repair` mends one, given its subject and who asked (nobody: the system).

    A repair raises `NotPossible` of the use case that it calls; done twice, it harms nothing.
    """

    title: str
    about: str
    fix: str
    look: Callable[[Workspace], Iterable[Finding]]
    repair: Callable[[Workspace, str, str], object]
    is_automatic: bool = False
    removes: bool = False  # then a person clicks, and no command does it
    is_sent_off: bool = False  # then a worker does it, soon after

    @property
    def done(self) -> str:
        return "Sent off" if self.is_sent_off else "Repaired"


def lately() -> datetime:
    """From when on rows are looked at."""
    return timezone.now() - LATELY


def in_time[T](things: Iterable[T]) -> Iterator[T]:
    """As many as there is time to ask vendors about: what is asked beside the runs leaves them room, and may wait."""
    ends = time.monotonic() + ASKS_FOR
    return takewhile(lambda _: time.monotonic() < ends, things)


def accounts_of(workspace: Workspace) -> Accounts:
    """To be asked; raises what `report.OUTSIDE` names."""
    for service, why in broken_of(workspace).items():
        raise ConnectionBroken(service, why)
    return open_accounts(accounts_config(workspace))
