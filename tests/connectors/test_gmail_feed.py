"""What happened in a mailbox, heard through Google's own client against the sandbox."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.gmail_reports import bounced, invitation
from connectors.mail_feed import Arrived
from connectors.ports import Accounts, Message, OutgoingMail

ANN = "ann@acme.example"


def test_a_quiet_mailbox_costs_one_call(accounts: Accounts, heard: list[Any]) -> None:
    feed = accounts.mail.feed
    changes = feed.changes_since(feed.now())
    assert changes is not None
    assert (changes.arrived, changes.gone) == ((), frozenset())
    assert [call.endpoint for call in heard] == ["profile.get", "history.list"]


def test_what_came_and_went_is_told_but_no_draft(accounts: Accounts, box: Any, mail: OutgoingMail) -> None:
    feed = accounts.mail.feed
    point = feed.now()
    saved = accounts.mail.create_draft(mail)
    came = box.control.mail(ANN, "One more thing", subject="Later")
    changes = feed.changes_since(point)
    assert changes is not None
    assert changes.arrived == (Arrived(came["id"], came["threadId"], outgoing=False),)
    sent = accounts.mail.send_draft(saved.draft_id)
    after = feed.changes_since(changes.until)
    assert after is not None
    assert after.arrived == (Arrived(sent.message_id, sent.thread_id, outgoing=True),)
    assert after.gone == {saved.message_id}


def test_a_long_absence_is_read_page_by_page(accounts: Accounts, box: Any) -> None:
    feed = accounts.mail.feed
    point = feed.now()
    for number in range(501):
        box.control.mail(ANN, f"Number {number}")
    changes = feed.changes_since(point)
    assert changes is not None
    assert len(changes.arrived) == 501
    assert changes.until == feed.now()


def test_a_point_that_the_mailbox_forgot_is_said_to_be(accounts: Accounts, box: Any) -> None:
    feed = accounts.mail.feed
    point = feed.now()
    box.control.forget_history()
    assert feed.changes_since(point) is None
    changes = feed.changes_since(feed.now())
    assert changes is not None


@pytest.mark.parametrize("act", ["send", "trash", "delete"])
def test_a_draft_that_was_sent_or_thrown_away_is_gone(
    accounts: Accounts, box: Any, mail: OutgoingMail, act: str
) -> None:
    saved, feed = accounts.mail.create_draft(mail), accounts.mail.feed
    point = feed.now()
    box.control.by_hand(act, saved.draft_id)
    changes = feed.changes_since(point)
    assert changes is not None
    assert saved.message_id in changes.gone
    assert feed.load_draft(saved.draft_id, mail) is None
    assert saved.draft_id not in feed.drafts()


def test_a_draft_is_read_as_it_was_edited(accounts: Accounts, box: Any, mail: OutgoingMail) -> None:
    saved, feed = accounts.mail.create_draft(mail), accounts.mail.feed
    before = feed.load_draft(saved.draft_id, mail)
    assert before is not None
    assert before.carries == mail
    box.control.by_hand("edit", saved.draft_id, text="My own words.\n", cc="boss@acme.example", files=["offer.pdf"])
    after = feed.load_draft(saved.draft_id, mail)
    assert after is not None
    assert (after.text, after.files, after.carries) == ("My own words.", ("offer.pdf",), None)
    assert after.to == (mail.to.lower(), "boss@acme.example")
    assert after.saved.message_id != saved.message_id
    assert feed.drafts()[saved.draft_id] == after.saved


def test_a_draft_that_gmail_saved_again_says_the_same(accounts: Accounts, box: Any, mail: OutgoingMail) -> None:
    saved = accounts.mail.create_draft(mail)
    box.control.by_hand("edit", saved.draft_id)
    again = accounts.mail.feed.load_draft(saved.draft_id, replace(mail, text="Else"), mail)
    assert again is not None
    assert again.carries == mail
    assert again.saved.message_id != saved.message_id


def test_only_the_sender_is_read_of_what_may_be_anybodys(accounts: Accounts, box: Any) -> None:
    came = box.control.mail("Somebody@else.example", "Private")
    assert accounts.mail.feed.sender_of(came["id"]) == "somebody@else.example"
    assert accounts.mail.feed.sender_of("0000000000000000") == ""


def test_messages_of_some_people_since_then_are_found_and_nobody_elses(accounts: Accounts, box: Any) -> None:
    feed, since = accounts.mail.feed, datetime.now(UTC) - timedelta(minutes=5)
    came = box.control.mail(ANN, "Now")
    box.control.mail("somebody@else.example", "Now")
    box.control.mail(ANN, "Before", hours_ago=1)
    report = box.control.bounce("bo@acme.example")
    assert [one.id for one in feed.messages_from([ANN, "bo@acme.example"], since)] == [came["id"]]
    assert [one.id for one in feed.messages_from(["mailer-daemon"], since)] == [report["id"]]
    assert feed.messages_from(["a) OR from:(ann@acme.example"], since) == ()


def test_a_report_names_whom_it_could_not_reach(accounts: Accounts, box: Any) -> None:
    feed = accounts.mail.feed
    failed = feed.load_message(box.control.bounce("bo@acme.example")["id"])
    delayed = feed.load_message(box.control.bounce("bo@acme.example", delayed=True)["id"])
    plain = feed.load_message(box.control.mail(ANN, "bo@acme.example is gone")["id"])
    assert failed is not None
    assert delayed is not None
    assert plain is not None
    assert failed.bounced == ("bo@acme.example",)
    assert (delayed.bounced, plain.bounced, plain.invitation) == ((), (), None)
    assert failed.message.auto_submitted


def test_an_answer_to_an_invitation_says_who_accepted_and_when(accounts: Accounts, box: Any) -> None:
    starts = datetime(2027, 1, 14, 13, 30, tzinfo=UTC)
    came = box.control.invite(ANN, {ANN: "ACCEPTED", "bo@acme.example": "DECLINED"}, starts_at=starts.isoformat())
    found = accounts.mail.feed.load_message(came["id"])
    assert found is not None
    assert found.invitation is not None
    assert (found.invitation.method, found.invitation.accepted) == ("REPLY", (ANN,))
    assert {ANN, "bo@acme.example"} < set(found.invitation.people)
    assert found.invitation.starts_at == starts


def part(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"mimeType": kind, "headers": [], "body": {"data": urlsafe_b64encode(text.encode()).decode()}, **more}


def a_message(sender: str, text: str = "") -> Message:
    return Message("1", datetime.now(UTC), sender, "", (), "", text, outgoing=False)


def test_reports_of_other_mail_servers_are_read_too() -> None:
    status = "Final-Recipient: rfc822;<Bo@Acme.example>\r\nAction: failed\r\n"
    payload = {"headers": [], "parts": [part("message/delivery-status", status)]}
    assert bounced(a_message("postmaster@acme.example"), payload) == ("bo@acme.example",)
    bare = a_message("MAILER-DAEMON@mx.example", "I could not deliver to <bo@acme.example>.")
    assert bounced(bare, {"headers": []}) == ("bo@acme.example",)


def test_odd_calendars_stop_nothing() -> None:
    event = ["BEGIN:VEVENT", "DTSTART;TZID=Nowhere/Land:20270114T133000", "ATTENDEE:mailto:a@", " b.example"]
    odd = "\n".join(["BEGIN:VCALENDAR", "METHOD:REQUEST", *event])
    found = invitation({"headers": [], "parts": [part("text/calendar", odd)]})
    assert found is not None
    assert (found.method, found.people, found.starts_at) == ("REQUEST", ("a@b.example",), None)
    assert invitation({"headers": [], "parts": [part("text/calendar", "BEGIN:VCALENDAR")]}) is None
