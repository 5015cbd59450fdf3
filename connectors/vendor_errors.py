"""What the error tables of all vendors share: lost, late, refused and unreadable answers, and text fit for a log."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import urllib3.exceptions as transport

from connectors.errors import Ambiguous, ConnectorError, Permanent, Transient
from connectors.watch import Operation

SECOND, TEN_SECONDS, HOUR = 1.0, 10.0, 3600.0
_A_DAY = 24 * HOUR
_SERVER_ERROR = 500
_REQUEST_TIMEOUT = 408
_LONGEST_DETAIL = 300
_NEVER_SENT = (transport.NewConnectionError, transport.ConnectTimeoutError)

type StatusTable = Mapping[int, type[ConnectorError]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer outside 2xx, as far as it is safe and useful to repeat."""

    status: int
    detail: str
    retry_after: float | None = None
    existing_id: str = ""
    reasons: frozenset[str] = frozenset()


def unsent(operation: Operation, why: str) -> ConnectorError:
    """No connection was made: nothing can have happened, not even for a write."""
    return Transient(why, service=operation.service, endpoint=operation.endpoint)


def interrupted(operation: Operation, why: str) -> ConnectorError:
    """The answer was lost or late: a read is done again, a write has to be looked for."""
    kind = Ambiguous if operation.writes else Transient
    return kind(why, service=operation.service, endpoint=operation.endpoint)


def lost(problem: BaseException, operation: Operation) -> ConnectorError | None:
    """What the transport raised, in our words; None for what isn't the transport's doing."""
    why = type(problem).__name__
    if isinstance(problem, _NEVER_SENT):
        return unsent(operation, f"no connection ({why})")
    if isinstance(problem, transport.DecodeError):
        return unreadable(operation, "the answer cannot be decompressed")
    if isinstance(problem, transport.HTTPError | OSError):
        return interrupted(operation, f"no answer ({why})")
    return None


def unreadable(operation: Operation, why: str, status: int | None = None) -> ConnectorError:
    """A success that makes no sense, as a proxy in trouble sends: a write may well have been done."""
    kind = Ambiguous if operation.writes else Transient
    return kind(why, service=operation.service, endpoint=operation.endpoint, status=status)


def refused(operation: Operation, table: StatusTable, refusal: Refusal) -> ConnectorError:
    """The member of our tree that `table` names for this answer; a server's own failure is never in the table."""
    kind = table.get(refusal.status)
    if kind is None and (refusal.status >= _SERVER_ERROR or refusal.status == _REQUEST_TIMEOUT):
        kind = Ambiguous if operation.writes else Transient
    return (kind or Permanent)(
        fit_for_logs(refusal.detail) or "no explanation",
        service=operation.service,
        endpoint=operation.endpoint,
        status=refusal.status,
        retry_after=refusal.retry_after,
        existing_id=refusal.existing_id,
        reasons=refusal.reasons,
    )


def retry_after(value: str | None) -> float | None:
    """The `Retry-After` header in seconds: a number, fractions included, or a date (RFC 9110, section 10.2.3)."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value)
    return min(max(seconds, 0.0), _A_DAY) if math.isfinite(seconds) else None


def _seconds_until(value: str) -> float:
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return math.nan
    return (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
_LONG_OPAQUE = re.compile(r"[A-Za-z0-9_\-.~+/=]{32,}")
_DATA_BEGINS = re.compile(r"[\[{<\"]")
_URL = re.compile(r"https?://\S+")


def fit_for_logs(text: str) -> str:
    """`text` on one short line, without e-mail addresses, links, quoted data, or anything as long as a secret."""
    line = " ".join(_DATA_BEGINS.split(text, maxsplit=1)[0].split())
    line = _LONG_OPAQUE.sub("…", _ADDRESS.sub("(address)", _URL.sub("(link)", line)))
    return line[:_LONGEST_DETAIL]
