"""Free/busy from Google Calendar, where a calendar that can't be read is an error and never free time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from connectors.errors import (
    ConnectorError,
    NotConfigured,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
    Transient,
    Unknown,
)
from connectors.google import GoogleClient
from connectors.ports import Busy
from connectors.vendor_errors import unreadable
from connectors.watch import Operation

FREEBUSY_QUERY = Operation("calendar", "freebusy.query")
# https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
_CALENDARS_AT_ONCE = 50
_REASONS: Mapping[str, type[ConnectorError]] = {
    "notFound": NotFound,
    "rateLimitExceeded": RateLimited,
    "userRateLimitExceeded": RateLimited,
    "internalError": Transient,
    "backendError": Transient,
    "forbidden": PermissionDenied,
    "insufficientPermissions": PermissionDenied,
    "groupTooBig": Permanent,
    "tooManyCalendarsRequested": Permanent,
}


class GoogleCalendar:
    """`ports.CalendarReader` over one Google account."""

    def __init__(self, client: GoogleClient) -> None:
        self._client = client

    def busy(self, calendar_ids: tuple[str, ...], start: datetime, end: datetime) -> tuple[Busy, ...]:
        """When at least one of the calendars is taken, in order, overlaps joined."""
        if not calendar_ids:
            raise NotConfigured("no calendar is named to look for free time in; name one in the workspace's settings")
        taken: list[Busy] = []
        for ids in batched(calendar_ids, _CALENDARS_AT_ONCE):
            taken += self._taken(ids, start, end)
        return tuple(_joined(sorted(taken, key=lambda one: one.start)))

    def _taken(self, ids: tuple[str, ...], start: datetime, end: datetime) -> list[Busy]:
        body = {
            "timeMin": _instant(start),
            "timeMax": _instant(end),
            "timeZone": "UTC",
            "items": [{"id": one} for one in ids],
        }
        answer = self._client.ask(FREEBUSY_QUERY, self._client.freebusy.query(body=body), "calendars")
        return [taken for one in ids for taken in _stretches(one, answer["calendars"])]


def _stretches(calendar_id: str, calendars: Mapping[str, Any]) -> list[Busy]:
    calendar = calendars.get(calendar_id)
    if calendar is None:
        raise _failure(NotFound, calendar_id, "is missing from the answer")
    for problem in calendar.get("errors") or []:
        reason = str(problem.get("reason", "unknown"))[:40]
        raise _failure(_REASONS.get(reason, Unknown), calendar_id, f"cannot be read: {reason}")
    try:
        return [Busy(_parsed(one["start"]), _parsed(one["end"])) for one in calendar["busy"]]
    except (KeyError, TypeError, ValueError):
        raise unreadable(FREEBUSY_QUERY, f"calendar {calendar_id} has times that cannot be read") from None


def _failure(kind: type[ConnectorError], calendar_id: str, why: str) -> ConnectorError:
    detail = f"calendar {calendar_id[:200]} {why}"
    return kind(detail, service=FREEBUSY_QUERY.service, endpoint=FREEBUSY_QUERY.endpoint)


def _joined(taken: Iterable[Busy]) -> Iterator[Busy]:
    current: Busy | None = None
    for one in taken:
        if current is None:
            current = one
        elif one.start <= current.end:
            current = Busy(current.start, max(current.end, one.end))
        else:
            yield current
            current = one
    if current is not None:
        yield current


def _parsed(instant: str) -> datetime:
    parsed = datetime.fromisoformat(instant)
    return parsed.replace(tzinfo=parsed.tzinfo or UTC)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
