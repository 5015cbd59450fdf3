"""Google Calendar's HTTP API: free/busy, the list of calendars, events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from connectors.sandbox.fields import keep, parse
from connectors.sandbox.seed import CalendarSeed
from connectors.sandbox.wire import Answer, Call, Json, Route, google_error

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

MOST_CALENDARS = 50
LONGEST = timedelta(days=92)

type Stretch = tuple[datetime, datetime]


@dataclass(slots=True)
class Calendar:
    """A calendar; `busy` are single stretches, the seed's weekly blocks come on top."""

    seed: CalendarSeed
    busy: list[Stretch] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)

    @classmethod
    def planted(cls, seed: CalendarSeed) -> Calendar:
        now = datetime.now(UTC)
        single = [(now + timedelta(hours=one.start_hours), now + timedelta(hours=one.end_hours)) for one in seed.busy]
        return cls(seed, single)

    def taken(self, start: datetime, end: datetime) -> list[Stretch]:
        """Merged, cut to the range that was asked for."""
        merged: list[Stretch] = []
        for one_start, one_end in sorted([*self.busy, *self._weekly(start, end)]):
            begin, finish = max(one_start, start), min(one_end, end)
            if begin >= finish:
                continue
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], finish))
            else:
                merged.append((begin, finish))
        return merged

    def _weekly(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        zone = ZoneInfo(self.seed.timezone)
        day, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
        while day <= last:
            for block in self.seed.weekly:
                if day.weekday() in block.days:
                    ends = (time.fromisoformat(block.start), time.fromisoformat(block.end))
                    begin, finish = (datetime.combine(day, at, zone).astimezone(UTC) for at in ends)
                    yield begin, finish
            day += timedelta(days=1)


def _moment(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - has no zone, so that it is refused below
    if moment.tzinfo is None:
        raise google_error(400, f"Invalid value for: {name}: {value!r} is not RFC 3339 with an offset", "badRequest")
    return moment.astimezone(UTC)


def _range(given: Json | dict[str, str]) -> Stretch:
    start, end = _moment(given.get("timeMin"), "timeMin"), _moment(given.get("timeMax"), "timeMax")
    if start >= end:
        raise google_error(400, "The specified time range is empty.", "timeRangeEmpty", location="timeMax")
    if end - start > LONGEST:
        raise google_error(400, "The requested time range is too long.", "timeRangeTooLong", location="timeMax")
    return start, end


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def query_free_busy(box: Box, call: Call) -> Answer:
    """A calendar that cannot be read answers with errors, and with an empty list that is not "free"."""
    body = call.json()
    start, end = _range(body)
    items = body.get("items")
    if not isinstance(items, list) or not all(isinstance(one, dict) and "id" in one for one in items):
        raise google_error(400, "Missing items", "required", location="items")
    if len(items) > MOST_CALENDARS:
        raise google_error(400, "Too many calendars requested", "tooManyCalendarsRequested")
    calendars = {str(one["id"]): _free_busy(box, str(one["id"]), call.user, start, end) for one in items}
    answer = {"kind": "calendar#freeBusy", "timeMin": _text(start), "timeMax": _text(end), "calendars": calendars}
    return _partial(call, answer)


def _free_busy(box: Box, calendar_id: str, user: str, start: datetime, end: datetime) -> Json:
    calendar = box.calendars.get(user if calendar_id == "primary" else calendar_id)
    reason = calendar.seed.error if calendar else "notFound"
    if calendar is None or reason:
        return {"errors": [{"domain": "global", "reason": reason}], "busy": []}
    return {"busy": [{"start": _text(begin), "end": _text(finish)} for begin, finish in calendar.taken(start, end)]}


def _partial(call: Call, answer: Json) -> Answer:
    return Answer(keep(answer, parse(call.query["fields"])) if call.query.get("fields") else answer)


def list_calendars(box: Box, call: Call) -> Answer:
    items = [
        {
            "kind": "calendar#calendarListEntry",
            "id": one.seed.id,
            "summary": one.seed.summary or one.seed.id,
            "timeZone": one.seed.timezone,
            "accessRole": "owner" if one.seed.id == call.user else "freeBusyReader",
            **({"primary": True} if one.seed.id == call.user else {}),
        }
        for one in box.calendars.values()
    ]
    return _partial(call, {"kind": "calendar#calendarList", "items": items})


def _calendar(box: Box, call: Call) -> Calendar:
    wanted = call.user if call.args[0] == "primary" else call.args[0]
    if wanted not in box.calendars or box.calendars[wanted].seed.error:
        raise google_error(404, "Not Found")
    return box.calendars[wanted]


def list_events(box: Box, call: Call) -> Answer:
    calendar = _calendar(box, call)
    start = _moment(call.query["timeMin"], "timeMin") if "timeMin" in call.query else datetime.min.replace(tzinfo=UTC)
    end = _moment(call.query["timeMax"], "timeMax") if "timeMax" in call.query else datetime.max.replace(tzinfo=UTC)
    items = [
        event
        for event in calendar.events
        if _moment(event["end"]["dateTime"], "end") > start and _moment(event["start"]["dateTime"], "start") < end
    ]
    return _partial(call, {"kind": "calendar#events", "timeZone": calendar.seed.timezone, "items": items})


def insert_event(box: Box, call: Call) -> Answer:
    calendar, body = _calendar(box, call), call.json()
    try:
        start = _moment(body["start"]["dateTime"], "start")
        end = _moment(body["end"]["dateTime"], "end")
    except (KeyError, TypeError) as error:
        raise google_error(400, "Missing end time.", "required") from error
    if start >= end:
        raise google_error(400, "The specified time range is empty.", "timeRangeEmpty")
    event = body | {"kind": "calendar#event", "id": uuid4().hex, "status": "confirmed"}
    calendar.events.append(event)
    if body.get("transparency") != "transparent":
        calendar.busy.append((start, end))
    box.note("events", {"calendar": calendar.seed.id, "id": event["id"], "summary": body.get("summary", "")})
    return Answer(event)


_C = "/calendar/v3"
ROUTES = [
    Route("calendar", "freebusy.query", "POST", _C + "/freeBusy", query_free_busy),
    Route("calendar", "calendars.list", "GET", _C + "/users/me/calendarList", list_calendars),
    Route("calendar", "events.list", "GET", _C + "/calendars/{id}/events", list_events),
    Route("calendar", "events.insert", "POST", _C + "/calendars/{id}/events", insert_event, write=True),
]
