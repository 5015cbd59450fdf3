"""Reviewing drafts: by keyboard, by finger, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, expect

from leads.models import Draft
from tests.browser.conftest import session_of
from tests.browser.operator import Operator
from tests.browser.world import submission
from tests.conftest import default_workspace
from tests.leads.driving import drive_to_the_end, take_in

PEOPLE = [
    ("Mara", "Okafor", "Bright Freight"),
    ("Jonas", "Lindqvist", "Fjord Tools"),
    ("Aiko", "Tanaka", "Lumen Labs"),
    ("Priya", "Raman", "Harbor Health"),
    ("Luis", "Ortega", "Casa Verde"),
]


@pytest.fixture
def drafted(transactional_db: None, box: Any) -> Callable[[int], None]:
    """So many drafts, of different people."""

    def make(number: int) -> None:
        workspace = default_workspace()
        for at, who in enumerate(PEOPLE[:number]):
            drive_to_the_end(take_in(submission(at, *who), workspace))

    return make


def subject(operator: Operator) -> Locator:
    return operator.page.locator("#review-subject")


def statuses() -> list[str]:
    return sorted(Draft.objects.values_list("status", flat=True))


def test_reviewing_five_drafts_by_keyboard(drafted: Callable[[int], None], operator: Operator) -> None:
    drafted(5)
    operator.opens("/admin/")
    operator.presses("g")
    operator.presses("d")
    letters = operator.page.locator("#review-draft")
    expect(letters).to_be_visible()
    operator.page.evaluate("window.isTheSamePage = true")
    for keys in ("a", "r1", "a", "a", "r2"):
        shown = letters.get_attribute("data-id")
        for key in keys:
            operator.presses(key)
        expect(operator.page.locator(f"#review-draft[data-id='{shown}']")).to_have_count(0)
    expect(operator.page.get_by_role("main")).to_contain_text("reviewed")
    assert operator.page.evaluate("window.isTheSamePage")
    assert statuses() == ["approved", "approved", "approved", "rejected", "rejected"]
    operator.took("review five drafts by keyboard", at_most=10)


def test_a_verdict_is_taken_back_by_a_key(drafted: Callable[[int], None], operator: Operator) -> None:
    drafted(2)
    operator.opens("/admin/review/")
    expect(subject(operator)).to_be_visible()
    first = operator.page.locator("#review-draft").get_attribute("data-id")
    operator.presses("a")
    expect(operator.page.locator(f"#review-draft[data-id='{first}']")).to_have_count(0)
    operator.presses("u")
    expect(operator.page.locator(f"#review-draft[data-id='{first}']")).to_be_visible()
    assert statuses() == ["ready", "ready"]


def test_an_edit_is_checked_as_it_is_typed_and_saved_by_keyboard(
    drafted: Callable[[int], None], operator: Operator
) -> None:
    drafted(1)
    operator.opens("/admin/review/")
    expect(subject(operator)).to_be_visible()
    operator.presses("e")
    text = operator.page.get_by_role("textbox", name="Text", exact=True)
    text.fill(text.input_value() + "\nWe are the cheapest: 1 euro for all.")
    expect(operator.page.locator("#review-evidence")).to_contain_text("Can't be approved")
    text.press("Control+Enter")
    expect(text).to_be_hidden()
    assert "1 euro" in Draft.objects.get().body


def test_a_draft_is_approved_by_finger_on_a_phone(
    drafted: Callable[[int], None], opened: Callable[..., Operator], boss: User
) -> None:
    drafted(1)
    phone = opened(session_of(boss), width=390)
    phone.opens("/admin/review/")
    expect(subject(phone)).to_be_visible()
    phone.button("Approve").tap()
    expect(phone.page.get_by_role("main")).to_contain_text("reviewed")
    assert statuses() == ["approved"]


def test_two_reviewers_see_each_other_and_never_overwrite_one_another(
    drafted: Callable[[int], None], opened: Callable[..., Operator], boss: User
) -> None:
    drafted(1)
    anna = opened(session_of(User.objects.create_superuser("anna", first_name="Anna", password="pw")))
    olga = opened(session_of(boss))
    olga.watch.expect("409")
    for reviewer in (anna, olga):
        reviewer.opens("/admin/review/")
        expect(subject(reviewer)).to_be_visible()
    expect(olga.page.get_by_role("main")).to_contain_text("has this open")
    anna.presses("a")
    expect(anna.page.get_by_role("main")).to_contain_text("reviewed")
    olga.presses("r")
    olga.presses("1")
    expect(olga.page.get_by_role("main")).to_contain_text("approved")
    assert statuses() == ["approved"]
