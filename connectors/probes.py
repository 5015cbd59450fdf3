"""Harmless calls that show what an account's credentials may do, and what is missing. See `hubspot_probes` and
`google_probes` for the calls.

All calls of an account go out at once, each with its own timeouts, so that the slowest decides how long it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from connectors.accounts import AccountsConfig
from connectors.errors import (
    AuthFailed,
    ConnectorError,
    NotConfigured,
    NotFound,
    PermissionDenied,
    RateLimited,
    Transient,
)

_CONNECT, _READ = 4.0, 8.0  # seconds: somebody waits for the page
_NO_SCOPE = {"MISSING_SCOPES", "insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
_OFF = {"accessNotConfigured", "SERVICE_DISABLED"}


class Found(StrEnum):
    """What a probe found, named for what somebody does about it."""

    FINE = "fine"
    SCOPE_MISSING = "scope_missing"
    API_OFF = "api_off"
    NO_ACCESS = "no_access"
    DEAD = "dead"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    NOT_SHOWN = "not_shown"


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was tried: `what` (`contacts.read`), about `which` (a folder's id), for which scope."""

    what: str
    scope: str
    found: Found
    detail: str = ""
    which: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All probes of one account, and which account it is (portal id, mailbox) where the vendor tells."""

    probes: tuple[Probe, ...]
    account: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A call that somebody wants to know the outcome of."""

    what: str
    scope: str
    call: Callable[[], object]
    which: str = ""

    def run(self) -> Probe:
        try:
            self.call()
        except (ConnectorError, NotConfigured) as problem:
            detail = problem.detail if isinstance(problem, ConnectorError) else str(problem)
            return Probe(self.what, self.scope, _found(problem), detail, self.which)
        return Probe(self.what, self.scope, Found.FINE, which=self.which)


def tried(trials: Sequence[Trial]) -> list[Probe]:
    """What came of each, in order."""
    with ThreadPoolExecutor(len(trials), thread_name_prefix="probe") as threads:
        return list(threads.map(Trial.run, trials))


def patience(config: AccountsConfig) -> tuple[float, float]:
    """Seconds for a connection and for an answer."""
    return min(config.connect_timeout, _CONNECT), min(config.read_timeout, _READ)


_FOUND: tuple[tuple[type[Exception], Found], ...] = (
    (AuthFailed, Found.DEAD),
    (NotConfigured, Found.DEAD),
    (PermissionDenied, Found.NO_ACCESS),
    (NotFound, Found.NO_ACCESS),
    (RateLimited, Found.NO_ANSWER),
    (Transient, Found.NO_ANSWER),
)


def _found(problem: ConnectorError | NotConfigured) -> Found:
    if isinstance(problem, PermissionDenied):
        if problem.reasons & _OFF:
            return Found.API_OFF
        if problem.reasons & _NO_SCOPE:
            return Found.SCOPE_MISSING
    return next((found for kind, found in _FOUND if isinstance(problem, kind)), Found.REFUSED)
