"""An edited draft reaches the rep's Gmail once, whatever fails on the way, and never over what was written by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.ports import OutgoingMail
from leads import codec, editing
from leads.connections import mended
from leads.credentials import accounts_config
from leads.effects import CreateDraft
from leads.engine import mailbox
from leads.engine.drain import Drain
from leads.engine.leases import holder, release_of
from leads.models import ApiCall, Draft, Effect, Event, MailboxUpdate, Workspace
from tests.leads.driving import calls, drive_to_the_end, take_in
from tests.leads.test_drafts import wording_of

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def draft(box: Any, lead: Make, workspace: Workspace, hasty: None) -> Draft:
    run = drive_to_the_end(take_in(lead(), workspace))
    return Draft.objects.get(run=run)


def save(draft: Draft, by: User, subject: str) -> None:
    draft.refresh_from_db()
    wording, dossier = wording_of(draft)
    editing.save(draft, replace(wording, subject=subject), dossier, version=draft.version, by=by)


def bring(times: int = 1) -> MailboxUpdate:
    """As many claims, without the waiting between them."""
    for _ in range(times):
        MailboxUpdate.objects.update(due_at=Now())
        for held in mailbox.claim(5):
            mailbox.bring(held)
    return MailboxUpdate.objects.get()


def subjects(box: Any) -> list[str]:
    return [one["subject"] for one in box.control.created("drafts")["drafts"]]


def by_hand(draft: Draft, text: str) -> None:
    """What the rep does in Gmail itself."""
    mail = codec.decode(Effect.objects.get(run=draft.run, kind="create_draft").args, CreateDraft).mail
    in_gmail(draft).update_draft(draft.gmail_draft_id, replace(mail, text=text))


def in_gmail(draft: Draft) -> Any:
    return open_accounts(accounts_config(draft.workspace)).mail


def test_an_edit_replaces_the_text_of_the_same_draft(box: Any, draft: Draft, anna: User) -> None:
    old = draft.gmail_message_id
    save(draft, anna, "About your seats and prices")
    update = bring()
    draft.refresh_from_db()
    assert (update.state, update.held) == ("done", 2)
    assert subjects(box) == ["About your seats and prices"]
    assert draft.gmail_message_id not in {"", old}
    assert Event.objects.filter(kind="draft_updated", actor="", facts__revision=2).count() == 1
    assert ApiCall.objects.filter(run=draft.run, endpoint="drafts.update", step="update_draft").count() == 1


def test_a_worker_that_hears_the_bell_brings_edits(
    box: Any, draft: Draft, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The drain's threads keep their connections for the next bell; the test's database must be let go of.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    save(draft, anna, "About your seats and prices")
    Drain().work(None, 2.0)
    assert MailboxUpdate.objects.get().state == "done"


def test_of_two_edits_in_a_row_the_newest_arrives(box: Any, draft: Draft, anna: User) -> None:
    save(draft, anna, "About your seats and prices")
    save(draft, anna, "Your seats and their prices")
    assert bring().held == 3
    assert subjects(box) == ["Your seats and their prices"]
    save(draft, anna, "Prices for your seats")
    assert bring().held == 4
    assert calls(box, writes=True)["gmail.drafts.update"] == 2


@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "bad-json", "500", "503", "429"])
def test_a_failed_call_is_made_again_and_leaves_one_draft(box: Any, draft: Draft, anna: User, fault: str) -> None:
    box.control.fault(f"{fault}:gmail.drafts.update:x1")
    save(draft, anna, "About your seats and prices")
    update = bring(2)
    draft.refresh_from_db()
    assert (update.state, update.error) == ("done", "")
    assert subjects(box) == ["About your seats and prices"]
    assert in_gmail(draft).draft_now(draft.gmail_draft_id)[0].message_id == draft.gmail_message_id


def test_a_call_whose_answer_was_lost_is_not_made_again(box: Any, draft: Draft, anna: User) -> None:
    box.control.fault("drop-after:gmail.drafts.update:x1")
    save(draft, anna, "About your seats and prices")
    assert bring().state == "pending"
    assert bring().state == "done"
    assert calls(box, writes=True)["gmail.drafts.update"] == 1


def test_an_edit_after_a_lost_answer_is_told_from_a_hand_edit(box: Any, draft: Draft, anna: User) -> None:
    box.control.fault("drop-after:gmail.drafts.update:x1")
    save(draft, anna, "About your seats and prices")
    bring()
    save(draft, anna, "Your seats and their prices")
    assert (bring().state, bring().held) == ("done", 3)
    assert subjects(box) == ["Your seats and their prices"]


def test_a_worker_killed_after_the_call_is_found_out_by_the_next(
    box: Any, draft: Draft, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(draft, anna, "About your seats and prices")

    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(mailbox, "arrived", die)
    (held,) = mailbox.claim(5)
    with pytest.raises(SystemExit):
        mailbox.bring(held)
    monkeypatch.undo()
    assert mailbox.claim(5) == []  # until its lease is over
    assert bring().state == "done"
    assert calls(box, writes=True)["gmail.drafts.update"] == 1


def test_what_was_written_by_hand_is_never_overwritten(box: Any, draft: Draft, anna: User) -> None:
    by_hand(draft, "I wrote this myself.")
    save(draft, anna, "About your seats and prices")
    assert bring().state == "edited"
    save(draft, anna, "Your seats and their prices")
    assert bring().state == "edited"
    assert calls(box, writes=True)["gmail.drafts.update"] == 1  # the hand's own
    assert Event.objects.filter(kind="draft_found_edited").count() == 1


def test_a_hand_that_was_faster_than_a_lost_answer_wins_too(box: Any, draft: Draft, anna: User) -> None:
    box.control.fault("drop-after:gmail.drafts.update:x1")
    save(draft, anna, "About your seats and prices")
    bring()
    by_hand(draft, "I wrote this myself.")
    assert bring().state == "edited"


def test_a_draft_that_was_deleted_or_sent_by_hand_is_left_alone(box: Any, draft: Draft, anna: User) -> None:
    client = in_gmail(draft)._client
    client.drafts.delete(userId="me", id=draft.gmail_draft_id).execute(http=client._transport)
    save(draft, anna, "About your seats and prices")
    assert bring().state == "gone"
    assert subjects(box) == [draft.subject] or not calls(box, writes=True)["gmail.drafts.update"]


def test_a_mailbox_that_refuses_for_good_leaves_it_to_a_person(box: Any, draft: Draft, anna: User) -> None:
    box.control.fault("400:gmail.drafts.update:x1")
    save(draft, anna, "About your seats and prices")
    update = bring()
    assert (update.state, update.error_kind) == ("failed", "Permanent")
    save(draft, anna, "Your seats and their prices")
    assert bring().state == "done"


def test_dead_credentials_wait_for_a_person_and_cost_no_attempt(box: Any, draft: Draft, anna: User) -> None:
    box.control.fault("401:gmail.drafts.get")
    save(draft, anna, "About your seats and prices")
    update = bring(2)
    assert (update.state, update.attempt, update.error_kind) == ("pending", 0, "ConnectionBroken")
    assert update.lease is None
    assert update.due_at > timezone.now() + timedelta(minutes=50)
    box.control.clear_faults()
    mended(draft.workspace, "google")
    [held] = mailbox.claim(5)
    mailbox.bring(held)
    update.refresh_from_db()
    assert update.state == "done"


def test_an_edit_waits_for_a_draft_that_is_not_in_the_mailbox_yet(box: Any, draft: Draft, anna: User) -> None:
    kept = draft.gmail_draft_id
    Draft.objects.update(gmail_draft_id="")
    save(draft, anna, "About your seats and prices")
    assert (mailbox.claim(5), mailbox.due().exists()) == ([], False)
    Draft.objects.update(gmail_draft_id=kept)
    assert bring().state == "done"


def test_a_draft_that_is_erased_while_a_worker_has_it_stops_no_worker(box: Any, draft: Draft, anna: User) -> None:
    save(draft, anna, "About your seats and prices")
    (held,) = mailbox.claim(5)
    draft.delete()
    mailbox.bring(held)
    assert calls(box, writes=True)["gmail.drafts.update"] == 0


def test_calls_that_can_not_be_noted_stop_no_worker(
    draft: Draft, anna: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ApiCall.objects, "bulk_create", lambda _: 1 / 0)
    save(draft, anna, "About your seats and prices")
    (held,) = mailbox.claim(5)
    mailbox.bring(held)
    assert "nothing could be noted" in caplog.text


def test_nobody_else_writes_while_somebody_holds_the_draft(box: Any, draft: Draft, anna: User) -> None:
    save(draft, anna, "About your seats and prices")
    (held,) = mailbox.claim(5)
    save(draft, anna, "Your seats and their prices")
    assert mailbox.claim(5) == []
    mailbox.bring(held)
    assert bring().held == 3


def test_who_lost_the_lease_writes_nothing(box: Any, draft: Draft, anna: User) -> None:
    save(draft, anna, "About your seats and prices")
    (held,) = mailbox.claim(5)
    MailboxUpdate.objects.update(due_at=Now())
    (newer,) = mailbox.claim(5)
    mailbox.bring(held)
    assert calls(box, writes=True)["gmail.drafts.update"] == 0
    mailbox.bring(replace(newer, ends=time.monotonic() + 1))  # too little time for a call
    assert calls(box, writes=True)["gmail.drafts.update"] == 0
    assert MailboxUpdate.objects.get().state == "pending"


def test_a_draft_with_other_recipients_or_an_attachment_is_not_ours(draft: Draft) -> None:
    mail = codec.decode(Effect.objects.get(run=draft.run, kind="create_draft").args, CreateDraft).mail
    now: tuple[Any, OutgoingMail | None] | None = in_gmail(draft).draft_now(draft.gmail_draft_id, mail)
    assert now is not None
    assert now[1] == mail
    other = replace(mail, to="somebody@else.example")
    assert in_gmail(draft).draft_now(draft.gmail_draft_id, other)[1] is None


def test_an_edit_is_due_at_once_and_retried_later_each_time(box: Any, draft: Draft, anna: User, settings: Any) -> None:
    settings.BACKOFF_BASE = timedelta(seconds=50)
    box.control.fault("500:gmail.drafts.get:x1")
    save(draft, anna, "About your seats and prices")
    (held,) = mailbox.claim(5)
    mailbox.bring(held)
    update = MailboxUpdate.objects.get()
    assert (update.attempt, update.lease) == (1, None)


def test_a_dead_workers_edit_is_free_at_once_but_for_one_that_was_being_written(
    box: Any, draft: Draft, anna: User, settings: Any
) -> None:
    save(draft, anna, "A better subject")
    [_] = mailbox.claim(5)
    assert release_of("elsewhere:1") == 0
    assert not mailbox.due().exists()
    assert release_of(holder()) == 1
    [_] = mailbox.claim(5)
    MailboxUpdate.objects.update(tried=F("wanted"))
    assert release_of(holder()) == 1
    waits = MailboxUpdate.objects.get().due_at - timezone.now()
    assert 0 < waits.total_seconds() <= settings.HTTP_READ_TIMEOUT
