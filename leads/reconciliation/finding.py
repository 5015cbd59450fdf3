"""What a check finds, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.ports import Accounts
from leads.connections import ConnectionBroken, broken_of
from leads.credentials import accounts_config
from leads.models import Workspace

LATELY = timedelta(days=30)


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


def lately() -> datetime:
    """From when on rows are looked at."""
    return timezone.now() - LATELY


def accounts_of(workspace: Workspace) -> Accounts:
    """To be asked; raises what `report.OUTSIDE` names."""
    for service, why in broken_of(workspace).items():
        raise ConnectionBroken(service, why)
    return open_accounts(accounts_config(workspace))
