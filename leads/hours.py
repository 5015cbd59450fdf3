"""A workspace's working week: its hours, its days off, and all that is reckoned in them. In one place."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from leads.daysoff import DaysOff, Unclear, holiday_on, read_days_off

type Hours = tuple[tuple[time, time], ...]
"""The working hours of one day, in order; a break is between two of them."""

DAYS = tuple(calendar.day_name)
_FURTHEST = 366  # days to look for one that is worked on
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?"
_LINE = re.compile(rf"{_DAY}(?:\s*(?:-|–|to)\s*{_DAY})?\s*:?\s+(.+)", re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,2}(?::\d{2})?)\s*(?:-|–|to)\s*(\d{1,2}(?::\d{2})?)")


class WorkingHours(Protocol):
    """What a workspace and a profile both say of their working week. Monday is 0; `timezone` is IANA's name."""

    @property
    def timezone(self) -> str: ...
    @property
    def workdays(self) -> Sequence[int]: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...
    @property
    def own_hours(self) -> Sequence[str]: ...
    @property
    def holiday_country(self) -> str: ...
    @property
    def holiday_region(self) -> str: ...
    @property
    def days_off(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Week:
    """Seven days of hours, Monday first, and the days on which none of them count."""

    timezone: str
    days: tuple[Hours, ...]
    country: str = ""
    region: str = ""
    off: DaysOff = DaysOff()  # noqa: RUF009  frozen and empty

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def day_of(self, moment: datetime) -> date:
        """The day there."""
        return moment.astimezone(self.zone).date()

    def is_open(self, day: date) -> bool:
        return bool(self.days[day.weekday()]) and day not in self.off and not self.holiday(day)

    def holiday(self, day: date) -> str:
        return holiday_on(day, self.country, self.region)

    def on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The hours of a day as they really are, in UTC: also on one on which the clocks are changed."""
        if not self.is_open(day):
            return []
        return [
            (_instant(day, opens, self.zone), _instant(day, closes, self.zone))
            for opens, closes in self.days[day.weekday()]
        ]

    def holds(self, start: datetime, end: datetime) -> bool:
        """Whether all of it lies within the hours of a day, without a break in it."""
        return any(opens <= start and end <= closes for opens, closes in self.on(self.day_of(start)))

    def next_open(self, moment: datetime) -> datetime:
        """The first instant from `moment` on that is worked at: itself, if it is."""
        today = self.day_of(moment)
        for ahead in range(_FURTHEST):
            for opens, closes in self.on(today + timedelta(days=ahead)):
                if moment < closes:
                    return max(opens, moment)
        return moment + timedelta(days=_FURTHEST)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time between two aware instants is worked; nothing if `end` is not after `start`."""
        total, day = timedelta(), self.day_of(start)
        start, end, last = start.astimezone(UTC), end.astimezone(UTC), self.day_of(end)
        while day <= last:
            total += sum(
                (max(min(end, closes) - max(start, opens), timedelta()) for opens, closes in self.on(day)), timedelta()
            )
            day += timedelta(days=1)
        return total

    def later(self, moment: datetime, days: int) -> datetime:
        """The same time of day that many working days later, brought into that day's hours; in UTC."""
        local = moment.astimezone(self.zone)
        day = local.date()
        for _ in range(_FURTHEST):
            if not days:
                break
            day += timedelta(days=1)
            days -= self.is_open(day)
        hours = self.days[day.weekday()] or ((local.time(), local.time()),)
        clock = min(max(local.time(), hours[0][0]), hours[-1][1])
        return _instant(day, clock, self.zone)


def week_of(hours: WorkingHours) -> Week:
    """The working week of a workspace or a profile."""
    return _week(
        hours.timezone,
        tuple(hours.workdays),
        (hours.opens, hours.closes),
        tuple(hours.own_hours),
        (hours.holiday_country, hours.holiday_region),
        tuple(hours.days_off),
    )


@lru_cache(256)
def _week(
    timezone: str,
    workdays: tuple[int, ...],
    usual: tuple[time, time],
    own: tuple[str, ...],
    where: tuple[str, str],
    off: tuple[str, ...],
) -> Week:
    special = read_hours(own)
    days = tuple(special.get(day, (usual,)) if day in workdays else () for day in range(7))
    return Week(timezone, days, *where, read_days_off(off))


def read_hours(lines: Iterable[str]) -> dict[int, Hours]:
    """Lines like "Friday 09:00-13:00" and "Mon-Thu 9-12, 13-17", by weekday; a later line wins. Raises `Unclear`."""
    found: dict[int, Hours] = {}
    for line in map(str.strip, lines):
        match = _LINE.fullmatch(line)
        if not match:
            raise Unclear(f"“{line}” can't be read. Write it like Friday 09:00-13:00, or Mon-Thu 9-12, 13-17.")
        first, last = _weekday(match[1]), _weekday(match[2] or match[1])
        days = range(first, last + 1) if first <= last else (*range(first, 7), *range(last + 1))
        found |= dict.fromkeys(days, _hours(match[3], line))
    return found


def _hours(text: str, line: str) -> Hours:
    parts = [_HOURS.fullmatch(part.strip()) for part in text.split(",")]
    try:
        hours = tuple((_clock(part[1]), _clock(part[2])) for part in parts if part)
    except ValueError:
        hours = ()
    ends = [moment for pair in hours for moment in pair]
    if len(hours) != len(parts) or any(later <= earlier for earlier, later in pairwise(ends)):
        raise Unclear(f"“{line}” has no hours in order. Write them like 09:00-12:00, 13:00-17:00.")
    return hours


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))


def _weekday(name: str) -> int:
    return next(number for number, day in enumerate(DAYS) if day.lower().startswith(name.lower()))


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
