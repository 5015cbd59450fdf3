"""The parts of the review: its addresses, edits, what is kept, who else is there, evidence, the phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from leads.models import Draft, DraftRevision, DraftViewer
from tests.browser.conftest import session_of
from tests.browser.operator import Operator, axe, overflow
from tests.browser.world import submission
from tests.conftest import default_workspace
from tests.leads.driving import drive_to_the_end, take_in, until

PAGE = "/admin/review/"
PEOPLE = [
    ("Mara", "Okafor", "Bright Freight"),
    ("Jonas", "Lindqvist", "Fjord Tools"),
]
TOUCHABLE = 44  # pixels


@pytest.fixture
def wait(box: Any, transactional_db: None) -> Callable[[int], list[Draft]]:
    """Let so many drafts wait for review."""

    def make(number: int) -> list[Draft]:
        workspace = default_workspace()
        runs = [drive_to_the_end(take_in(submission(n, *who), workspace)) for n, who in enumerate(PEOPLE[:number])]
        return [Draft.objects.get(run=run) for run in runs]

    return make


@pytest.fixture
def anna(opened: Callable[..., Operator], transactional_db: None) -> Operator:
    """A second reviewer, at a desk of her own."""
    return opened(session_of(User.objects.create_superuser("anna", password="pw", first_name="Anna")))


def status_of(draft: Draft) -> str:
    return Draft.objects.get(pk=draft.pk).status


def shows(page: Page, name: str) -> None:
    expect(page.locator("#review-draft")).to_contain_text(name)


def test_j_and_k_go_through_the_queue_and_leave_an_address_to_share(
    operator: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    first, second = wait(2)
    operator.opens(PAGE)
    operator.presses("j")
    shows(operator.page, "Jonas Lindqvist")
    expect(operator.page).to_have_url(f"{operator.origin}{PAGE}{second.pk}/")
    expect(operator.page.locator("#review-subject")).to_be_focused()
    operator.presses("k")
    shows(operator.page, "Mara Okafor")
    expect(operator.page).to_have_url(f"{operator.origin}{PAGE}{first.pk}/")
    operator.page.go_back()
    shows(operator.page, "Jonas Lindqvist")
    operator.presses("?")
    expect(operator.page.get_by_role("dialog", name="Keys of the review")).to_be_visible()


def test_an_edit_is_checked_while_it_is_typed_and_saved_by_key(
    operator: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    (draft,) = wait(1)
    operator.opens(PAGE)
    operator.presses("e")
    text = operator.page.get_by_label("Text", exact=True)
    expect(text).to_be_focused()
    text.press_sequentially("It costs $9,999 for a jar. ")
    checks = operator.page.locator("#review-checks")
    expect(checks).to_contain_text("The amount $9,999")
    assert Draft.objects.get(pk=draft.pk).version == draft.version
    text.fill(draft.body.replace("Best regards,", "Talk soon,\n\nBest regards,"))
    expect(checks).not_to_contain_text("The amount")
    operator.presses("Control+Enter")
    expect(operator.page.get_by_role("tab", name="Changes")).to_be_visible()
    expect(operator.page.locator("#review-draft")).to_contain_text("On its way")
    assert "Talk soon," in Draft.objects.get(pk=draft.pk).body
    assert DraftRevision.objects.count() == 2


def test_text_that_is_not_saved_is_kept(operator: Operator, wait: Callable[[int], list[Draft]]) -> None:
    (draft,) = wait(1)
    operator.opens(PAGE)
    operator.presses("e")
    operator.page.get_by_label("Text", exact=True).press_sequentially("Half a thought")
    operator.presses("Escape")
    expect(operator.page.get_by_text("You have text here that is not saved.")).to_be_visible()
    operator.presses("a")
    expect(operator.page.locator(".sa-toast", has_text="not saved. Save it")).to_be_visible()
    assert status_of(draft) == "ready"
    operator.opens(PAGE)
    operator.presses("e")
    expect(operator.page.get_by_label("Text", exact=True)).to_have_value(f"Half a thought{draft.body}")
    operator.presses("Escape")
    operator.clicks(operator.button("Throw it away"))
    operator.presses("a")
    until(lambda: status_of(draft) == "approved")


def test_a_time_that_is_ticked_off_leaves_the_text(operator: Operator, wait: Callable[[int], list[Draft]]) -> None:
    wait(1)
    operator.opens(PAGE)
    operator.presses("e")
    box = operator.page.locator("input[name=time]").first
    line = box.get_attribute("data-line") or "?"
    text = operator.page.get_by_label("Text", exact=True)
    assert line in text.input_value()
    box.uncheck()
    assert line not in text.input_value()
    expect(operator.page.locator("#review-checks")).to_contain_text("28 of 28 hold")
    box.check()
    assert line in text.input_value()


def test_keys_do_nothing_while_somebody_types_or_has_switched_them_off(
    operator: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    (draft,) = wait(1)
    operator.opens(PAGE)
    operator.presses("e")
    operator.page.get_by_label("Subject", exact=True).press_sequentially("arjku")
    operator.presses("Escape")
    operator.clicks(operator.button("Throw it away"))
    operator.presses("?")
    operator.page.locator("#review-keys-off").check()
    operator.presses("Escape")
    operator.presses("a")
    operator.page.wait_for_timeout(300)
    assert status_of(draft) == "ready"
    operator.clicks(operator.button("Approve"))
    until(lambda: status_of(draft) == "approved")


def test_the_second_of_two_reviewers_sees_the_first_and_overwrites_nothing(
    operator: Operator, anna: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    (draft,) = wait(1)
    anna.opens(PAGE)
    until(lambda: DraftViewer.objects.filter(user__username="anna").exists())
    operator.opens(PAGE)
    expect(operator.page.locator("#review-draft").get_by_text("Anna has this open.")).to_be_visible()
    operator.presses("e")
    text = operator.page.get_by_label("Text", exact=True)
    text.press_sequentially("Mine. ")
    anna.presses("a")
    until(lambda: status_of(draft) == "approved")
    operator.watch.expect("409")
    operator.presses("Control+Enter")
    conflict = operator.page.get_by_role("alert").filter(has_text="Anna approved it")
    expect(conflict).to_be_visible()
    expect(text).to_have_value(f"Mine. {draft.body}")
    operator.clicks(operator.button("Show how it stands now"))
    expect(operator.page.locator("#review-draft")).to_contain_text("Approved by Anna")
    assert not DraftRevision.objects.exists()


def test_a_new_draft_comes_into_the_queue_by_itself(operator: Operator, wait: Callable[[int], list[Draft]]) -> None:
    wait(1)
    operator.opens(PAGE)
    expect(operator.page.locator("a[data-draft]")).to_have_count(1)
    drive_to_the_end(take_in(submission(7, "Ana", "Costa", "Porto Prints"), default_workspace()))
    expect(operator.page.locator("a[data-draft]")).to_have_count(2)
    operator.presses("j")
    shows(operator.page, "Ana Costa")


def test_a_sentence_that_is_touched_lights_its_evidence(operator: Operator, wait: Callable[[int], list[Draft]]) -> None:
    wait(1)
    operator.opens(PAGE)
    letter = operator.page.frame_locator(".sa-review__letter")
    letter.get_by_text("Plans start at 49 euros").hover()
    lit = operator.page.locator(".sa-review__source--lit")
    expect(lit).to_have_count(1)
    expect(lit).to_contain_text("On pricing")
    operator.page.locator("[data-lights]").last.focus()
    expect(letter.locator(".lit")).not_to_have_count(0)


def test_drafts_are_reviewed_by_finger_on_a_phone(
    opened: Callable[..., Operator], boss: User, wait: Callable[[int], list[Draft]]
) -> None:
    first, second = wait(2)
    phone = opened(session_of(boss), width=390)
    phone.opens(PAGE)
    shows(phone.page, "Mara Okafor")
    small = phone.page.evaluate(
        """least => [...document.querySelectorAll('#review-actions button, .sa-review__tabs button')]
            .filter(one => one.checkVisibility()).map(one => [one.innerText, one.getBoundingClientRect().height])
            .filter(([, height]) => height < least)""",
        TOUCHABLE,
    )
    assert small == []
    for part, words in (("Evidence", "What they wrote"), ("Queue", "Awaiting review")):
        phone.page.get_by_role("navigation", name="Parts of the review").get_by_role("button", name=part).tap()
        expect(phone.page.get_by_role("heading", name=words)).to_be_visible()
        assert (axe(phone.page), overflow(phone.page)) == ([], 0)
    phone.page.get_by_text("Jonas Lindqvist").first.tap()
    shows(phone.page, "Jonas Lindqvist")
    phone.button("Approve").tap()
    shows(phone.page, "Mara Okafor")
    phone.button("Reject").tap()
    phone.button("Wrong tone").tap()
    until(lambda: (status_of(first), status_of(second)) == ("rejected", "approved"))


def test_the_review_is_accessible_while_it_is_edited_and_rejected(
    operator: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    wait(1)
    operator.opens(PAGE)
    operator.presses("e")
    assert axe(operator.page) == []
    operator.presses("Escape")
    operator.presses("r")
    assert axe(operator.page) == []
