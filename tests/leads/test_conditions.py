"""What must hold at the instant of sending: each condition alone stops it, and says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from leads import conditions, drafts, editing, offers, seals
from leads.engine import mailbox
from leads.engine import sending as engine
from leads.models import AllowedForm, Draft, Event, Lead, MailboxUpdate, Sending, Workspace
from leads.workspaces import change
from tests.leads.driving import calls, drive_to_the_end, take_in
from tests.leads.outgoing import approved, send, send_side_by_side, sent
from tests.leads.test_drafts import wording_of

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]
MOMENT = r"\w{3} \d+ \w{3} \d{4} \d\d:\d\d CES?T"


@dataclass
class World:
    """A draft that is approved and due, and all around it that may change in the meantime."""

    box: Any
    draft: Draft
    workspace: Workspace
    settings: Any
    lead: Make
    anna: User

    def set(self, **values: object) -> None:
        Workspace.objects.filter(pk=self.workspace.pk).update(**values)

    def change(self, *, seal: bool = False, **values: object) -> None:
        """Change the draft's row behind everybody's back; with `seal`, as if it had been approved so."""
        Draft.objects.filter(pk=self.draft.pk).update(**values)
        if seal:
            draft = Draft.objects.get(pk=self.draft.pk)
            times = offers.on_offer([draft.pk])[draft.pk]
            Draft.objects.filter(pk=draft.pk).update(approved_as=seals.seal_of(draft, times))

    def edit(self, **changes: object) -> None:
        self.box.control.by_hand("edit", self.draft.gmail_draft_id, **changes)

    def mail(self, sender: str, **more: object) -> None:
        self.box.control.mail(sender, "One more thing.", **more)

    def update(self, state: str) -> None:
        later = timezone.now() + timedelta(hours=1)
        MailboxUpdate.objects.create(draft=self.draft, workspace=self.workspace, wanted=1, state=state, due_at=later)

    def another(self, **values: object) -> Draft:
        """A newer draft to the same person."""
        run = drive_to_the_end(take_in(self.lead(1) | {"formSubmissionId": "another"}, self.workspace))
        Draft.objects.filter(run=run).update(**values)
        return Draft.objects.get(run=run)

    def by_itself(self) -> None:
        """As if its form had scheduled it at the moment at which that was turned off."""
        self.change(reviewed_by=None, reviewed_at=None)
        Sending.objects.filter(draft=self.draft).update(approved_by=None)

    def another_sent_meanwhile(self) -> None:
        """After the run of this one had read the mailbox, and before it had written."""
        run, written = self.draft.run, self.draft.created_at
        assert run.started_at is not None
        self.another(status="sent", sent_at=run.started_at + (written - run.started_at) / 2)

    def takes_a_time(self) -> None:
        slot = offers.on_offer([self.draft.pk])[self.draft.pk][1]
        self.box.control.busy(self.workspace.sender_email, slot.start, slot.end)

    def opts_out(self) -> None:
        """In HubSpot."""
        people = f"{self.box.url}/crm/v3/objects/contacts"
        contact = Lead.objects.get(pk=self.draft.lead_id).hubspot_contact_id
        body = {"properties": {"hs_email_optout": "true"}}
        headers = {"Authorization": "Bearer sandbox-token"}
        assert requests.patch(f"{people}/{contact}", json=body, headers=headers, timeout=5).ok


@pytest.fixture
def world(box: Any, lead: Make, sending: Workspace, hasty: None, anna: User, settings: Any) -> World:
    return World(box, approved(lead(1), sending, anna), sending, settings, lead, anna)


def recipient(world: World) -> str:
    return world.draft.recipient


ANOTHER = "else@brightfreight.example"
GMAIL_DIFFERS = "Gmail has another text, subject, recipient or attachment than was approved: somebody edited it there."

# What happens between the approval and the sending; the condition that notices; what the operator is told.
STOPS: list[tuple[str, Callable[[World], object], str, str]] = [
    (
        "the deployment's lock",
        lambda it: setattr(it.settings, "WORKFLOW_MODE", "DRAFT_ONLY"),
        "draft_only",
        "It stays a draft: WORKFLOW_MODE is DRAFT_ONLY.",
    ),
    (
        "the workspace's lock",
        lambda it: it.set(draft_only=True),
        "draft_only",
        "It stays a draft: the workspace is DRAFT_ONLY.",
    ),
    (
        "the form's lock",
        lambda it: AllowedForm.objects.update(draft_only=True),
        "draft_only",
        "It stays a draft: the form is draft-only.",
    ),
    (
        "a form that may not send by itself any more",
        lambda it: it.by_itself(),
        "auto_send",
        "Sending by itself was turned off before it was sent.",
    ),
    ("an erased lead", lambda it: Lead.objects.all().delete(), "lead_erased", "The lead was erased."),
    (
        "another text than was approved",
        lambda it: it.change(body="Something else."),
        "changed",
        "It is not what was approved: its recipient, text, documents, times or thread have changed since.",
    ),
    (
        "an approval by an earlier version",
        lambda it: it.change(approved_as=""),
        "changed",
        "It was approved before approvals were bound to what the draft says. Approve it again.",
    ),
    (
        "a run that never put it into Gmail",
        lambda it: it.change(gmail_draft_id=""),
        "not_in_gmail",
        "Its run ended before it put the draft into Gmail.",
    ),
    (
        "an edit that did not reach Gmail",
        lambda it: it.update("failed"),
        "edit_not_in_gmail",
        "The newest edit did not reach Gmail, which has the text of before.",
    ),
    (
        "somebody else as the recipient",
        lambda it: it.change(recipient=ANOTHER, seal=True),
        "other_recipient",
        f"It is addressed to {ANOTHER}, and the form was filled in by mara.okafor+1@brightfreight.example.",
    ),
    (
        "an address on the suppression list",
        lambda it: it.set(suppressed=[recipient(it)]),
        "suppressed",
        "This address is on the suppression list.",
    ),
    (
        "a domain on the suppression list",
        lambda it: it.set(suppressed=["brightfreight.example"]),
        "suppressed",
        "This domain is on the suppression list.",
    ),
    (
        "an address that could not be reached",
        lambda it: it.another(status="deleted", bounced_at=timezone.now()),
        "bounced",
        rf"A mail to this address could not be delivered on {MOMENT}\.",
    ),
    (
        "a time that is too near",
        lambda it: it.set(notice_hours=240),
        "time_too_near",
        rf"It offers {MOMENT}, which has passed, or is too near\.",
    ),
    (
        "another draft that was sent",
        lambda it: it.another(status="sent", sent_at=timezone.now()),
        "other_draft",
        rf"Another draft to this person was sent on {MOMENT}\.",
    ),
    (
        "another draft that was sent while this one was being written",
        lambda it: it.another_sent_meanwhile(),
        "other_draft",
        rf"Another draft to this person was sent on {MOMENT}\.",
    ),
    (
        "another draft that may have been sent",
        lambda it: it.another(status="uncertain"),
        "other_draft",
        "Another draft to this person is being sent, or may have been.",
    ),
    ("a text edited in Gmail", lambda it: it.edit(text="Mine."), "edited_in_gmail", GMAIL_DIFFERS),
    ("a subject edited in Gmail", lambda it: it.edit(subject="Mine"), "edited_in_gmail", GMAIL_DIFFERS),
    ("another recipient in Gmail", lambda it: it.edit(to=ANOTHER), "edited_in_gmail", GMAIL_DIFFERS),
    ("a copy to somebody in Gmail", lambda it: it.edit(cc=ANOTHER), "edited_in_gmail", GMAIL_DIFFERS),
    ("an attachment in Gmail", lambda it: it.edit(files=["offer.pdf"]), "edited_in_gmail", GMAIL_DIFFERS),
    (
        "an answer in the thread",
        lambda it: it.mail(recipient(it), thread_id=it.draft.gmail_thread_id, sender_name="Mara Okafor"),
        "newer_message",
        rf"Mara Okafor wrote in the thread on {MOMENT}\.",
    ),
    (
        "a colleague's word in the thread",
        lambda it: it.mail(
            "clara@northwind.example",
            to=recipient(it),
            thread_id=it.draft.gmail_thread_id,
            sender_name="Clara Jensen",
        ),
        "newer_message",
        rf"Clara Jensen wrote in the thread on {MOMENT}\.",
    ),
    (
        "a mail outside of the thread",
        lambda it: it.mail(recipient(it), subject="Forgot something"),
        "wrote_elsewhere",
        rf"mara\.okafor\+1@brightfreight\.example wrote outside of the thread on {MOMENT}\.",
    ),
    (
        "a contact who opted out",
        lambda it: it.opts_out(),
        "opted_out",
        "The contact has opted out of e-mail in HubSpot.",
    ),
    (
        "a time that is taken",
        lambda it: it.takes_a_time(),
        "time_taken",
        rf"{MOMENT} to \d\d:\d\d is taken in the calendar by now\.",
    ),
    (
        "a check that fails now",
        lambda it: it.set(known_names=["HubSpot"]),
        "check_fails",
        "A check fails now. “HubSpot” is another client, and must not be named.",
    ),
]


def test_what_nothing_stands_against_is_sent_once(world: World) -> None:
    send(3)
    assert [mail["recipients"] for mail in sent(world.box)] == [[recipient(world)]]


@pytest.mark.parametrize(("happens", "cause", "said"), [row[1:] for row in STOPS], ids=[row[0] for row in STOPS])
def test_each_alone_stops_the_sending_and_says_why(
    world: World, happens: Callable[[World], object], cause: str, said: str
) -> None:
    happens(world)
    send(3)
    assert sent(world.box) == []
    assert not Sending.objects.exists()
    draft = Draft.objects.get(pk=world.draft.pk)
    assert (draft.status, draft.approved_as, draft.reviewed_by) == ("ready", "", None)
    assert draft.returned_because == said or re.fullmatch(said, draft.returned_because)
    assert [event.facts["cause"] for event in Event.objects.filter(kind="draft_returned")] == [cause]


def test_every_condition_has_its_row() -> None:
    assert {row[2] for row in STOPS} == {*conditions.OWN, *conditions.ASKED}


def test_nobody_is_asked_for_what_our_own_tables_forbid(world: World) -> None:
    before = calls(world.box).total()
    world.set(suppressed=[recipient(world)])
    send()
    assert calls(world.box).total() == before


@pytest.mark.parametrize(("act", "status"), [("delete", "deleted"), ("trash", "deleted"), ("send", "by_hand")])
def test_a_draft_that_left_the_mailbox_by_hand_is_noted_so(world: World, act: str, status: str) -> None:
    world.box.control.by_hand(act, world.draft.gmail_draft_id)
    send(3)
    draft = Draft.objects.get(pk=world.draft.pk)
    assert draft.status == status
    assert len(sent(world.box)) == (act == "send")
    assert bool(draft.sent_at) == (act == "send")
    assert not Sending.objects.exists()


def test_an_out_of_office_reply_stops_nothing(world: World) -> None:
    automatic = {"Auto-Submitted": "auto-replied"}
    world.mail(recipient(world), thread_id=world.draft.gmail_thread_id, headers=automatic)
    world.mail(recipient(world), headers=automatic)
    send()
    assert len(sent(world.box)) == 1


def test_what_was_said_before_the_draft_was_written_stops_nothing(
    box: Any, lead: Make, sending: Workspace, hasty: None, anna: User
) -> None:
    thread = box.control.mail("mara.okafor+1@brightfreight.example", "How much is it?", hours_ago=2)
    draft = approved(lead(1), sending, anna)
    assert draft.thread_head == thread["id"]
    send()
    assert len(sent(box)) == 1


@pytest.mark.parametrize("where", ["thread", "elsewhere"])
def test_what_reviewers_were_told_of_stops_the_next_sending_no_more(world: World, where: str) -> None:
    thread = {"thread_id": world.draft.gmail_thread_id} if where == "thread" else {}
    world.mail(recipient(world), **thread)
    send()
    draft = Draft.objects.get(pk=world.draft.pk)
    assert draft.status == "ready"
    drafts.approve(draft, version=draft.version, by=world.anna)
    send()
    assert len(sent(world.box)) == 1


def test_a_switch_that_closes_after_a_call_that_failed_brings_the_draft_back(world: World) -> None:
    world.box.control.fault("drop-before:gmail.drafts.send:x1")
    send()
    world.set(draft_only=True)
    send()
    draft = Draft.objects.get(pk=world.draft.pk)
    assert (draft.status, sent(world.box)) == ("ready", [])


def test_a_condition_that_breaks_while_the_accounts_are_asked_still_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = conditions.stopped

    def late(out: Any, which: Any) -> Any:
        found = really(out, which)
        if which is conditions.ASKED:
            world.set(suppressed=[recipient(world)])
        return found

    monkeypatch.setattr(conditions, "stopped", late)
    send()
    assert sent(world.box) == []
    assert Draft.objects.get(pk=world.draft.pk).returned_because == "This address is on the suppression list."


def test_an_edit_in_gmail_while_the_accounts_are_asked_stops_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def edited_meanwhile(_: Any) -> str:
        world.edit(text="I take it all back.")
        return ""

    monkeypatch.setitem(conditions.ASKED, "check_fails", edited_meanwhile)
    send()
    assert sent(world.box) == []
    assert Draft.objects.get(pk=world.draft.pk).returned_because == GMAIL_DIFFERS


def waits_for() -> str:
    row = Sending.objects.get()
    assert row.lease is None
    assert row.due_at is not None
    assert row.due_at > timezone.now()
    assert Draft.objects.get(pk=row.pk).status == "scheduled"
    return row.waits_for


def test_the_day_s_last_place_is_waited_for_until_the_next_day(world: World) -> None:
    other = approved(world.lead(2), world.workspace, world.anna)
    world.set(daily_cap=1)
    Sending.objects.filter(draft=other).update(due_at=None)
    send()
    Sending.objects.filter(draft=other).update(due_at=Now())
    send()
    assert len(sent(world.box)) == 1
    assert waits_for() == "tomorrow: today’s 1 were sent, the most a day"
    due_at = Sending.objects.get().due_at
    assert due_at is not None
    assert due_at.astimezone(ZoneInfo("Europe/Copenhagen")).time().isoformat() == "00:00:00"
    Draft.objects.filter(status="sent").update(sent_at=timezone.now() - timedelta(days=1))
    send()
    assert len(sent(world.box)) == 2


def test_two_workers_never_share_the_day_s_last_place(world: World) -> None:
    for number in (2, 3, 4):
        approved(world.lead(number), world.workspace, world.anna)
    world.set(daily_cap=2)
    world.box.control.latency(30)
    send_side_by_side(4)
    assert len(sent(world.box)) == 2


def test_a_lead_gets_one_of_two_drafts_that_are_due_at_once(world: World) -> None:
    another = world.another()
    drafts.approve(another, version=another.version, by=world.anna)
    world.box.control.latency(30)
    send_side_by_side(2)
    send()
    assert len(sent(world.box)) == 1
    assert sorted(Draft.objects.values_list("status", flat=True)) == ["ready", "sent"]


@pytest.fixture
def night(sending: Workspace) -> Workspace:
    """Northwind, where it is about two in the night, of a day that is worked on."""
    ahead = (2 - datetime.now(UTC).hour + 12) % 24 - 12
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    Workspace.objects.update(timezone=zone, workdays=[*range(7)], send_in_hours=True)
    sending.refresh_from_db()
    return sending


def test_working_hours_are_waited_for_where_they_are_wanted(
    box: Any, lead: Make, night: Workspace, hasty: None, anna: User
) -> None:
    approved(lead(1), night, anna)
    send()
    assert sent(box) == []
    due_at = Sending.objects.get().due_at
    assert due_at is not None
    assert due_at.astimezone(ZoneInfo(night.timezone)).time().isoformat() == "09:00:00"
    assert waits_for().startswith("working hours, from ")
    Workspace.objects.update(send_in_hours=False)
    send()
    assert len(sent(box)) == 1


def test_who_lets_mails_leave_at_any_hour_has_them_leave_now(
    box: Any, lead: Make, night: Workspace, hasty: None, anna: User
) -> None:
    approved(lead(), night, anna)
    send()
    assert waits_for().startswith("working hours")
    change(night, {"send_in_hours": False}, actor="anna")
    for held in engine.claim(5):
        engine.send(held)
    assert len(sent(box)) == 1


def test_a_stop_goes_before_a_wait(box: Any, lead: Make, night: Workspace, hasty: None, anna: User) -> None:
    draft = approved(lead(1), night, anna)
    box.control.by_hand("edit", draft.gmail_draft_id, text="Mine.")
    send()
    draft.refresh_from_db()
    assert (draft.status, draft.returned_because) == ("ready", GMAIL_DIFFERS)


def test_an_edit_that_is_on_its_way_to_gmail_is_waited_for(world: World) -> None:
    drafts.reopen(world.draft, version=world.draft.version, by=world.anna)
    draft = Draft.objects.get(pk=world.draft.pk)
    wording, dossier = wording_of(draft)
    editing.save(draft, replace(wording, subject="Your prices"), dossier, version=draft.version, by=world.anna)
    draft.refresh_from_db()
    drafts.approve(draft, version=draft.version, by=world.anna)
    send()
    assert sent(world.box) == []
    assert waits_for() == "its newest edit to reach Gmail"
    for held in mailbox.claim(1):
        mailbox.bring(held)
    send()
    assert [mail["subject"] for mail in sent(world.box)] == ["Your prices"]
