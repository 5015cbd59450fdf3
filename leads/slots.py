"""Meeting times: which to offer. All reckoning is in UTC; `leads.slot_lines` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from connectors.ports import Busy
from leads.daysoff import holiday_on
from leads.facts import Confidence, Place, Profile, Slot, Slots
from leads.hours import Week, week_of

OFFERED = 3
LEAST_NOTICE = timedelta(hours=2)
REASONABLE = (time(8), time(18))
EVERY = timedelta(minutes=30)  # between two possible beginnings

_FURTHEST_DAYS = 60  # how far ahead a wish may lie; whoever works one day a week still gets three of them
_ROOM = 7  # more business days to go to where other drafts hold what is nearer
_REMEMBERED = 256  # days, each as one workspace works
_NOON = 12
_FAVOURITE_HOURS = {True: 10.0, False: 14.0}


@dataclass(frozen=True, slots=True)
class Search:
    """For whom times are looked for, and from when."""

    profile: Profile
    place: Place
    now: datetime
    begins: date | None = None  # the first day that suits them, by their calendar

    @property
    def window(self) -> tuple[datetime, datetime]:
        """From when to when the calendars must be read; the buffers of a meeting reach over its ends."""
        days = _open_days(self)
        if not days:
            return self.now, self.now
        end = week_of(self.profile).on(days[-1])[-1][1]
        return self.now, end + timedelta(minutes=self.profile.buffer_after)


def propose(search: Search, busy: Sequence[Busy], held: Sequence[Busy] = ()) -> Slots:
    """At most three free times in our hours, in the prospect's waking hours too where the two meet.

    What other drafts hold counts as taken, and where it does, later days are offered. Only if all that is free is
    held, it is offered a second time.
    """
    profile, place = search.profile, search.place
    days = _days(search)
    free = [slot for day in islice(days, profile.days_ahead) for slot in day if has_room(slot, busy, profile)]
    ours = [slot for slot in free if has_room(slot, held, profile)]
    if len(ours) < len(free):
        while len(chosen := _best(ours, search)) < OFFERED and (day := next(days, None)):
            ours += [slot for slot in day if has_room(slot, busy, profile) and has_room(slot, held, profile)]
    chosen = _best(ours or free, search)
    return Slots(
        times=chosen,
        zone=place.zone,
        zone_is_guess=place.confidence is Confidence.GUESS,
        our_zone=profile.timezone,
        busy=tuple(busy),
        place=place,
        begins=search.begins,
        is_shared=bool(chosen) and not ours,
    )


def earliest(profile: Profile, now: datetime) -> datetime:
    """The first instant that is far enough ahead to be offered."""
    return soonest(profile.notice_hours, now)


def soonest(notice_hours: int, now: datetime) -> datetime:
    return now + max(LEAST_NOTICE, timedelta(hours=notice_hours))


def is_free(slot: Slot, busy: Sequence[Busy]) -> bool:
    """Whether no calendar is taken at any moment of a slot."""
    return not any(slot.start < taken.end and taken.start < slot.end for taken in busy)


def has_room(slot: Slot, busy: Sequence[Busy], profile: Profile) -> bool:
    """Whether a slot is free, and so are the buffers before and after it."""
    before, after = timedelta(minutes=profile.buffer_before), timedelta(minutes=profile.buffer_after)
    return is_free(Slot(slot.start - before, slot.end + after), busy)


def in_hours(slot: Slot, profile: Profile) -> bool:
    """Whether a slot lies within the hours of one of our working days."""
    return week_of(profile).holds(slot.start, slot.end)


def _days(search: Search) -> Iterator[list[Slot]]:
    """Every possible slot of the days ahead that have room for one; today may be the first."""
    profile, place, week = search.profile, search.place, week_of(search.profile)
    first, theirs = earliest(profile, search.now), ZoneInfo(place.zone)

    def suits(slot: Slot) -> bool:
        there = slot.start.astimezone(theirs).date()
        return not holiday_on(there, place.country, place.region) and not (search.begins and there < search.begins)

    for day in _open_days(search):
        fit = [slot for slot in _of_day(day, week, profile.meeting_minutes) if slot.start >= first and suits(slot)]
        if fit:
            yield fit


def _open_days(search: Search) -> list[date]:
    """The working days that are within reach."""
    week = week_of(search.profile)
    today = week.day_of(search.now)
    # By our calendar their first day may have begun the day before.
    begins = max(today, search.begins - timedelta(days=1)) if search.begins else today
    ahead = (today + timedelta(days=offset) for offset in range((begins - today).days, _FURTHEST_DAYS))
    return list(islice((day for day in ahead if week.is_open(day)), search.profile.days_ahead + _ROOM))


@lru_cache(_REMEMBERED)
def _of_day(day: date, week: Week, minutes: int) -> tuple[Slot, ...]:
    length = timedelta(minutes=minutes)
    found: list[Slot] = []
    for half_hour in range(48):
        wall = datetime.combine(day, time(half_hour // 2, half_hour % 2 * 30), tzinfo=week.zone)
        start = wall.astimezone(UTC)
        exists = start.astimezone(week.zone).replace(tzinfo=None) == wall.replace(tzinfo=None)  # not in a skipped hour
        if exists and week.holds(start, start + length):
            found.append(Slot(start, start + length))
    return tuple(found)


def _best(free: list[Slot], search: Search) -> tuple[Slot, ...]:
    theirs = ZoneInfo(search.place.zone)
    return _spread([slot for slot in free if _suits(slot, theirs, search.profile)] or free, theirs)


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
