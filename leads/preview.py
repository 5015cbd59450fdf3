"""What settings would mean today: the times that somebody would be offered now, if all calendars were empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from django.utils import timezone

from connectors.errors import NotConfigured
from leads import slot_lines, slots
from leads.facts import Confidence, Place
from leads.hours import week_of
from leads.models import Workspace
from leads.profiles import profile_of

LOOKED_AHEAD = 120  # days
DAYS_OFF = 6
ELSEWHERE = ("America/New_York", "Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a prospect is, and the lines that a draft would hold for them."""

    place: str
    lines: tuple[str, ...]


def offers(workspace: Workspace) -> list[Offer]:
    """For a prospect at home, and for one elsewhere. Nothing before the mailbox is set."""
    try:
        profile = profile_of(workspace)
    except NotConfigured:
        return []
    zones = (profile.timezone, next(zone for zone in ELSEWHERE if zone != profile.timezone))
    places = [Place(zone, "", Confidence.CERTAIN) for zone in zones]
    proposed = [slots.propose(slots.Search(profile, place, timezone.now()), busy=()) for place in places]
    return [Offer(slot_lines.city(one.zone), slot_lines.lines(one.times, one)) for one in proposed]


def days_off(workspace: Workspace) -> list[tuple[date, str]]:
    """The next days on which nobody works though it is a working day: which, and why."""
    week = week_of(workspace)
    today = week.day_of(timezone.now())
    ahead = (today + timedelta(days=offset) for offset in range(LOOKED_AHEAD))
    closed = (day for day in ahead if week.days[day.weekday()] and not week.is_open(day))
    return [(day, week.holiday(day) or "own day off") for day in islice(closed, DAYS_OFF)]
