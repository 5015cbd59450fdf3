"""Sending from the operator's side: approved in the browser, then something happens, and they see what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Locator, expect

from leads import offers
from leads.engine import sending
from leads.models import Draft, Sending, Workspace
from tests.browser.conftest import session_of
from tests.browser.operator import Operator, axe
from tests.browser.world import submission
from tests.conftest import default_workspace
from tests.leads.driving import drive_to_the_end, take_in, until
from tests.leads.outgoing import send, sent

PAGE = "/admin/review/"
PEOPLE = [("Mara", "Okafor", "Bright Freight"), ("Jonas", "Lindqvist", "Fjord Tools"), ("Aiko", "Tanaka", "Lumen Labs")]
Happens = Callable[[Any, Operator, Draft], object]


@pytest.fixture
def live(box: Any, transactional_db: None, settings: Any) -> Workspace:
    """Northwind, with every lock open."""
    settings.WORKFLOW_MODE = "SEND"
    return default_workspace(draft_only=False)


@pytest.fixture
def drafted(live: Workspace) -> Callable[[int], list[Draft]]:
    """So many drafts that wait for review."""

    def make(number: int) -> list[Draft]:
        runs = [drive_to_the_end(take_in(submission(n, *who), live)) for n, who in enumerate(PEOPLE[:number])]
        return [Draft.objects.get(run=run) for run in runs]

    return make


def status_of(draft: Draft) -> str:
    return Draft.objects.get(pk=draft.pk).status


def toast(operator: Operator, words: str) -> Locator:
    return operator.page.locator(".sa-toast", has_text=words)


def approves(operator: Operator, draft: Draft) -> None:
    """By key, on the draft's own page."""
    operator.opens(f"{PAGE}{draft.pk}/")
    expect(operator.page.locator("#review-mode")).to_contain_text("after you approve")
    operator.presses("a")
    until(lambda: status_of(draft) == "scheduled")
    expect(toast(operator, "It is sent in")).to_be_visible()


# What happens after the approval, each alone


def edits_in_gmail(box: Any, _operator: Operator, draft: Draft) -> None:
    box.control.by_hand("edit", draft.gmail_draft_id, text="I would rather say it like this.")


def replies(box: Any, _operator: Operator, draft: Draft) -> None:
    box.control.mail(draft.recipient, "One more thing.", thread_id=draft.gmail_thread_id, sender_name="Mara Okafor")


def takes_a_time(box: Any, _operator: Operator, draft: Draft) -> None:
    slot = offers.on_offer([draft.pk])[draft.pk][0]
    box.control.busy("clara@northwind.example", slot.start, slot.end)


def suppresses(_box: Any, operator: Operator, draft: Draft) -> None:
    """In the settings, as an operator would."""
    operator.opens("/admin/settings/default/discretion/")
    operator.fills_in({"Never written to": draft.recipient})
    operator.clicks(operator.button("Save"))
    until(lambda: Workspace.objects.filter(suppressed=[draft.recipient]).exists())
    operator.opens(PAGE)


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (edits_in_gmail, "somebody edited it there"),
        (replies, "Mara Okafor wrote in the thread on"),
        (takes_a_time, "is taken in the calendar by now"),
        (suppresses, "This address is on the suppression list."),
    ],
)
def test_what_happens_after_the_approval_brings_the_draft_back_with_the_reason(
    box: Any, operator: Operator, drafted: Callable[[int], list[Draft]], happens: Happens, told: str
) -> None:
    (draft,) = drafted(1)
    approves(operator, draft)
    happens(box, operator, draft)
    send()
    # Nobody reloads: the draft turns up in the queue, marked, and a word says so.
    line = operator.page.locator(f"a[data-draft='{draft.pk}']")
    expect(line).to_contain_text("came back")
    operator.clicks(line)
    back = operator.page.locator(".sa-callout", has_text="It came back, and was not sent.")
    expect(back).to_contain_text(told)
    expect(operator.page.locator("#review-draft")).to_contain_text("Ready for review")
    assert axe(operator.page) == []
    assert sent(box) == []
    send(2)
    assert sent(box) == []


def test_a_draft_is_counted_down_and_its_sending_shown_without_a_reload(
    box: Any, operator: Operator, drafted: Callable[[int], list[Draft]]
) -> None:
    first, second = drafted(2)
    Workspace.objects.update(undo_seconds=5)
    loads: list[str] = []
    operator.opens(PAGE)
    operator.page.on("request", lambda one: loads.append(one.url) if one.is_navigation_request() else None)
    expect(operator.page.locator("#review-mode")).to_contain_text("Sent 5 s after you approve")
    operator.presses("a")
    expect(operator.page.locator("#review-draft")).to_contain_text("Jonas Lindqvist")
    expect(toast(operator, "Approved: Mara Okafor. It is sent in 5 s.")).to_contain_text(re.compile(r"\b[1-5] s"))
    expect(operator.page.locator(f"a[data-leaving='{first.pk}']")).to_contain_text("Mara Okafor")
    operator.clicks(f"a[data-leaving='{first.pk}']")
    expect(operator.page.locator(".sa-callout", has_text="It goes out in")).to_be_visible()
    until(lambda: sending.due().exists())
    send()
    expect(operator.page.locator(".sa-callout", has_text="Sent to mara@brightfreight.example")).to_be_visible()
    expect(toast(operator, "Sent to Mara Okafor")).to_be_visible()
    expect(operator.page.locator("[data-leaving]")).to_have_count(0)
    assert [mail["recipients"] for mail in sent(box)] == [[first.recipient]]
    assert status_of(second) == "ready"
    assert [one for one in loads if "/letter/" not in one] == []


@pytest.mark.parametrize("how", ["mouse", "key"])
def test_an_approval_is_undone_within_its_window(
    box: Any, operator: Operator, drafted: Callable[[int], list[Draft]], how: str
) -> None:
    first, _second = drafted(2)
    operator.opens(PAGE)
    operator.presses("a")
    expect(operator.page.locator("#review-draft")).to_contain_text("Jonas Lindqvist")
    if how == "key":
        operator.presses("u")
    else:
        operator.clicks(toast(operator, "It is sent in").get_by_role("button", name="Undo"))
    expect(operator.page.locator("#review-draft")).to_contain_text("Mara Okafor")
    assert status_of(first) == "ready"
    assert not Sending.objects.exists()
    send(2)
    assert sent(box) == []
    operator.took(f"undo an approval by {how}", at_most=2)


def test_news_do_not_push_the_countdown_away(
    box: Any, operator: Operator, drafted: Callable[[int], list[Draft]]
) -> None:
    drafted(2)
    operator.opens(PAGE)
    operator.presses("a")
    expect(toast(operator, "It is sent in")).to_be_visible()
    said = "({ toast }) => { for (let n = 0; n < 6; n += 1) toast(`Run ${n} gave up.`); }"
    operator.page.evaluate(f"import('/static/leads/sa.js').then({said})")
    expect(operator.page.locator(".sa-toast")).to_have_count(4)
    expect(toast(operator, "It is sent in").get_by_role("button", name="Undo")).to_be_visible()


def test_who_comes_too_late_to_undo_is_told(
    box: Any, operator: Operator, drafted: Callable[[int], list[Draft]]
) -> None:
    (draft,) = drafted(1)
    approves(operator, draft)
    operator.opens(f"{PAGE}{draft.pk}/")
    expect(operator.page.locator(".sa-callout", has_text="It goes out in")).to_be_visible()
    operator.page.route("**/admin/live/**", lambda route: route.abort())
    operator.page.route("**/here/", lambda route: route.abort())
    send()
    operator.watch.expect("409|ERR_FAILED")
    operator.presses("u")
    expect(operator.page.get_by_role("alert").filter(has_text="The system sent it")).to_be_visible()
    assert len(sent(box)) == 1


def test_a_scheduled_draft_is_taken_back_and_edited(
    box: Any, operator: Operator, drafted: Callable[[int], list[Draft]]
) -> None:
    (draft,) = drafted(1)
    approves(operator, draft)
    operator.opens(f"{PAGE}{draft.pk}/")
    operator.clicks(operator.button("Take back and edit"))
    expect(operator.page.get_by_label("Text", exact=True)).to_be_focused()
    assert status_of(draft) == "ready"
    send()
    assert sent(box) == []


def test_what_was_approved_under_draft_only_is_sent_from_the_outbox_when_it_is_off(
    box: Any, operator: Operator, drafted: Callable[[int], list[Draft]]
) -> None:
    found = drafted(2)
    Workspace.objects.update(draft_only=True)
    operator.opens(PAGE)
    for _ in found:
        expect(operator.page.locator("#review-mode")).to_contain_text("Approving does not send")
        operator.presses("a")
        expect(toast(operator, "stays in Gmail’s drafts: the workspace is DRAFT_ONLY.")).to_be_visible()
    expect(operator.page.get_by_text("All drafts are reviewed", exact=True)).to_be_visible()
    send()
    assert sent(box) == []
    Workspace.objects.update(draft_only=False)
    operator.opens("/admin/outbox/")
    operator.clicks(operator.link("Send all that were approved"))
    expect(operator.page.get_by_role("heading", name="2 drafts will be sent")).to_be_visible()
    operator.clicks(operator.button("Send 2 drafts"))
    expect(operator.page.get_by_text("That is all. 2 scheduled.")).to_be_visible()
    operator.clicks(operator.link("Back to the Outbox"))
    leaving = operator.page.get_by_role("region", name="Going out")
    expect(leaving).to_contain_text("Mara Okafor")
    operator.clicks(leaving.get_by_role("button", name="Undo: Mara Okafor"))
    expect(leaving).not_to_contain_text("Mara Okafor")
    send()
    expect(operator.page.get_by_role("region", name="Sent today")).to_contain_text("Jonas Lindqvist")
    assert [mail["recipients"] for mail in sent(box)] == [[found[1].recipient]]


def test_everything_is_taken_back_at_once(box: Any, operator: Operator, drafted: Callable[[int], list[Draft]]) -> None:
    for _ in drafted(3):
        operator.opens(PAGE)
        operator.presses("a")
        expect(toast(operator, "It is sent in")).to_be_visible()
    operator.opens("/admin/outbox/")
    operator.clicks(operator.button("Take all back"))
    expect(toast(operator, "3 taken back.")).to_be_visible()
    expect(operator.page.get_by_text("Nothing is going out")).to_be_visible()
    assert set(Draft.objects.values_list("status", flat=True)) == {"ready"}


@pytest.mark.parametrize("said", ["It was sent", "It was not sent"])
def test_a_person_settles_what_may_have_been_sent(
    operator: Operator, drafted: Callable[[int], list[Draft]], said: str
) -> None:
    (draft,) = drafted(1)
    approves(operator, draft)
    Sending.objects.update(due_at=None, tried_at=Now() - timedelta(minutes=1))
    Draft.objects.update(status="uncertain")
    operator.opens(f"{PAGE}{draft.pk}/")
    expect(operator.link("Look among sent mail")).to_have_attribute("href", re.compile("in%3Asent"))
    assert axe(operator.page) == []
    operator.clicks(operator.button(said, exact=True))
    shown = "Sent to" if said == "It was sent" else "It came back, and was not sent."
    expect(operator.page.locator(".sa-callout", has_text=shown)).to_be_visible()
    assert status_of(draft) == ("sent" if said == "It was sent" else "ready")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_outbox_with_everything_in_it_fits(
    opened: Callable[..., Operator], boss: Any, drafted: Callable[[int], list[Draft]], width: int
) -> None:
    first, second, third = drafted(3)
    for draft in (first, second):
        Draft.objects.filter(pk=draft.pk).update(status="scheduled")
        Sending.objects.create(
            draft=draft, workspace_id=draft.workspace_id, approved_by=boss, due_at=Now() + timedelta(minutes=1)
        )
    Sending.objects.filter(draft=second).update(waits_for="working hours, from Mon 23 Nov 2026 09:00 CET")
    Draft.objects.filter(pk=third.pk).update(status="uncertain")
    Sending.objects.create(draft=third, workspace_id=third.workspace_id, approved_by=boss, tried_at=Now())
    operator = opened(session_of(boss), width=width)
    operator.finds_fit("/admin/outbox/")
    for draft in (first, second, third):
        operator.finds_fit(f"{PAGE}{draft.pk}/")
