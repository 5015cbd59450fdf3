"""A working week: hours by weekday, breaks, public holidays and own days off, wherever time is reckoned in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.ports import Busy
from leads import daysoff, slots
from leads.daysoff import Unclear, read_days_off, region_code
from leads.facts import Confidence, Place, Profile, Slot
from leads.hours import read_hours, week_of
from tests.writing.office import PROFILE

BERLIN = replace(PROFILE, holiday_country="DE", holiday_region="BE")
BY_DAY = replace(PROFILE, own_hours=("Mon-Thu 9-12, 13:00-17:30", "Friday 09:00–13:00"))
HOME = Place("Europe/Berlin", "the form's time zone", Confidence.CERTAIN)
THURSDAY_BEFORE_CHRISTMAS = datetime(2026, 12, 24, 7, tzinfo=UTC)


def offered(profile: Profile, now: datetime, place: Place = HOME) -> list[str]:
    zone = week_of(profile).zone
    times = slots.propose(slots.Search(profile, place, now), ()).times
    return [f"{slot.start.astimezone(zone):%d %H:%M}" for slot in times]


def possible(profile: Profile, now: datetime) -> list[Slot]:
    return [slot for day in slots._days(slots.Search(profile, HOME, now)) for slot in day]


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        ("2026-12-24", True),
        ("2026-12-25", False),
        ("2026-12-26", False),
        ("2026-12-28", True),
        ("2026-03-08", False),  # a Sunday, and a holiday only in Berlin
        ("2027-03-08", False),  # a Monday
        ("2026-06-04", True),  # Corpus Christi, a holiday in Bavaria only
    ],
)
def test_public_holidays_of_the_region_are_off(day: str, open_: bool) -> None:  # noqa: FBT001
    assert week_of(BERLIN).is_open(date.fromisoformat(day)) is open_


def test_another_region_has_other_holidays() -> None:
    bavaria = replace(BERLIN, holiday_region="BY")
    assert week_of(bavaria).holiday(date(2026, 6, 4)) == "Corpus Christi"
    assert week_of(bavaria).is_open(date(2027, 3, 8))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-06-03T10:00", "2026-06-03T10:00"),  # a Wednesday at work
        ("2026-06-03T06:30", "2026-06-03T09:00"),
        ("2026-06-03T12:30", "2026-06-03T13:00"),  # in the break
        ("2026-06-05T13:00", "2026-06-08T09:00"),  # Friday ends at one
    ],
)
def test_the_next_hours_begin_now_or_when_the_break_or_the_weekend_is_over(at: str, opens: str) -> None:
    week = week_of(BY_DAY)
    moment = datetime.fromisoformat(at).replace(tzinfo=week.zone)
    assert week.next_open(moment) == datetime.fromisoformat(opens).replace(tzinfo=week.zone)


def test_who_never_works_opens_in_a_year() -> None:
    week = week_of(replace(PROFILE, workdays=()))
    assert week.next_open(THURSDAY_BEFORE_CHRISTMAS) > THURSDAY_BEFORE_CHRISTMAS + timedelta(days=360)


def test_own_days_off_are_dates_ranges_and_days_of_every_year() -> None:
    off = read_days_off(["2026-12-28 to 2026-12-30", "2027-02-01", "12-24"])
    days = ["2026-12-27", "2026-12-28", "2026-12-30", "2026-12-31", "2027-02-01", "2031-12-24"]
    assert [date.fromisoformat(day) in off for day in days] == [False, True, True, False, True, True]


@pytest.mark.parametrize(
    "entry",
    ["24.12.2026", "2026-13-01", "2026-12-31 to 2026-12-01", "13-01", "soon", "2026-01-01 to 2030-01-01"],
)
def test_what_is_no_day_off_is_refused_in_words(entry: str) -> None:
    with pytest.raises(Unclear, match=entry):
        read_days_off([entry])


@pytest.mark.parametrize("line", ["Friday", "Noday 9-12", "Mon 12-9", "Mon 9-12, 11-13", "Mon 25-26", "Mon 9-12,"])
def test_hours_that_make_no_sense_are_refused_in_words(line: str) -> None:
    with pytest.raises(Unclear, match="“"):
        read_hours([line])


def test_a_region_is_known_by_code_and_by_name() -> None:
    assert (region_code("DE", "by"), region_code("DE", "Bayern"), region_code("DE", "DE-BY")) == ("BY", "BY", "BY")
    with pytest.raises(Unclear, match="BW"):
        region_code("DE", "Atlantis")


def test_a_region_that_the_list_lacks_has_its_countrys_holidays() -> None:
    assert daysoff.holiday_on(date(2026, 7, 14), "FR", "??") == daysoff.holiday_on(date(2026, 7, 14), "FR") != ""
    assert daysoff.holiday_on(date(2026, 7, 14), "XX") == ""


def test_no_meeting_is_offered_on_a_day_off_and_three_days_are_still_found() -> None:
    closed = replace(BERLIN, days_off=("2026-12-28 to 2027-01-03",))
    assert [time[:2] for time in offered(closed, THURSDAY_BEFORE_CHRISTMAS)] == ["24", "04", "05"]


def test_no_meeting_is_offered_on_the_prospects_holiday() -> None:
    """Thanksgiving is a Thursday like any other in Berlin."""
    now, wednesday = datetime(2026, 11, 25, 8, tzinfo=UTC), "25"
    new_york = Place("America/New_York", "the country", Confidence.LIKELY, "US")
    assert [time[:2] for time in offered(PROFILE, now, new_york)] == [wednesday, "27", "30"]


def test_each_day_has_its_hours_and_nothing_is_offered_over_lunch() -> None:
    every = possible(replace(BY_DAY, days_ahead=5), datetime(2026, 11, 23, tzinfo=UTC))
    begin = [f"{slot.start.astimezone(week_of(BY_DAY).zone):%a %H:%M}" for slot in every]
    assert "Mon 11:30" in begin
    assert "Mon 12:00" not in begin
    assert "Mon 12:30" not in begin
    assert "Mon 13:00" in begin
    assert "Fri 12:30" in begin
    assert "Fri 13:00" not in begin


def test_time_in_working_hours_leaves_out_breaks_holidays_and_days_off() -> None:
    friday, monday = datetime(2026, 12, 18, 8, tzinfo=UTC), datetime(2026, 12, 21, 16, 30, tzinfo=UTC)
    assert week_of(BY_DAY).between(friday, monday) == timedelta(hours=4 + 3 + 4.5)
    day = timedelta(hours=8, minutes=30)
    week_later = THURSDAY_BEFORE_CHRISTMAS + timedelta(days=7)
    assert week_of(BERLIN).between(THURSDAY_BEFORE_CHRISTMAS, week_later) == 4 * day  # not the 25th
    off = replace(BERLIN, days_off=("2026-12-29",))
    assert week_of(off).between(THURSDAY_BEFORE_CHRISTMAS, week_later) == 3 * day


def test_a_follow_up_is_not_due_on_a_holiday() -> None:
    assert week_of(BERLIN).later(THURSDAY_BEFORE_CHRISTMAS, 1).date() == date(2026, 12, 28)


def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is() -> None:
    always = replace(PROFILE, workdays=(6,), own_hours=("Sunday 0:00-6:00",))
    for day, hours in (("2026-03-29", 5), ("2026-10-25", 7), ("2026-11-01", 6)):
        start = datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(hours=4)
        assert week_of(always).between(start, start + timedelta(hours=14)) == timedelta(hours=hours)


def test_buffers_keep_their_distance_from_appointments() -> None:
    now = datetime(2026, 11, 23, 0, tzinfo=UTC)
    taken = (Busy(datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC)),)
    careful = replace(PROFILE, buffer_before=30, buffer_after=15, days_ahead=1)
    free = [slot for slot in possible(careful, now) if slots.has_room(slot, taken, careful)]
    begin = [f"{slot.start:%d %H:%M}" for slot in free]
    assert "23 09:00" in begin
    assert "23 09:30" not in begin  # ends when the other begins
    assert "23 11:00" not in begin
    assert "23 11:30" in begin


def test_days_ahead_say_how_far() -> None:
    now = datetime(2026, 11, 23, 0, tzinfo=UTC)
    assert {time[:2] for time in offered(replace(PROFILE, days_ahead=1), now)} == {"23"}


def test_a_wish_moves_the_first_day_and_one_too_far_ahead_leaves_no_time() -> None:
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    search = slots.Search(PROFILE, HOME, now, begins=date(2026, 12, 2))
    assert [slot.start.day for slot in slots.propose(search, ()).times] == [2, 3, 4]
    assert slots.propose(replace(search, begins=date(2027, 6, 1)), ()).times == ()


def test_the_calendars_are_read_as_far_as_times_are_looked_for() -> None:
    search = slots.Search(BERLIN, HOME, THURSDAY_BEFORE_CHRISTMAS)
    ends = [slot.end for day in slots._days(search) for slot in day]
    assert search.window == (THURSDAY_BEFORE_CHRISTMAS, max(ends))
