"""Google's failures in our words: Gmail, Drive and Calendar answer alike.

https://developers.google.com/workspace/gmail/api/guides/handle-errors
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError

from connectors.errors import (
    AuthFailed,
    Conflict,
    ConnectorError,
    Misconfigured,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
)
from connectors.vendor_errors import (
    HOUR,
    REFUSALS,
    Refusal,
    StatusTable,
    lost,
    refused,
    retry_after,
    unreadable,
    unsent,
)
from connectors.watch import Operation

_STATUSES: StatusTable = {
    **REFUSALS,
    401: AuthFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
# Google says more by its reasons than by its statuses; of several the first row here counts.
_SAYING = {400, 403, 429}
_USED_UP = {"dailyLimitExceeded", "quotaExceeded"}
_REASONS: Mapping[str, type[ConnectorError]] = {
    **dict.fromkeys(_USED_UP, RateLimited),
    "rateLimitExceeded": RateLimited,
    "userRateLimitExceeded": RateLimited,
    "RATE_LIMIT_EXCEEDED": RateLimited,
    "RESOURCE_EXHAUSTED": RateLimited,
    "sharingRateLimitExceeded": RateLimited,
    "accessNotConfigured": Misconfigured,  # the API is off in the Google Cloud project
    "SERVICE_DISABLED": Misconfigured,
    "failedPrecondition": Misconfigured,  # of Gmail: the account has no mailbox
    "insufficientPermissions": PermissionDenied,
    "insufficientFilePermissions": PermissionDenied,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": PermissionDenied,
    "appNotAuthorizedToFile": PermissionDenied,
    "domainPolicy": PermissionDenied,
    "forbidden": PermissionDenied,
    "invalidArgument": Permanent,
}
_INSTANT = re.compile(r"Retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_OAUTH_CODE = re.compile(r"[a-z_]{3,40}")


class RefusedError(Exception):
    """An answer outside 2xx. The client's own HttpError trips over bodies that aren't what it expects."""

    def __init__(self, status: int, wait: float | None, content: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.wait = wait
        self.content = content


def google_error(problem: BaseException, operation: Operation) -> ConnectorError | None:
    """Translate what the vendor's client or its transport raised; None for what isn't the vendor's doing."""
    if isinstance(problem, RefusedError):
        return _refused(problem, operation)
    if isinstance(problem, GoogleAuthError):
        return _without_token(problem, operation)
    if isinstance(problem, UnicodeDecodeError):
        return unreadable(operation, "the answer is not UTF-8")
    return lost(problem, operation)


def _without_token(problem: GoogleAuthError, operation: Operation) -> ConnectorError:
    """Trouble on the way to an access token: the call itself was not sent."""
    if isinstance(problem, TransportError) or (isinstance(problem, RefreshError) and problem.retryable):
        return unsent(operation, "no access token: Google's token service cannot be reached")
    why = _oauth_code(problem)
    return AuthFailed(f"no access token: {why}", service=operation.service, endpoint=operation.endpoint, reasons={why})


def _oauth_code(problem: GoogleAuthError) -> str:
    answer = problem.args[1] if len(problem.args) > 1 else None
    code = answer.get("error") if isinstance(answer, dict) else None
    return code if isinstance(code, str) and _OAUTH_CODE.fullmatch(code) else "refused"


def _refused(problem: RefusedError, operation: Operation) -> ConnectorError:
    status = problem.status
    said = _said(problem.content)
    reasons = _reasons(said)
    wait = _wait(problem.wait, said)
    table = _STATUSES
    if status in _SAYING:
        if reasons & _USED_UP:
            wait = max(wait or 0.0, HOUR)
        table = {**_STATUSES, status: next((_REASONS[one] for one in _REASONS if one in reasons), _STATUSES[status])}
    reason = next(iter(sorted(reasons)), "")
    message = said.get("message")
    detail = f"{reason}: {message}" if reason else str(message or "")
    return refused(operation, table, Refusal(status, detail, wait, reasons=frozenset(reasons)))


def _said(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}


def _wait(asked: float | None, said: dict[str, Any]) -> float | None:
    """Seconds, by the header, else by `details[].retryDelay` (`3.5s`), else by the instant in Gmail's message."""
    if asked is not None:
        return asked
    for entry in _entries(said, "details"):
        if delay := _DURATION.fullmatch(str(entry.get("retryDelay", ""))):
            return retry_after(delay[1])
    instant = _INSTANT.search(str(said.get("message", "")))
    return retry_after(instant[1]) if instant else None


def _entries(said: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    lists = [said.get(name) for name in names]
    return [entry for some in lists if isinstance(some, list) for entry in some if isinstance(entry, dict)]


def _reasons(said: dict[str, Any]) -> set[str]:
    """Every place where Google says why: `errors[].reason`, `details[].reason` and `status`."""
    entries = _entries(said, "errors", "details")
    found = [entry.get("reason") for entry in entries] + [said.get("status")]
    return {reason for reason in found if isinstance(reason, str)}
