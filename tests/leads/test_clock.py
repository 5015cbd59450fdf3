"""How long a lead waited, in working hours: over nights, weekends, zones and changes of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest

from leads.clock import Stage, stages
from leads.hours import week_of


@dataclass(frozen=True)
class Hours:
    timezone: str = "Europe/Berlin"
    workdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    opens: time = time(9)
    closes: time = time(17)
    own_hours: tuple[str, ...] = ()
    holiday_country: str = ""
    holiday_region: str = ""
    days_off: tuple[str, ...] = ()


BERLIN = Hours()
NEW_YORK = Hours(timezone="America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        # Winter in Berlin: 9 to 17 is 8 to 16 in UTC. 2 March 2026 is a Monday.
        ("2026-03-02T09:00", "2026-03-02T10:30", 1.5),
        ("2026-03-02T05:00", "2026-03-02T08:30", 0.5),  # came before the office opened
        ("2026-03-02T15:00", "2026-03-02T22:00", 1.0),  # came before it closed
        ("2026-03-02T17:00", "2026-03-02T20:00", 0.0),  # in the evening
        ("2026-03-02T15:00", "2026-03-03T09:00", 2.0),  # over night
        ("2026-03-06T15:00", "2026-03-09T09:00", 2.0),  # over the weekend
        ("2026-03-07T08:00", "2026-03-08T20:00", 0.0),  # a weekend
        ("2026-03-02T08:00", "2026-03-09T08:00", 40.0),  # a week
        ("2026-03-02T10:00", "2026-03-02T10:00", 0.0),
        ("2026-03-03T10:00", "2026-03-02T10:00", 0.0),  # a portal whose clock is ahead
    ],
)
def test_only_time_in_working_hours_counts(start: str, end: str, hours: float) -> None:
    assert week_of(BERLIN).between(at(start), at(end)) == timedelta(hours=hours)


def test_the_hours_are_those_of_the_workspaces_zone() -> None:
    noon = at("2026-03-02T12:00")
    assert week_of(BERLIN).between(noon, noon + timedelta(hours=3)) == timedelta(hours=3)
    assert week_of(NEW_YORK).between(noon, noon + timedelta(hours=3)) == timedelta(hours=1)


def test_a_day_belongs_to_the_zones_own_date() -> None:
    auckland = Hours(timezone="Pacific/Auckland")
    # Sunday evening in UTC is Monday morning there.
    assert week_of(auckland).between(at("2026-03-01T20:00"), at("2026-03-01T21:00")) == timedelta(hours=1)


def test_working_hours_follow_the_clock_when_it_is_changed() -> None:
    # Berlin's clocks go forward on Sunday, 29 March 2026: from then on, 9 o'clock is 7 in UTC.
    assert week_of(BERLIN).between(at("2026-03-27T08:00"), at("2026-03-27T09:00")) == timedelta(hours=1)
    assert week_of(BERLIN).between(at("2026-03-30T07:00"), at("2026-03-30T08:00")) == timedelta(hours=1)
    assert week_of(BERLIN).between(at("2026-03-27T15:30"), at("2026-03-30T07:30")) == timedelta(hours=1)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 7), ("2026-10-25", 9), ("2026-05-31", 8)])
def test_a_shift_in_which_the_clock_is_changed_is_as_long_as_it_is(day: str, hours: int) -> None:
    night = Hours(workdays=(6,), opens=time(0), closes=time(8))
    start = at(f"{day}T00:00") - timedelta(days=1)
    assert week_of(night).between(start, start + timedelta(days=3)) == timedelta(hours=hours)


def test_instants_in_any_zone_count_alike() -> None:
    start, end = at("2026-03-02T09:00"), at("2026-03-02T10:00")
    local = [instant.astimezone(tz=None) for instant in (start, end)]
    assert week_of(BERLIN).between(*local) == week_of(BERLIN).between(start, end)


def test_each_stage_has_its_span_and_the_first_that_is_not_reached_runs() -> None:
    start = at("2026-03-06T15:00")
    reached = [("submitted", start), ("received", start + timedelta(seconds=2)), ("draft ready", None), ("sent", None)]
    _, received, ready, sent = stages(reached, BERLIN, at("2026-03-09T09:00"))
    assert received == Stage("received", start + timedelta(seconds=2), timedelta(seconds=2), timedelta(seconds=2))
    assert ready.is_running
    assert ready.span == timedelta(days=2, hours=18) - timedelta(seconds=2)
    assert ready.in_hours == timedelta(hours=2) - timedelta(seconds=2)
    assert sent == Stage("sent", None)


def test_nothing_runs_once_nobody_waits() -> None:
    start = at("2026-03-06T15:00")
    assert [stage.is_running for stage in stages([("received", start), ("draft ready", None)], BERLIN, None)] == [
        False
    ] * 2
