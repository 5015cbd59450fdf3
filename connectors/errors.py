"""How a call to an outside account can fail, named for what the caller does about it.

ConnectorError
├── RateLimited       wait `retry_after` seconds, then the same call again
├── Transient         it was not done; call again after a backoff
├── Ambiguous         a write that may have been done: look, then decide
├── AuthFailed        the credentials are dead: stop this connection, tell a person
├── PermissionDenied  the credentials live but may not do this: tell a person
│   └── Misconfigured  the vendor's side is not set up for it, as an API that is switched off: wait for a person
├── Conflict          it exists already, as `existing_id` where the vendor says so
├── NotFound          each caller decides
├── Permanent         the vendor refuses this request
└── Unknown           no table of ours has a row for it: try it a few times more, look first if it was a write

NotConfigured         outside the tree, so that nobody who handles vendor trouble swallows it
"""

from __future__ import annotations

from collections.abc import Collection


class ConnectorError(Exception):
    """One failed call: which service and endpoint, the HTTP status if there was one, and what was said.

    `reasons` are the vendor's own words for why (`MISSING_SCOPES`, `invalid_grant`), for whoever tells them apart.
    """

    def __init__(
        self,
        detail: str,
        *,
        service: str,
        endpoint: str,
        status: int | None = None,
        retry_after: float | None = None,
        existing_id: str = "",
        reasons: Collection[str] = (),
    ) -> None:
        self.detail = detail
        self.service = service
        self.endpoint = endpoint
        self.status = status
        self.retry_after = retry_after
        self.existing_id = existing_id
        self.reasons = frozenset(reasons)
        answer = f" answered {status}" if status else ""
        super().__init__(f"{service} {endpoint}{answer}: {detail}")


class RateLimited(ConnectorError):
    """Too many calls; `retry_after` in seconds when the vendor names it or its policy implies it."""


class Transient(ConnectorError):
    """The call was not done: a failed read, or a write that never left."""


class Ambiguous(ConnectorError):
    """A write whose reply was lost, late, or unreadable: it may have been done."""


class AuthFailed(ConnectorError):
    """The token or key is not accepted any more."""


class PermissionDenied(ConnectorError):
    """The token is alive, but lacks a scope or a right."""


class Misconfigured(PermissionDenied):
    """What somebody has to switch on or set up at the vendor's side first."""


class Conflict(ConnectorError):
    """What should be created exists."""


class NotFound(ConnectorError):
    """What was asked for does not exist."""


class Permanent(ConnectorError):
    """Repeating the same request cannot help."""


class Unknown(ConnectorError):
    """An answer that the vendor is not known to give; a write that got it may have been done."""


class NotConfigured(Exception):
    """An account lacks a setting; the message names the setting and where to put it."""
