"""Where a prospect is: each source with its confidence, the better before the worse, and the odd corners of the map."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leads import slot_lines
from leads.facts import Confidence, Slot, Slots
from leads.zones import Told, place_of

CERTAIN, LIKELY, GUESS = Confidence


@pytest.mark.parametrize(
    ("told", "zone", "confidence", "source"),
    [
        (Told(timezone="Asia/Tokyo", browser="Europe/Berlin", country="US"), "Asia/Tokyo", CERTAIN, "form"),
        (Told(browser="Europe/Berlin", crm="Europe/London", country="US"), "Europe/Berlin", LIKELY, "browser"),
        (Told(crm="us_slash_pacific", country="DE"), "US/Pacific", LIKELY, "HubSpot"),
        (Told(country="Germany", phone="+1 212 555 0000"), "Europe/Berlin", LIKELY, "the country"),
        (Told(country="US", state="California"), "America/Los_Angeles", LIKELY, "state"),
        (Told(country="USA", state="ny"), "America/New_York", LIKELY, "state"),
        (Told(country="US", state="Texas"), "America/Chicago", GUESS, "state"),
        (Told(country="CA", state="British Columbia"), "America/Vancouver", GUESS, "state"),
        (Told(country="Canada", state="Québec"), "America/Toronto", GUESS, "state"),
        (Told(country="Australia", state="QLD"), "Australia/Brisbane", LIKELY, "state"),
        (Told(country="AU", state="Lord Howe Island"), "Australia/Lord_Howe", LIKELY, "state"),
        (Told(country="US", state="Bavaria"), "America/New_York", GUESS, "several"),
        (Told(country="US", phone="(415) 555-2671"), "America/Los_Angeles", GUESS, "prefix"),
        (Told(country="US", phone="+49 30 1234567"), "America/New_York", GUESS, "several"),
        (Told(phone="+1 604 555 0000"), "America/Vancouver", GUESS, "prefix"),
        (Told(phone="+1 800 555 0000"), "America/New_York", GUESS, "prefix"),
        (Told(phone="+977 1 4220000"), "Asia/Kathmandu", GUESS, "prefix"),
        (Told(phone="+7 727 250 0000"), "Asia/Almaty", GUESS, "prefix"),
        (Told(phone="+685 22222"), "Pacific/Apia", GUESS, "prefix"),
        (Told(phone="+800 1234 5678"), "Europe/Paris", GUESS, "workspace"),
        (Told(phone="+49 30 1234567", company_country="US"), "Europe/Berlin", GUESS, "prefix"),
        (Told(company_country="Japan"), "Asia/Tokyo", GUESS, "company"),
        (Told(country="Samoa"), "Pacific/Apia", LIKELY, "the country"),
        (Told(country="American Samoa"), "Pacific/Pago_Pago", LIKELY, "the country"),
        (Told(country="Nepal"), "Asia/Kathmandu", LIKELY, "the country"),
        (Told(phone="call me", country="Atlantis", state="x", timezone="EST"), "Europe/Paris", GUESS, "workspace"),
    ],
)
def test_a_prospect_is_where_the_best_source_says(told: Told, zone: str, confidence: Confidence, source: str) -> None:
    place = place_of(told, "Europe/Paris")
    assert (place.zone, place.confidence) == (zone, confidence)
    assert source in place.source


@pytest.mark.parametrize(
    ("zone", "at", "text"),
    [
        # British Columbia keeps its summer time from November 2026 on.
        ("America/Vancouver", datetime(2026, 12, 1, 17, tzinfo=UTC), "Tuesday, 1 December, 10:00–10:30 (UTC-7)"),
        ("America/Vancouver", datetime(2026, 3, 2, 18, tzinfo=UTC), "Monday, 2 March, 10:00–10:30 (PST, UTC-8)"),
        ("Asia/Kathmandu", datetime(2026, 12, 1, 8, 15, tzinfo=UTC), "Tuesday, 1 December, 14:00–14:30 (UTC+5:45)"),
        # Summer time is half an hour there.
        ("Australia/Lord_Howe", datetime(2026, 12, 1, 1, tzinfo=UTC), "Tuesday, 1 December, 12:00–12:30 (UTC+11)"),
        ("Australia/Lord_Howe", datetime(2026, 7, 1, 1, 30, tzinfo=UTC), "Wednesday, 1 July, 12:00–12:30 (UTC+10:30)"),
        # A day ahead of its neighbour.
        ("Pacific/Apia", datetime(2026, 12, 1, 20, tzinfo=UTC), "Wednesday, 2 December, 09:00–09:30 (UTC+13)"),
        ("Pacific/Pago_Pago", datetime(2026, 12, 1, 20, tzinfo=UTC), "Tuesday, 1 December, 09:00–09:30 (SST, UTC-11)"),
    ],
)
def test_offsets_are_those_of_that_day_in_the_odd_corners(zone: str, at: datetime, text: str) -> None:
    slot = Slot(at, at + timedelta(minutes=30))
    printed = slot_lines.line(slot, Slots((slot,), zone, zone_is_guess=False, our_zone="Europe/Berlin"))
    assert printed.replace("MST, ", "").replace("PDT, ", "") == text


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati"])
def test_both_clocks_are_printed_for_a_guess(zone: str) -> None:
    at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    slot = Slot(at, at + timedelta(minutes=30))
    printed = slot_lines.line(slot, Slots((slot,), zone, zone_is_guess=True, our_zone="Europe/Berlin"))
    assert f"{slot_lines.city(zone)} time" in printed
    assert "Berlin time (CET, UTC+1)" in printed
