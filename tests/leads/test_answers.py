"""What comes back to a draft: an answer, a booking or a wish for no mail cancels what is pending; the rest is noted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from connectors.mail_feed import Received
from connectors.ports import Message
from leads.following.kinds import kind_of
from leads.models import Draft, Event, HeldTime, Response, Sending, Workspace
from tests.leads import outgoing
from tests.leads.driving import drive_to_the_end, take_in
from tests.leads.following import Make, approve, compare, drafted, look, now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def following_is_on(settings: Any, hasty: None) -> None:
    settings.FOLLOW_SECONDS = 15.0


@pytest.fixture
def draft(box: Any, lead: Make, sending: Workspace) -> Draft:
    return drafted(lead(), sending)


def reply(box: Any, draft: Draft, text: str = "One more thing: we are 40 people.", **more: Any) -> dict[str, str]:
    """The prospect's, in the draft's thread."""
    told = {"thread_id": draft.gmail_thread_id, "sender_name": "Mara Okafor"} | more
    came: dict[str, str] = box.control.mail(draft.recipient, text, **told)
    return came


def elsewhere(box: Any, draft: Draft, text: str = "One more thing.", **more: Any) -> dict[str, str]:
    return reply(box, draft, text, thread_id="", subject="Forgot something", **more)


def kinds() -> list[str]:
    return list(Response.objects.order_by("pk").values_list("kind", flat=True))


def heard() -> list[str]:
    events = Event.objects.filter(kind__startswith="draft_heard").order_by("pk")
    return [kind.removeprefix("draft_heard_") for kind in events.values_list("kind", flat=True)]


def test_an_answer_cancels_what_is_scheduled_and_says_who_wrote_when(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    came = reply(box, draft)
    look()
    after = now(draft)
    assert (after.status, after.thread_head) == ("ready", came["id"])
    assert after.replied_at is not None
    assert after.returned_because.startswith("Mara Okafor wrote on ")
    assert not Sending.objects.exists()
    assert Event.objects.get(kind="draft_returned").facts["cause"] == "replied"
    assert heard() == kinds() == ["reply"]
    look(2)
    compare()
    assert heard() == ["reply"]


def test_a_draft_in_review_says_that_they_wrote_again(box: Any, draft: Draft) -> None:
    elsewhere(box, draft)
    look()
    after = now(draft)
    assert (after.status, after.version, after.thread_head) == ("ready", draft.version + 1, draft.thread_head)
    assert "Mara Okafor wrote on" in after.returned_because


@pytest.mark.parametrize("where", [reply, elsewhere])
def test_what_reviewers_were_told_of_does_not_stop_the_draft_that_they_approve_then(
    box: Any, draft: Draft, anna: User, where: Any
) -> None:
    where(box, draft)
    look()
    approve(draft, anna)
    outgoing.send()
    assert now(draft).status == "sent"


def test_an_answer_to_what_was_sent_is_noted(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    outgoing.send()
    look()
    reply(box, now(draft), "Tuesday is fine.")
    look()
    after = now(draft)
    assert after.status == "sent"
    assert after.replied_at is not None
    assert after.sent_at is not None
    assert after.replied_at >= after.sent_at - timedelta(seconds=1)
    assert (after.returned_because, heard()) == ("", ["reply"])


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("I'm away until 24 December 2099.", {"headers": {"Auto-Submitted": "auto-replied"}}),
        ("Ich bin bis 24. Dezember 2099 im Urlaub.", {"subject": "Abwesenheitsnotiz: Ihre Anfrage"}),
        ("I am out of the office until 24 December 2099.", {"subject": "Automatic reply: Your question"}),
        ("I am out of the office until 24 December 2099.", {"headers": {"X-Autoreply": "yes"}}),
    ],
)
def test_an_absence_is_noted_and_cancels_nothing(
    box: Any, draft: Draft, anna: User, text: str, more: dict[str, Any]
) -> None:
    approve(draft, anna)
    box.control.mail(draft.recipient, text, **more)
    look()
    assert (now(draft).status, now(draft).replied_at) == ("scheduled", None)
    assert Response.objects.get().until == date(2099, 12, 25)
    assert Event.objects.get(kind="draft_heard_away").facts["until"] == "2099-12-25"
    outgoing.send()
    assert now(draft).status == "sent"


@pytest.mark.parametrize("text", ["Please stop emailing me.", "Bitte schreiben Sie mir nicht mehr."])
def test_who_wants_no_mail_goes_onto_the_list_and_nothing_leaves(
    box: Any, draft: Draft, lead: Make, sending: Workspace, anna: User, text: str
) -> None:
    approve(draft, anna)
    other = drafted(lead() | {"formSubmissionId": "another"}, sending)
    reply(box, draft, text)
    look()
    sending.refresh_from_db()
    assert sending.suppressed.count(draft.recipient.lower()) == 1
    assert {now(draft).status, now(other).status} == {"rejected"}
    assert "asked not to be written to" in now(draft).rejected_because
    assert not Sending.objects.exists()
    assert not HeldTime.objects.exists()
    assert Event.objects.filter(kind="draft_closed", actor="").count() == 2
    change = Event.objects.get(kind="settings_changed")
    assert (change.actor, change.facts["fields"]) == ("", {"suppressed": None})
    assert draft.recipient not in str(list(Event.objects.values_list("facts", flat=True)))


def test_a_colleague_of_ours_who_wants_no_mail_is_not_put_on_the_list(
    box: Any, draft: Draft, sending: Workspace
) -> None:
    told = {"thread_id": draft.gmail_thread_id, "to": draft.recipient}
    box.control.mail("ben@northwind.example", "Please stop emailing me.", **told)
    look()
    sending.refresh_from_db()
    assert sending.suppressed == []
    assert (now(draft).status, now(draft).replied_at) == ("ready", None)
    assert "ben@northwind.example wrote" in now(draft).returned_because


def test_a_form_that_asks_for_no_mail_cancels_what_is_pending(
    box: Any, draft: Draft, lead: Make, sending: Workspace, anna: User
) -> None:
    approve(draft, anna)
    no_mail = lead(message="Please do not contact me again.") | {"formSubmissionId": "another"}
    run = drive_to_the_end(take_in(no_mail, sending))
    assert run.screened_by == "left_alone"
    assert now(draft).status == "rejected"
    assert not Sending.objects.exists()


@pytest.mark.parametrize(("method", "answer"), [("REPLY", "ACCEPTED"), ("REQUEST", "NEEDS-ACTION")])
def test_a_booking_brings_what_is_pending_back(box: Any, draft: Draft, anna: User, method: str, answer: str) -> None:
    approve(draft, anna)
    starts = datetime(2099, 1, 14, 9, 0, tzinfo=UTC)
    box.control.invite(draft.recipient, {draft.recipient: answer}, method=method, starts_at=starts.isoformat())
    look()
    after = now(draft)
    assert (after.status, heard()) == ("ready", ["booking"])
    assert after.returned_because.startswith("They booked a meeting for Wed 14 Jan 2099 10:00 CET")


def test_a_calendar_s_own_notice_that_names_them_is_a_booking(box: Any, draft: Draft) -> None:
    text = f"Event: Call\nInvitee: Mara Okafor\nInvitee e-mail: {draft.recipient}"
    box.control.mail("notifications@calendly.com", text, subject="New Event: Mara Okafor")
    box.control.mail("team@calendly.com", text, subject="Ten tips for sales")
    look()
    assert heard() == ["booking"]


def test_a_meeting_that_they_declined_is_an_answer(box: Any, draft: Draft) -> None:
    box.control.invite(draft.recipient, {draft.recipient: "DECLINED"}, subject="Declined: Call")
    look()
    assert heard() == ["reply"]


def test_what_can_not_be_delivered_is_noted_and_nothing_more_goes_there(
    box: Any, draft: Draft, lead: Make, sending: Workspace, anna: User
) -> None:
    approve(draft, anna)
    outgoing.send()
    look()
    box.control.bounce(draft.recipient, delayed=True)
    look()
    assert now(draft).bounced_at is None
    box.control.bounce(draft.recipient, thread_id=now(draft).gmail_thread_id)
    look()
    assert now(draft).bounced_at is not None
    assert heard() == ["bounce"]
    assert sending.suppressed == []
    other = drafted(lead() | {"formSubmissionId": "another"}, sending)
    Draft.objects.filter(pk=draft.pk).update(sent_at=now(other).created_at - timedelta(hours=1))
    approve(other, anna)
    outgoing.send()
    assert now(other).status == "ready"
    assert "could not be delivered" in now(other).returned_because


def test_a_mail_of_ours_beside_the_draft_brings_it_back(box: Any, draft: Draft, anna: User) -> None:
    approve(draft, anna)
    told = {"to": draft.recipient, "thread_id": draft.gmail_thread_id}
    box.control.mail(draft.workspace.sender_email, "Quick answer by hand.", **told)
    look()
    assert (now(draft).status, heard()) == ("ready", ["ours"])
    assert "Another mail went to them" in now(draft).returned_because


def test_what_they_wrote_before_the_run_read_their_mail_is_no_news(
    box: Any, lead: Make, sending: Workspace, anna: User
) -> None:
    address = lead()["fieldValues"]
    email = next(one["value"] for one in address if one["name"] == "email")
    box.control.mail(email, "Earlier", subject="Before", hours_ago=1)
    draft = drafted(lead(), sending)
    assert heard() == []
    assert now(draft).returned_because == ""


def test_a_robot_s_mail_about_somebody_else_is_nobody_s(box: Any, draft: Draft) -> None:
    box.control.bounce("somebody@else.example")
    look()
    assert kinds() == []


@pytest.mark.parametrize(
    ("subject", "text", "kind"),
    [
        ("Re: Your question", "Sounds good, Tuesday works.", "reply"),
        ("Out of office", "Back soon.", "away"),
        ("Automatische Antwort: Ihre Frage", "Ich bin unterwegs.", "away"),
        ("AW: Ihre Frage", "Bitte nehmen Sie mich aus Ihrem Verteiler.", "opt_out"),
        ("Re: Your question", "Please unsubscribe", "opt_out"),
        ("Re: Your question", "How do I unsubscribe users from a list in your product?", "reply"),
    ],
)
def test_kinds_by_their_words(subject: str, text: str, kind: str) -> None:
    message = Message("1", datetime.now(UTC), "ada@acme.example", "", (), subject, text, outgoing=False)
    assert kind_of(Received(message, "2")) == kind
