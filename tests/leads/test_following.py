"""What people do to drafts in Gmail itself is taken over, whatever happens in between, and never overwritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now

from leads import connections
from leads.engine import mailbox
from leads.following import follower
from leads.models import (
    ApiCall,
    Draft,
    DraftRevision,
    Event,
    HeldTime,
    MailboxUpdate,
    MailboxWatch,
    Response,
    Sending,
    Workspace,
)
from tests.leads import outgoing
from tests.leads.driving import calls
from tests.leads.following import Make, approve, compare, drafted, edit_here, look, now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def following_is_on(settings: Any, hasty: None) -> None:
    settings.FOLLOW_SECONDS = 15.0


@pytest.fixture
def draft(box: Any, lead: Make, sending: Workspace) -> Draft:
    return drafted(lead(), sending)


def by_hand(box: Any, act: str, draft: Draft, **more: Any) -> dict[str, str]:
    did: dict[str, str] = box.control.by_hand(act, draft.gmail_draft_id, **more)
    return did


def words(text: str) -> str:
    return " ".join(text.split())


def in_other_words(draft: Draft) -> str:
    """A hand edit that every check lets pass."""
    return draft.body.replace(".", ". Thanks!", 1)


def bring() -> None:
    MailboxUpdate.objects.update(due_at=Now())
    for held in mailbox.claim(5):
        mailbox.bring(held)


def test_a_quiet_mailbox_costs_one_call_and_no_row(box: Any, draft: Draft) -> None:
    before, rows = calls(box), ApiCall.objects.count()
    look()
    assert calls(box) - before == {"gmail.history.list": 1}
    assert ApiCall.objects.count() == rows


def test_the_calls_of_a_look_that_failed_or_found_something_are_kept(box: Any, draft: Draft) -> None:
    listed = ApiCall.objects.filter(step="follow", endpoint="history.list")
    box.control.fault("500:gmail.history.list:x1")
    look()
    assert listed.exclude(error="").count() == listed.count() == 1
    by_hand(box, "delete", draft)
    look()
    assert listed.count() == 2


def test_an_edit_by_hand_becomes_the_newest_revision(box: Any, draft: Draft) -> None:
    text = in_other_words(draft)
    by_hand(box, "edit", draft, text=text, subject=f"{draft.subject} now")
    look()
    after = now(draft)
    writers, hands = DraftRevision.objects.order_by("number")
    assert (writers.body, writers.in_gmail) == (draft.body, False)
    assert (hands.number, hands.by, hands.in_gmail) == (2, None, True)
    assert words(after.body) == words(hands.body) == words(text)
    assert after.subject == f"{draft.subject} now"
    assert (after.status, after.version) == ("ready", draft.version + 1)
    assert after.gmail_message_id not in {"", draft.gmail_message_id}
    assert "edited it in Gmail" in after.returned_because
    assert Event.objects.get(kind="draft_edited_in_gmail").facts == {
        "draft": draft.pk,
        "revision": 2,
        "sound": after.is_sound,
    }
    look(2)
    assert DraftRevision.objects.count() == 2


def test_an_edit_by_hand_is_checked(box: Any, draft: Draft) -> None:
    assert draft.is_sound
    by_hand(box, "edit", draft, text=f"It costs $9,999, guaranteed.\n\n{draft.body}")
    look()
    failed = [one["name"] for one in now(draft).checks if one["hard"] and not one["passed"]]
    assert "prices" in failed
    assert not now(draft).is_sound


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"cc": "boss@brightfreight.example"}, "recipient"),
        ({"to": "somebody@else.example"}, "recipient"),
        ({"files": ["offer.pdf"]}, "attachments"),
        ({"subject": ""}, "can_be_sent"),
    ],
)
def test_what_may_not_be_sent_is_said_and_not_sound(box: Any, draft: Draft, change: dict[str, Any], check: str) -> None:
    by_hand(box, "edit", draft, **change)
    look()
    after = now(draft)
    assert not after.is_sound
    assert check in [one["name"] for one in after.checks if not one["passed"]]
    revisions = DraftRevision.objects.count()
    by_hand(box, "edit", draft, **change)  # Gmail saved it again
    look()
    assert DraftRevision.objects.count() == revisions


def test_times_that_the_hand_left_in_are_on_offer_and_others_are_free_again(box: Any, draft: Draft) -> None:
    held = HeldTime.objects.count()
    assert held
    by_hand(box, "edit", draft, text="Hi Ada,\n\nWhich day suits you?\n\nBest regards,\n")
    look()
    assert DraftRevision.objects.get(number=2).slots == []
    assert not HeldTime.objects.exists()


def test_a_draft_that_gmail_saved_again_is_no_edit(box: Any, draft: Draft, anna: User) -> None:
    approved = approve(draft, anna)
    by_hand(box, "edit", draft)
    look()
    after = now(draft)
    assert (after.status, after.version) == ("scheduled", approved.version)
    assert after.gmail_message_id != draft.gmail_message_id
    assert not DraftRevision.objects.exists()
    outgoing.send()
    assert now(draft).status == "sent"


def test_an_edit_by_hand_voids_the_approval(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    by_hand(box, "edit", draft, text=in_other_words(draft))
    look()
    after = now(draft)
    assert (after.status, after.approved_as) == ("ready", "")
    assert not Sending.objects.exists()
    assert Event.objects.get(kind="draft_returned").facts["cause"] == "edited_in_gmail"
    approve(draft, anna)
    outgoing.send()
    [sent] = outgoing.sent(box)
    assert words(sent["text"]) == words(after.body)


def test_the_hand_wins_over_an_edit_here_that_was_on_its_way(box: Any, draft: Draft, anna: User) -> None:
    edit_here(draft, anna, subject="About your seats and prices")
    text = in_other_words(draft)
    by_hand(box, "edit", draft, text=text)
    bring()
    assert MailboxUpdate.objects.get().state == "edited"
    look()
    after = now(draft)
    assert words(after.body) == words(text)
    assert "kept as revision 2" in after.returned_because
    assert DraftRevision.objects.get(number=2).subject == "About your seats and prices"
    update = MailboxUpdate.objects.get()
    assert (update.state, update.held, update.wanted, update.tried) == ("done", 3, 3, 3)
    edit_here(draft, anna, subject="My own subject")
    bring()
    assert MailboxUpdate.objects.get().state == "done"
    assert box.control.created("drafts")["drafts"][0]["subject"] == "My own subject"


def test_an_edit_of_ours_on_its_way_is_no_hand(box: Any, draft: Draft, anna: User, monkeypatch: Any) -> None:
    edit_here(draft, anna, subject="About your seats and prices")

    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(mailbox, "arrived", die)
    (held,) = mailbox.claim(5)
    with pytest.raises(SystemExit):
        mailbox.bring(held)
    monkeypatch.undo()
    look()
    assert DraftRevision.objects.count() == 2
    bring()
    assert MailboxUpdate.objects.get().state == "done"


def test_an_edit_here_waits_no_longer_when_gmail_only_saved_the_draft_again(box: Any, draft: Draft, anna: User) -> None:
    edit_here(draft, anna, subject="About your seats and prices")
    by_hand(box, "edit", draft)
    bring()
    assert MailboxUpdate.objects.get().state == "edited"
    look()
    bring()
    assert MailboxUpdate.objects.get().state == "done"
    assert box.control.created("drafts")["drafts"][0]["subject"] == "About your seats and prices"


@pytest.mark.parametrize("act", ["delete", "trash"])
def test_a_draft_that_was_thrown_away_is_deleted_by_hand(box: Any, draft: Draft, anna: User, act: str) -> None:
    approve(draft, anna)
    by_hand(box, act, draft)
    look()
    assert (now(draft).status, now(draft).sent_at) == ("deleted", None)
    assert not Sending.objects.exists()
    assert not HeldTime.objects.exists()
    assert Event.objects.filter(kind="draft_deleted_by_hand").count() == 1


def test_a_draft_in_the_bin_is_not_sent_by_us(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    by_hand(box, "trash", draft)
    outgoing.send()
    assert now(draft).status == "deleted"
    assert outgoing.sent(box) == []


def test_a_draft_that_was_sent_by_hand_is_settled(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    sent = by_hand(box, "send", draft)
    look()
    after = now(draft)
    assert (after.status, after.gmail_message_id) == ("by_hand", sent["id"])
    assert after.sent_at is not None
    assert not Sending.objects.exists()
    assert not DraftRevision.objects.exists()
    outgoing.send()
    assert len(outgoing.sent(box)) == 1


def test_what_was_edited_before_it_was_sent_by_hand_is_kept(box: Any, draft: Draft) -> None:
    text = in_other_words(draft)
    by_hand(box, "edit", draft, text=text)
    by_hand(box, "send", draft)
    look()
    after = now(draft)
    assert after.status == "by_hand"
    assert words(after.body) == words(text)
    assert DraftRevision.objects.get(number=2).in_gmail
    look()
    assert DraftRevision.objects.count() == 2


def test_what_our_own_sending_finds_gone_gets_its_text_from_the_mailbox(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    text = in_other_words(draft)
    by_hand(box, "edit", draft, text=text)
    by_hand(box, "send", draft)
    outgoing.send()
    assert now(draft).status == "by_hand"
    look()
    assert words(now(draft).body) == words(text)


def test_our_own_sending_is_nobodys_hand(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    outgoing.send()
    look()
    assert now(draft).status == "sent"
    assert not Response.objects.exists()
    assert Event.objects.filter(kind__contains="by_hand").count() == 0


def test_a_look_that_is_killed_is_done_again_and_nothing_is_taken_twice(
    box: Any, draft: Draft, monkeypatch: Any
) -> None:
    by_hand(box, "edit", draft, text=in_other_words(draft))
    box.control.mail(draft.recipient, "One more thing: we are 40 people.", thread_id=draft.gmail_thread_id)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(follower, "settle", die)
    MailboxWatch.objects.update(due_at=Now())
    held = follower.claim()
    assert held is not None
    with pytest.raises(SystemExit):
        follower.look(held)
    monkeypatch.undo()
    assert not DraftRevision.objects.exists()
    assert not Response.objects.exists()
    look(2)
    assert DraftRevision.objects.count() == 2
    assert Response.objects.count() == 1


def test_of_two_workers_one_looks(box: Any, draft: Draft) -> None:
    MailboxWatch.objects.update(due_at=Now())
    start = Barrier(2)

    def claim() -> follower.Held | None:
        try:
            start.wait()
            return follower.claim()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        held = [one.result() for one in [threads.submit(claim) for _ in range(2)]]
    assert len([one for one in held if one]) == 1


def test_who_lost_the_lease_takes_nothing_over(box: Any, draft: Draft) -> None:
    MailboxWatch.objects.update(due_at=Now())
    late = follower.claim()
    assert late is not None
    by_hand(box, "edit", draft, text=in_other_words(draft))
    look()
    follower.look(late)
    assert DraftRevision.objects.count() == 2
    assert MailboxWatch.objects.get().failing_since is None


def test_a_history_that_gmail_forgot_is_made_up_for_by_comparing_everything(
    box: Any, draft: Draft, lead: Make, sending: Workspace
) -> None:
    other = drafted(lead(2), sending)
    third = drafted(lead(3), sending)
    by_hand(box, "edit", draft, text=in_other_words(draft))
    by_hand(box, "delete", other)
    box.control.mail(third.recipient, "One more thing.", subject="Something else")
    box.control.forget_history()
    watched = look()
    assert DraftRevision.objects.filter(draft=draft).count() == 2
    assert now(other).status == "deleted"
    assert now(third).replied_at is not None
    assert Event.objects.filter(kind="mailbox_compared").latest("pk").facts == {"differences": 3}
    assert watched.reconcile_at > watched.looked_at
    compare()
    assert Response.objects.count() == 1
    assert Event.objects.filter(kind="mailbox_compared").count() == 1


def test_what_happened_while_the_connection_was_broken_is_found_when_it_is_mended(box: Any, draft: Draft) -> None:
    box.control.fault("401:gmail.history.list")
    watched = look()
    assert (watched.error_kind, watched.lease) == ("ConnectionBroken", None)
    asked = box.control.count("gmail.history.list")
    look()
    assert box.control.count("gmail.history.list") == asked
    by_hand(box, "delete", draft)
    box.control.clear_faults()
    connections.mended(draft.workspace, "google")
    assert follower.is_due()
    watched = look()
    assert now(draft).status == "deleted"
    assert (watched.error_kind, watched.failing_since) == ("", None)
    kinds = Event.objects.filter(kind__startswith="mailbox_follow").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["mailbox_follow_failed", "mailbox_follow_mended"]


@pytest.mark.parametrize("fault", ["500", "429", "bad-json", "drop-before"])
def test_a_failed_look_is_made_again(box: Any, draft: Draft, fault: str) -> None:
    by_hand(box, "delete", draft)
    box.control.fault(f"{fault}:gmail.history.list:x1")
    look()
    assert MailboxWatch.objects.get().error
    look()
    assert now(draft).status == "deleted"


def test_a_mailbox_without_drafts_has_no_trouble(box: Any, draft: Draft) -> None:
    box.control.fault("500:gmail.history.list:x1")
    assert look().failing_since
    Draft.objects.update(status="rejected")
    assert look().failing_since is None


def test_another_customers_mailbox_is_untouched(box: Any, draft: Draft, lead: Make, sending: Workspace) -> None:
    other = Workspace.objects.create(name="Other", slug="other", sender_email="else@other.example")
    before = calls(box)
    look()
    assert not Event.objects.filter(workspace=other, kind="mailbox_compared").exists()
    assert sum((calls(box) - before).values()) == 1
    theirs = MailboxWatch.objects.get(workspace=other)
    assert (theirs.point, theirs.error) == ("", "")


def test_a_conversation_with_somebody_else_is_neither_read_nor_kept(box: Any, draft: Draft) -> None:
    box.control.mail("wife@home.example", "Dinner at eight?", subject="Tonight")
    box.control.mail(draft.workspace.sender_email, "Yes!", to="wife@home.example", subject="Tonight")
    before, events = calls(box), Event.objects.count()
    look()
    assert calls(box) - before == {"gmail.history.list": 1, "gmail.messages.get": 1}  # from whom it is
    assert not Response.objects.exists()
    assert Event.objects.count() == events


def test_looks_are_rarer_while_nothing_goes_out(box: Any, draft: Draft, anna: User, settings: Any) -> None:
    assert follower.interval(draft.workspace).total_seconds() > 100
    approve(draft, anna)
    assert follower.interval(draft.workspace).total_seconds() < 16
    Draft.objects.all().delete()
    before = calls(box)
    look()
    assert calls(box) == before
    settings.FOLLOW_SECONDS = 0
    assert not follower.is_due()
