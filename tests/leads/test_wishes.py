"""From when somebody wants to be met, read out of what they wrote."""

from __future__ import annotations

from datetime import date

import pytest

from leads.wishes import begins

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("message", "day"),
    [
        ("Can we talk after 1 December?", "2026-12-02"),
        ("A call from December 7th on would suit us.", "2026-12-07"),
        ("Please call, but not before 2027-01-11.", "2027-01-11"),
        ("I'm out of office until 4 December.", "2026-12-05"),
        ("Could we meet next week?", "2026-11-30"),
        ("A demo the week after next would be great.", "2026-12-07"),
        ("Any time after Thursday works for a call.", "2026-11-27"),
        ("Let's have a demo in January.", "2027-01-01"),
        ("Could we talk next month?", "2026-12-01"),
        ("Can we talk after 3 January?", "2027-01-04"),  # without a year it is the next one
        ("A call after 1 December, or better after 10 December?", "2026-12-11"),
        ("Ein Termin ab dem 7. Dezember wäre gut.", "2026-12-07"),
        ("Nach dem 1.12. habe ich Zeit für ein Gespräch.", "2026-12-02"),
        ("Ich bin bis 4. Dezember im Urlaub.", "2026-12-05"),
        ("Können wir nächste Woche telefonieren?", "2026-11-30"),
    ],
)
def test_a_plain_wish_is_read(message: str, day: str) -> None:
    assert begins(message, MONDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "What does it cost?",
        "We went live in March. What does it cost?",
        "We want to go live in March, can we book a demo?",
        "We can talk until 4 December.",
        "Can we talk after 31 February?",
        "We talked after 1 December 2020.",
        "May I call you?",
        "After 20 years with SAP we need a demo.",
        "I saw you at the fair from 3 to 5 users, a demo please.",
        "Our contract ends after 1 December.",
    ],
)
def test_what_is_no_wish_for_a_date_changes_nothing(message: str) -> None:
    assert begins(message, MONDAY) is None
