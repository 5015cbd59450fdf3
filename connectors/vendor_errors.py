"""What the error tables of all vendors share: lost, late, refused and unreadable answers, and text fit for a log."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import urllib3.exceptions as transport

from connectors.errors import Ambiguous, ConnectorError, Permanent, Transient, Unknown
from connectors.watch import Operation

SECOND, TEN_SECONDS, HOUR = 1.0, 10.0, 3600.0
_A_DAY = 24 * HOUR
_SERVER_ERROR = 500
_REQUEST_TIMEOUT = 408
_MILLISECONDS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*ms\s*", re.IGNORECASE)
_LONGEST_DETAIL = 300
_NEVER_SENT = (transport.NewConnectionError, transport.ConnectTimeoutError)

type StatusTable = Mapping[int, type[ConnectorError]]

# What HTTP itself says of a request that would be refused again: sent elsewhere, or not taken as it is.
REFUSALS: StatusTable = dict.fromkeys(
    (301, 302, 303, 307, 308, 400, 405, 406, 410, 411, 412, 413, 414, 415, 422, 428, 431), Permanent
)


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
    """The member of our tree that `table` names for this answer; a server's own failure is never in the table.

    What neither knows is `Unknown`: it is not taken for permanent, since nobody has ever seen what it means.
    """
    kind = table.get(refusal.status)
    if kind is None and (refusal.status >= _SERVER_ERROR or refusal.status == _REQUEST_TIMEOUT):
        kind = Ambiguous if operation.writes else Transient
    return (kind or Unknown)(
        fit_for_logs(refusal.detail) or "no explanation",
        service=operation.service,
        endpoint=operation.endpoint,
        status=refusal.status,
        retry_after=refusal.retry_after,
        existing_id=refusal.existing_id,
        reasons=refusal.reasons,
    )


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait for; of two headers the finer one, which some vendors send beside.

    `headers` finds a name in lower case, as those of every client here do.
    """
    fine = headers.get("retry-after-ms")
    return retry_after(f"{fine}ms" if fine else headers.get("retry-after"))


def retry_after(value: str | None) -> float | None:
    """`Retry-After` in seconds: a number, fractions included, milliseconds as `250ms`, or an instant.

    An instant is a date of RFC 9110, section 10.2.3, or ISO 8601 as Google writes it in its messages.
    """
    if not value:
        return None
    fine = _MILLISECONDS.fullmatch(value)
    try:
        seconds = float(fine[1]) / 1000 if fine else float(value)
    except ValueError:
        seconds = _seconds_until(value)
    return min(max(seconds, 0.0), _A_DAY) if math.isfinite(seconds) else None


def _seconds_until(value: str) -> float:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            when = read(value)
        except ValueError:
            continue
        return (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return math.nan


_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
_LONG_OPAQUE = re.compile(r"[A-Za-z0-9_\-.~+/=]{32,}")
_DATA_BEGINS = re.compile(r"[\[{<\"]")
_URL = re.compile(r"https?://\S+")


def fit_for_logs(text: str) -> str:
    """`text` on one short line, without e-mail addresses, links, quoted data, or anything as long as a secret."""
    line = " ".join(_DATA_BEGINS.split(text, maxsplit=1)[0].split())
    line = _LONG_OPAQUE.sub("…", _ADDRESS.sub("(address)", _URL.sub("(link)", line)))
    return line[:_LONGEST_DETAIL]
