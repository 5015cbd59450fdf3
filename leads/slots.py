"""Meeting times: which to offer, and how they are printed. All reckoning is in UTC; only the printing is local."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.ports import Busy
from leads.facts import Profile, Slot, Slots

OFFERED = 3
BUSINESS_DAYS = 3
LEAST_NOTICE = timedelta(hours=2)
REASONABLE = (time(8), time(18))

_FURTHEST_DAYS = 21  # a workspace that works one day a week still gets three of them
_REMEMBERED = 256  # days, each as one workspace works
_NOON = 12
_FAVOURITE_HOURS = {True: 10.0, False: 14.0}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def propose(busy: Sequence[Busy], profile: Profile, zone: str, zone_is_guess: bool, now: datetime) -> Slots:  # noqa: FBT001
    """At most three free times in our hours, in the prospect's waking hours too where the two meet."""
    theirs = ZoneInfo(zone)
    free = [slot for slot in _candidates(profile, now) if is_free(slot, busy)]
    shared = [slot for slot in free if _suits(slot, theirs, profile)]
    return Slots(_spread(shared or free, theirs), zone, zone_is_guess, profile.timezone)


def window(profile: Profile, now: datetime) -> tuple[datetime, datetime]:
    """From when to when the calendars must be read for `propose`."""
    candidates = _candidates(profile, now)
    return (now, candidates[-1].end) if candidates else (now, now)


def earliest(profile: Profile, now: datetime) -> datetime:
    """The first instant that is far enough ahead to be offered."""
    return soonest(profile.notice_hours, now)


def soonest(notice_hours: int, now: datetime) -> datetime:
    return now + max(LEAST_NOTICE, timedelta(hours=notice_hours))


def add_workdays(moment: datetime, days: int, profile: Profile) -> datetime:
    """The same time of day that many business days later, brought into working hours; in UTC."""
    local = moment.astimezone(ZoneInfo(profile.timezone))
    day = local.date()
    while days and profile.workdays:
        day += timedelta(days=1)
        days -= day.weekday() in profile.workdays
    clock = min(max(local.time(), profile.opens), profile.closes)
    return datetime.combine(day, clock, tzinfo=ZoneInfo(profile.timezone)).astimezone(UTC)


def is_free(slot: Slot, busy: Sequence[Busy]) -> bool:
    """Whether no calendar is taken at any moment of a slot."""
    return not any(slot.start < taken.end and taken.start < slot.end for taken in busy)


def in_hours(slot: Slot, profile: Profile) -> bool:
    """Whether a slot lies within one of our working days."""
    day = slot.start.astimezone(ZoneInfo(profile.timezone)).date()
    return day.weekday() in profile.workdays and _within(slot, profile.timezone, profile.opens, profile.closes)


def _candidates(profile: Profile, now: datetime) -> list[Slot]:
    """Every possible slot of the next three business days that have room for one; today may be the first."""
    today = now.astimezone(ZoneInfo(profile.timezone)).date()
    first = earliest(profile, now)
    days: list[list[Slot]] = []
    for offset in range(_FURTHEST_DAYS):
        day = today + timedelta(days=offset)
        if day.weekday() not in profile.workdays:
            continue
        every = _of_day(day, profile.timezone, profile.opens, profile.closes, profile.meeting_minutes)
        slots = [slot for slot in every if slot.start >= first]
        if slots:
            days.append(slots)
        if len(days) == BUSINESS_DAYS:
            break
    return [slot for slots in days for slot in slots]


@lru_cache(_REMEMBERED)
def _of_day(day: date, zone: str, opens: time, closes: time, minutes: int) -> tuple[Slot, ...]:
    ours, length = ZoneInfo(zone), timedelta(minutes=minutes)
    found: list[Slot] = []
    for half_hour in range(opens.hour * 2, (closes.hour + 1) * 2):
        wall = datetime.combine(day, time(half_hour // 2, half_hour % 2 * 30), tzinfo=ours)
        start = wall.astimezone(UTC)
        slot = Slot(start, start + length)
        exists = start.astimezone(ours).replace(tzinfo=None) == wall.replace(tzinfo=None)  # not in a skipped hour
        if exists and _within(slot, zone, opens, closes):
            found.append(slot)
    return tuple(found)


def _within(slot: Slot, zone: str, opens: time, closes: time) -> bool:
    """Whether a slot begins and ends in the hours of one and the same day."""
    ours = ZoneInfo(zone)
    start, end = slot.start.astimezone(ours), slot.end.astimezone(ours)
    return start.date() == end.date() and opens <= start.time() and end.time() <= closes


def _suits(slot: Slot, theirs: ZoneInfo, profile: Profile) -> bool:
    start, end = slot.start.astimezone(theirs), slot.end.astimezone(theirs)
    awake = REASONABLE[0] <= start.time() and end.time() <= REASONABLE[1]
    return awake and start.date() == end.date() and start.weekday() in profile.workdays


def _spread(free: list[Slot], theirs: ZoneInfo) -> tuple[Slot, ...]:
    """Different days before the same, mornings and afternoons in turn, near the hours people like."""
    chosen: list[Slot] = []
    while len(chosen) < OFFERED and (left := [slot for slot in free if is_free(slot, _taken(chosen))]):
        chosen.append(min(left, key=lambda slot: _burden(slot, chosen, theirs)))
    return tuple(sorted(chosen, key=lambda slot: slot.start))


def _hardship(hour: float) -> float:
    """Hours before or after the prospect's day; nought for a reasonable time."""
    return max(0.0, REASONABLE[0].hour - hour, hour - REASONABLE[1].hour)


def _taken(chosen: list[Slot]) -> list[Busy]:
    return [Busy(slot.start, slot.end) for slot in chosen]


def _burden(slot: Slot, chosen: list[Slot], theirs: ZoneInfo) -> tuple[float, int, int, float, datetime]:
    local = slot.start.astimezone(theirs)
    others = [other.start.astimezone(theirs) for other in chosen]
    morning = local.hour < _NOON
    same_day = sum(other.date() == local.date() for other in others)
    same_half = sum((other.hour < _NOON) == morning for other in others)
    hour = local.hour + local.minute / 60
    return _hardship(hour), same_day, same_half, abs(hour - _FAVOURITE_HOURS[morning]), slot.start


def lines(times: Sequence[Slot], slots: Slots) -> tuple[str, ...]:
    """Slots as a person reads them, in the order given."""
    return tuple(line(slot, slots) for slot in times)


def line(slot: Slot, slots: Slots) -> str:
    """Like "Tuesday, 24 November, 10:00–10:30 (CET, UTC+1)"; a guessed zone stands beside ours."""
    theirs, ours = ZoneInfo(slots.zone), ZoneInfo(slots.our_zone)
    local, home = slot.start.astimezone(theirs), slot.start.astimezone(ours)
    if not slots.zone_is_guess or slots.zone == slots.our_zone:
        return f"{_date(local)}, {_hours(slot, theirs)} ({_clock(local)})"
    if local.utcoffset() == home.utcoffset():
        both = f"{city(slots.zone)} and {city(slots.our_zone)} time"
        return f"{_date(local)}, {_hours(slot, theirs)} ({both}, {offset(local)})"
    day = "" if local.date() == home.date() else f"{DAYS[home.weekday()]} "
    here = f"{city(slots.zone)} time ({_clock(local)})"
    there = f"{day}{_hours(slot, ours)} {city(slots.our_zone)} time ({_clock(home)})"
    return f"{_date(local)}, {_hours(slot, theirs)} {here}, {there}"


def offset(moment: datetime) -> str:
    """Like "UTC+1" or "UTC-3:30"."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"


def _clock(moment: datetime) -> str:
    """Zone abbreviation and offset; many zones have no letters of their own."""
    name = moment.tzname() or ""
    return f"{name}, {offset(moment)}" if name.isalpha() and name != "UTC" else offset(moment)


def _date(moment: datetime) -> str:
    return f"{DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]}"


def _hours(slot: Slot, zone: ZoneInfo) -> str:
    return f"{slot.start.astimezone(zone):%H:%M}–{slot.end.astimezone(zone):%H:%M}"


def city(zone: str) -> str:
    """Like "New York"."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")
