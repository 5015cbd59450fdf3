"""Slots, documents, threads and the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from connectors.ports import Busy, Company, Thread
from leads import assets, planning, slot_lines, slots
from leads.facts import Action, Confidence, Patterns, Place, Profile, Slot, Slots, ThreadState
from leads.hours import week_of
from leads.threads import state_of
from tests.writing.leads import lead
from tests.writing.office import FILES, NOW, PROFILE, Desk, file, message

BERLIN = ZoneInfo("Europe/Berlin")


def offered(
    zone: str = "Europe/Berlin", *, now: datetime = NOW, busy: tuple[Busy, ...] = (), profile: Profile = PROFILE
) -> tuple[Slot, ...]:
    return slots.propose(search(zone, now, profile), busy).times


def search(zone: str = "Europe/Berlin", now: datetime = NOW, profile: Profile = PROFILE) -> slots.Search:
    return slots.Search(profile, Place(zone, "the form's time zone", Confidence.CERTAIN), now)


def test_three_times_on_three_business_days_in_both_halves_of_the_day() -> None:
    local = [slot.start.astimezone(BERLIN) for slot in offered()]
    assert [moment.date().isoformat() for moment in local] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert {moment.hour < 12 for moment in local} == {True, False}
    assert all(moment.minute in {0, 30} for moment in local)


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("day", [20, 21, 22, 23, 27])
@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney", "Asia/Kathmandu"]
)
def test_whenever_and_wherever_each_time_is_ours_ahead_and_apart(zone: str, day: int, hour: int) -> None:
    now = datetime(2026, 11, day, hour, 7, tzinfo=UTC)
    times = offered(zone, now=now)
    assert len(times) == 3
    for slot in times:
        assert slots.in_hours(slot, PROFILE)
        assert slot.start >= now + timedelta(hours=2)
        assert slot.end - slot.start == timedelta(minutes=30)
    assert all(first.end <= second.start for first, second in pairwise(times))


def test_a_late_evening_starts_counting_on_the_next_business_day() -> None:
    friday_evening = datetime(2026, 11, 27, 20, tzinfo=UTC)
    days = [slot.start.date().isoformat() for slot in offered(now=friday_evening)]
    assert days == ["2026-11-30", "2026-12-01", "2026-12-02"]


def test_the_prospects_day_is_respected_where_the_two_meet() -> None:
    times = offered("America/New_York")
    assert all(8 <= slot.start.astimezone(ZoneInfo("America/New_York")).hour < 18 for slot in times)


def test_where_the_days_never_meet_the_least_bad_hours_are_offered() -> None:
    times = offered("Australia/Sydney")
    assert {slot.start.astimezone(ZoneInfo("Australia/Sydney")).hour for slot in times} <= {19, 20, 21}


def test_busy_times_are_avoided_and_touching_ones_are_free() -> None:
    taken = (Busy(datetime(2026, 11, 23, 0, tzinfo=UTC), datetime(2026, 11, 25, 15, 30, tzinfo=UTC)),)
    local = [slot.start.astimezone(BERLIN) for slot in offered(busy=taken)]
    assert [moment.strftime("%d %H:%M") for moment in local] == ["25 16:30", "25 17:00"]


def test_a_full_calendar_offers_nothing() -> None:
    assert offered(busy=(Busy(NOW, NOW + timedelta(days=30)),)) == ()


def test_more_notice_moves_the_first_time() -> None:
    profile = replace(PROFILE, notice_hours=24)
    assert offered(profile=profile)[0].start >= NOW + timedelta(hours=24)
    assert offered(profile=replace(PROFILE, notice_hours=0))[0].start >= NOW + timedelta(hours=2)


def test_a_skipped_hour_is_never_offered_and_lengths_hold_over_the_change() -> None:
    profile = replace(PROFILE, opens=time(0), closes=time(6), workdays=(6,), meeting_minutes=60)
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = [slot for day in slots._days(search(now=now, profile=profile)) for slot in day]
    assert found
    for slot in found:
        assert slot.end - slot.start == timedelta(hours=1)
        assert not (slot.start.astimezone(BERLIN).date().day == 29 and slot.start.astimezone(BERLIN).hour == 2)


def test_the_window_covers_all_that_may_be_offered() -> None:
    start, end = search().window
    assert start == NOW
    assert all(slot.end <= end for slot in offered())


def test_business_days_are_added_over_a_weekend() -> None:
    friday = datetime(2026, 11, 27, 21, tzinfo=UTC)
    assert week_of(PROFILE).later(friday, 2) == datetime(2026, 12, 1, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "guess", "start", "text"),
    [
        (
            "Europe/Berlin",
            False,
            datetime(2026, 11, 24, 9, tzinfo=UTC),
            "Tuesday, 24 November, 10:00–10:30 (CET, UTC+1)",
        ),
        ("Europe/Berlin", False, datetime(2026, 7, 7, 8, tzinfo=UTC), "Tuesday, 7 July, 10:00–10:30 (CEST, UTC+2)"),
        (
            "Asia/Kolkata",
            False,
            datetime(2026, 11, 24, 9, tzinfo=UTC),
            "Tuesday, 24 November, 14:30–15:00 (IST, UTC+5:30)",
        ),
        (
            "America/Sao_Paulo",
            False,
            datetime(2026, 11, 24, 13, tzinfo=UTC),
            "Tuesday, 24 November, 10:00–10:30 (UTC-3)",
        ),
        (
            "America/New_York",
            True,
            datetime(2026, 11, 24, 15, tzinfo=UTC),
            "Tuesday, 24 November, 10:00–10:30 New York time (EST, UTC-5), 16:00–16:30 Berlin time (CET, UTC+1)",
        ),
        (
            "Australia/Sydney",
            True,
            datetime(2026, 11, 24, 15, tzinfo=UTC),
            "Wednesday, 25 November, 02:00–02:30 Sydney time (AEDT, UTC+11), Tuesday 16:00–16:30 Berlin "
            "time (CET, UTC+1)",
        ),
        (
            "Europe/Madrid",
            True,
            datetime(2026, 11, 24, 9, tzinfo=UTC),
            "Tuesday, 24 November, 10:00–10:30 (Madrid and Berlin time, UTC+1)",
        ),
        (
            "Europe/Berlin",
            True,
            datetime(2026, 11, 24, 9, tzinfo=UTC),
            "Tuesday, 24 November, 10:00–10:30 (CET, UTC+1)",
        ),
    ],
)
def test_times_are_printed_with_the_offset_that_holds_then(zone: str, guess: bool, start: datetime, text: str) -> None:  # noqa: FBT001
    slot = Slot(start, start + timedelta(minutes=30))
    assert slot_lines.line(slot, Slots((slot,), zone, guess, "Europe/Berlin")) == text


def chosen(text: str, company: Company | None = None, patterns: Patterns | None = None) -> list[str]:
    enquiry = Desk().enquiry(lead(text))
    return [assets.title(found) for found in assets.choose(FILES, enquiry, company, patterns or Patterns(), ("Acme",))]


def test_documents_match_what_was_asked_and_its_order() -> None:
    assert chosen("What does it cost?") == ["Price list 2026"]
    assert chosen("Is it secure? And does it integrate with SAP?") == ["Integration guide", "Security whitepaper"]


def test_nothing_is_offered_when_nothing_fits() -> None:
    assert chosen("I can't log in, there is an error message.") == []


def test_an_industry_brings_its_own_document() -> None:
    assert "Logistics brochure" in chosen(
        "What does it cost?", Company(name="x", industry="LOGISTICS_AND_SUPPLY_CHAIN")
    )


def test_internal_papers_and_other_clients_cases_are_never_offered() -> None:
    assert not any("Acme" in title or "Internal" in title for title in chosen("pricing, integration, security?"))


def test_what_worked_before_comes_first_but_only_if_it_fits() -> None:
    assert chosen("API and price?", patterns=Patterns(asset_id="price-list-2026.pdf"))[0] == "Price list 2026"
    assert "Security whitepaper" not in chosen("Price?", patterns=Patterns(asset_id="security-whitepaper_v3.pdf"))


def test_at_most_three_and_no_title_twice() -> None:
    copies = [file("Price list.pdf", key=str(number)) for number in range(3)]
    many = [file(f"Pricing guide {letter}.pdf") for letter in "abcde"]
    found = assets.choose([*copies, *many], Desk().enquiry(lead("price?")), None, Patterns())
    assert len(found) == 3
    assert len({assets.title(one) for one in found}) == 3


def test_who_asks_for_nothing_in_particular_gets_an_introduction_and_no_price_list() -> None:
    shelf = [file("Pricing overview.pdf", "A first look at prices"), file("Product one-pager.pdf")]
    for said in ("", "Please send me some information."):
        enquiry = Desk().enquiry(lead(said))
        assert [assets.title(one) for one in assets.choose(shelf, enquiry, None, Patterns())] == ["Product one-pager"]


def test_a_title_is_said_without_extension_underscores_and_version() -> None:
    assert assets.title(file("Security_whitepaper_v3.pdf")) == "Security whitepaper"
    assert assets.title(file("Overview (2).pptx")) == "Overview"


def test_no_thread_is_no_state() -> None:
    assert state_of(None, "a@b.dk") == ThreadState()
    assert (
        state_of(Thread("t", (message("x", prospect="eve@other.example"),)), "clara.jensen@fjordline.dk")
        == ThreadState()
    )


def test_the_last_word_and_the_chain_come_from_this_prospects_messages() -> None:
    thread = Thread(
        "t",
        (message("b", day=12), message("a", outgoing=True, day=9), message("z", day=14, prospect="eve@other.example")),
    )
    state = state_of(thread, "Clara.Jensen@fjordline.dk")
    assert state.last_word == "them"
    assert state.reply_to == "<m12@mail.example>"
    assert state.references == ("<m1@mail.example>", "<m12@mail.example>")
    assert [part.id for part in state.messages] == ["m9", "m12"]


def test_an_automatic_reply_has_the_last_word_but_is_not_answered() -> None:
    state = state_of(
        Thread("t", (message("a", outgoing=True, day=9), message("away", auto=True))), "clara.jensen@fjordline.dk"
    )
    assert (state.last_word, state.reply_to, state.subject) == ("auto", "<m9@mail.example>", "Re: Your fleet planning")


@pytest.mark.parametrize(
    ("text", "last_word", "action"),
    [
        ("What does it cost?", "", Action.PICK_A_TIME),
        ("", "", Action.PICK_A_TIME),
        ("What does it cost?", "us", Action.PICK_A_TIME),
        ("", "them", Action.CONTINUE_THREAD),
        ("It stopped working and shows an error message", "us", Action.DESCRIBE_PROBLEM),
    ],
)
def test_a_plan_asks_for_one_thing(text: str, last_word: str, action: Action) -> None:
    enquiry = Desk().enquiry(lead(text))
    thread = ThreadState(thread_id="t", last_word=last_word)
    free = slots.propose(search(), ())
    found = planning.plan(enquiry, thread, Patterns(), (), free)
    assert found.action is action
    assert bool(found.slots) == (action is Action.PICK_A_TIME)
