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
    asked: list[str] = []
    operator.page.on("request", lambda request: asked.append(request.url))
    operator.presses("a")
    expect(operator.page.locator(".sa-toast", has_text="not saved. Save it")).to_be_visible()
    assert not [address for address in asked if "/approve/" in address]
    assert status_of(draft) == "ready"
    operator.opens(PAGE)
    operator.presses("e")
    expect(operator.page.get_by_label("Text", exact=True)).to_have_value(f"Half a thought{draft.body}")
    operator.presses("Escape")
    operator.presses("x")
    expect(operator.page.get_by_text("You have text here that is not saved.")).to_be_hidden()
    operator.presses("a")
    until(lambda: status_of(draft) == "approved")


def test_text_that_was_kept_does_not_go_over_what_a_colleague_saved_meanwhile(
    operator: Operator, anna: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    (draft,) = wait(1)
    operator.opens(PAGE)
    operator.presses("e")
    text = operator.page.get_by_label("Text", exact=True)
    text.press_sequentially("Mine. ")
    operator.presses("Escape")
    anna.opens(PAGE)
    anna.presses("e")
    anna.page.get_by_label("Text", exact=True).press_sequentially("Hers. ")
    anna.presses("Control+Enter")
    until(lambda: DraftRevision.objects.count() == 2)
    operator.opens(PAGE)
    operator.presses("e")
    expect(operator.page.get_by_role("alert").filter(has_text="changed since you began")).to_be_visible()
    expect(text).to_have_value(f"Mine. {draft.body}")
    operator.watch.expect("409")
    operator.presses("Control+Enter")
    expect(operator.page.get_by_role("alert").filter(has_text="Anna edited it")).to_be_visible()
    operator.clicks(operator.button("Show how it stands now"))
    expect(operator.page.get_by_role("alert")).to_be_hidden()
    operator.presses("e")
    operator.presses("Control+Enter")
    expect(operator.page.get_by_role("alert").filter(has_text="Anna edited it")).to_be_visible()
    assert Draft.objects.get(pk=draft.pk).body.startswith("Hers. ")
    operator.clicks(operator.button("Go on with mine"))
    operator.presses("Control+Enter")
    until(lambda: Draft.objects.get(pk=draft.pk).body.startswith("Mine. "))


def test_text_that_is_not_saved_is_one_persons_for_a_day_until_they_log_out(
    operator: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    wait(1)
    kept = "Object.entries(localStorage).filter(([name]) => name.startsWith('sa-unsaved-'))"
    operator.opens(PAGE)
    operator.presses("e")
    operator.page.get_by_label("Text", exact=True).press_sequentially("Half")
    ((name, _),) = operator.page.evaluate(kept)
    assert name.startswith(f"sa-unsaved-{User.objects.get(username='olga').pk}-")
    operator.page.evaluate(
        """name => {
            localStorage.setItem("sa-unsaved-0-1", JSON.stringify({words: "x", at: Date.now() - 86_500_000}));
            localStorage.setItem("sa-unsaved-0-2", "not JSON");
        }""",
        name,
    )
    operator.opens(PAGE)
    assert [name for name, _ in operator.page.evaluate(kept)] == [name]
    operator.watch.expect("favicon")
    operator.clicks(operator.button("Log out"))
    expect(operator.page.get_by_text("successfully logged out")).to_be_visible()
    assert operator.page.evaluate(kept) == []


def test_a_time_that_is_ticked_off_leaves_the_text(operator: Operator, wait: Callable[[int], list[Draft]]) -> None:
    (draft,) = wait(1)
    operator.opens(PAGE)
    operator.presses("e")
    box = operator.page.locator("input[name=time]").first
    line = box.get_attribute("data-line") or "?"
    text = operator.page.get_by_label("Text", exact=True)
    assert line in text.input_value()
    box.uncheck()
    assert line not in text.input_value()
    expect(operator.page.locator("#review-checks")).to_contain_text("{0} of {0} hold".format(len(draft.checks)))
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
    operator.page.locator("#review-keys [data-keys-off]").check()
    operator.presses("Escape")
    asked: list[str] = []
    operator.page.on("request", lambda request: asked.append(request.url))
    operator.presses("a")
    operator.page.wait_for_timeout(300)
    assert not [address for address in asked if "/approve/" in address]
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


def test_slow_answers_neither_bring_back_a_draft_nor_swallow_a_key(
    operator: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    first, second = wait(2)
    drive_to_the_end(take_in(submission(7, "Ana", "Costa", "Porto Prints"), default_workspace()))
    third = Draft.objects.latest("pk")
    page = operator.page
    operator.opens(PAGE)
    expect(page.locator("a[data-draft]")).to_have_count(3)
    # The page has fetched the second ahead; here it must ask again, and is answered late.
    slow: list[Any] = []
    page.route(f"**/review/{second.pk}/panes/", lambda route: slow.append(route))  # noqa: PLW0108  it takes no builtin
    operator.opens(f"{PAGE}{first.pk}/")
    operator.presses("j")
    operator.presses("a")
    operator.presses("j")
    shows(page, "Ana Costa")
    expect(page).to_have_url(f"{operator.origin}{PAGE}{third.pk}/")
    for route in slow:
        route.continue_()
    page.wait_for_timeout(300)
    shows(page, "Ana Costa")
    assert {status_of(draft) for draft in (first, second, third)} == {"ready"}
    operator.presses("a")
    until(lambda: status_of(third) == "approved")
    assert (status_of(first), status_of(second)) == ("ready", "ready")


def test_a_queue_that_was_drawn_before_a_verdict_does_not_bring_the_draft_back(
    operator: Operator, wait: Callable[[int], list[Draft]]
) -> None:
    wait(2)
    operator.opens(PAGE)
    queue = "document.querySelector('#review [data-live]')"
    before = operator.page.evaluate(f"{queue}.innerHTML")
    operator.presses("a")
    shows(operator.page, "Jonas Lindqvist")
    operator.page.evaluate(f"html => {{ {queue}.innerHTML = html }}", before)
    expect(operator.page.locator("a[data-draft]")).to_have_count(1)
    operator.presses("a")
    expect(operator.page.get_by_text("All drafts are reviewed", exact=True)).to_be_visible()


def test_an_edit_is_undone_by_key(operator: Operator, wait: Callable[[int], list[Draft]]) -> None:
    (draft,) = wait(1)
    operator.opens(PAGE)
    for word in ("One. ", "Two. "):
        operator.presses("e")
        operator.page.get_by_label("Text", exact=True).press_sequentially(word)
        operator.presses("Control+Enter")
        until(lambda word=word: Draft.objects.get(pk=draft.pk).body.startswith(word))
        expect(operator.page.locator("#as-letter")).to_be_visible()
        expect(operator.page.locator("#review-draft")).to_have_attribute(
            "data-version", str(Draft.objects.get(pk=draft.pk).version)
        )
    operator.presses("u")
    until(lambda: Draft.objects.get(pk=draft.pk).body == f"One. {draft.body}")
    expect(operator.page.locator("#review-draft")).to_have_attribute("data-revision", "4")
    operator.presses("u")
    until(lambda: Draft.objects.get(pk=draft.pk).body == draft.body)
    assert DraftRevision.objects.count() == 5


def test_what_fails_is_in_sight_while_a_draft_is_edited_on_a_phone(
    opened: Callable[..., Operator], boss: User, wait: Callable[[int], list[Draft]]
) -> None:
    (draft,) = wait(1)
    phone = opened(session_of(boss), width=390)
    phone.opens(PAGE)
    phone.button("Edit").tap()
    phone.page.get_by_label("Text", exact=True).press_sequentially("It costs $9,999 for a jar. ")
    strip = phone.page.locator("#review-fails")
    expect(strip).to_be_visible()
    expect(strip).to_contain_text("fail")
    assert (axe(phone.page), overflow(phone.page)) == ([], 0)
    strip.get_by_role("button", name="Show").tap()
    expect(phone.page.locator("#review-checks")).to_contain_text("The amount $9,999")
    expect(phone.page.locator("#review-checks")).to_be_in_viewport()
    phone.button("Save").tap()
    expect(phone.page.locator(".sa-toast", has_text="Saved, but it can't be approved:")).to_be_visible()
    until(lambda: Draft.objects.get(pk=draft.pk).version == draft.version + 1)
    expect(phone.page.locator("[data-fails-count]")).to_be_visible()
    phone.watch.expect("422")
    phone.button("Approve").tap()
    expect(phone.page.locator("#review-checks")).to_contain_text("The amount $9,999")
    expect(phone.page.locator("#review-checks")).to_be_in_viewport()
    assert status_of(draft) == "ready"


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
    expect(operator.page.locator("[aria-busy=true]")).to_have_count(0)  # pale while the text is checked
    assert axe(operator.page) == []
    operator.presses("Escape")
    operator.presses("r")
    assert axe(operator.page) == []
