"""After a backup was restored: what was done since is found again, not done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.ports import Mail
from leads import codec, drafts, restores, runs
from leads.credentials import accounts_config
from leads.effects import CreateDraft
from leads.facts import Submitted
from leads.models import (
    Draft,
    Effect,
    Event,
    KnownDatabase,
    MailboxWatch,
    Sending,
    StepRun,
    Submission,
    WorkflowRun,
    Workspace,
)
from tests.leads.driving import calls, drive_once, drive_to_the_end, made, take_in
from tests.leads.outgoing import approved, send, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hasty")]

Make = Callable[..., dict[str, Any]]
LEFT_BY_ONE = {"contacts": 1, "companies": 1, "drafts": 1, "notes": 1, "tasks": 1}


def back_to_the_start(run: WorkflowRun) -> WorkflowRun:
    """The run as a backup has it that was made when it had been accepted and not begun."""
    for rows in (StepRun, Effect, Draft):
        rows.objects.filter(run=run).delete()
    WorkflowRun.objects.filter(pk=run.pk).update(
        state="pending", outcome="", started_at=None, drafted_at=None, finished_at=None
    )
    return WorkflowRun.objects.get(pk=run.pk)


def left(box: Any) -> dict[str, int]:
    return {kind: number for kind, number in made(box).items() if kind in LEFT_BY_ONE}


def mailbox(workspace: Workspace) -> Mail:
    return open_accounts(accounts_config(workspace)).mail


@pytest.fixture
def lost(box: Any, sending: Workspace, lead: Make) -> WorkflowRun:
    """A run that was done, of which the database knows only that it was accepted."""
    run = back_to_the_start(drive_to_the_end(take_in(lead(), sending)))
    assert left(box) == LEFT_BY_ONE
    return run


def test_a_run_that_was_open_in_the_backup_finds_what_it_did_since(box: Any, lost: WorkflowRun) -> None:
    restores.declare(actor="olga")
    run = drive_to_the_end(lost)
    assert run.state == "done"
    assert left(box) == LEFT_BY_ONE
    assert run.draft.gmail_draft_id == box.control.created()["drafts"][0]["draft_id"]


def test_without_a_word_it_would_do_it_again(box: Any, lost: WorkflowRun) -> None:
    drive_to_the_end(lost)
    assert left(box) == LEFT_BY_ONE | {"drafts": 2, "notes": 2, "tasks": 2}


def test_what_was_planned_and_not_begun_in_the_backup_is_looked_for(box: Any, sending: Workspace, lead: Make) -> None:
    run = drive_to_the_end(take_in(lead(), sending))
    Effect.objects.filter(run=run, kind__in=["create_draft", "create_note"]).update(state="planned", result={})
    WorkflowRun.objects.filter(pk=run.pk).update(state="waiting", outcome="", finished_at=None)
    restores.declare(actor="olga")
    assert drive_to_the_end(run).state == "done"
    assert left(box) == LEFT_BY_ONE


@pytest.mark.parametrize("sent", [{}, {"timestamp": 1_790_000_000_000}], ids=["untimed", "timed"])
def test_a_submission_that_was_lost_and_comes_again_finds_what_was_done_for_it(
    box: Any, sending: Workspace, lead: Make, sent: dict[str, int]
) -> None:
    Submission.objects.filter(runs=drive_to_the_end(take_in(lead() | sent, sending))).delete()
    restores.declare(actor="olga")
    assert drive_to_the_end(take_in(lead() | sent, sending)).state == "done"
    assert left(box) == LEFT_BY_ONE


def test_a_company_that_two_leads_share_is_not_made_again(box: Any, sending: Workspace, lead: Make) -> None:
    both = [drive_to_the_end(take_in(lead(name, email=f"{name}@bright.example"), sending)) for name in ("ann", "bo")]
    restored = [back_to_the_start(run) for run in both]
    restores.declare(actor="olga")
    for run in restored:
        drive_to_the_end(run)
    assert left(box) == {"contacts": 2, "companies": 1, "drafts": 2, "notes": 2, "tasks": 2}


def test_a_run_that_was_started_again_since_is_found_when_it_is_started_again_once_more(
    box: Any, sending: Workspace, lead: Make
) -> None:
    first = drive_to_the_end(take_in(lead(), sending))
    drive_to_the_end(again := runs.start_again(first, actor="olga"))
    mark = again.key
    again.delete()
    Draft.objects.filter(run=first).update(status="ready")
    restores.declare(actor="olga")
    once_more = runs.start_again(first, actor="olga")
    assert once_more.key == mark
    assert drive_to_the_end(once_more).state == "done"
    assert left(box) == LEFT_BY_ONE


def test_what_is_sent_after_the_restore_is_not_looked_for(box: Any, sending: Workspace, lead: Make) -> None:
    restores.declare(actor="olga")
    sent = int((timezone.now() + timedelta(minutes=1)).timestamp() * 1000)
    run = take_in(lead() | {"timestamp": sent}, sending)
    Submission.objects.filter(pk=run.submission_id).update(received_at=timezone.now() + timedelta(minutes=1))
    drive_to_the_end(run)
    assert calls(box)["gmail.drafts.list"] == 0
    assert left(box) == LEFT_BY_ONE


def test_a_draft_that_was_sent_since_is_known_as_sent(box: Any, lost: WorkflowRun) -> None:
    mailbox(lost.workspace).send_draft(box.control.created()["drafts"][0]["draft_id"])
    restores.declare(actor="olga")
    run = drive_to_the_end(lost)
    assert (run.draft.status, run.draft.gmail_draft_id) == ("by_hand", "")
    assert left(box) == LEFT_BY_ONE


def test_a_draft_that_was_sent_since_is_known_as_sent_though_somebody_approved_it_meanwhile(
    box: Any, lost: WorkflowRun
) -> None:
    mailbox(lost.workspace).send_draft(box.control.created()["drafts"][0]["draft_id"])
    restores.declare(actor="olga")
    box.control.fault("500:gmail.drafts.list:x1")
    draft = drive_once(lost).draft
    drafts.approve(draft, version=draft.version, by=User.objects.create_superuser("olga"))
    drive_to_the_end(lost)
    send()
    draft.refresh_from_db()
    assert (draft.status, draft.returned_because) == ("by_hand", "")
    assert not Sending.objects.exists()
    assert len(sent(box)) == 1


def test_a_draft_that_says_something_else_by_now_is_left_so(box: Any, lost: WorkflowRun) -> None:
    restores.declare(actor="olga")
    MailboxWatch.objects.create(workspace=lost.workspace, reconcile_at=timezone.now() + timedelta(days=1))
    box.control.fault("500:gmail.drafts.list:x1")
    drive_once(lost)
    mail = codec.decode(Effect.objects.get(run=lost, kind="create_draft").args, CreateDraft).mail
    draft_id = box.control.created()["drafts"][0]["draft_id"]
    mailbox(lost.workspace).update_draft(draft_id, replace(mail, text="Dear Mara, I have changed my mind."))
    run = drive_to_the_end(lost)
    assert (run.draft.mailbox.state, run.draft.body[:9]) == ("edited", "Hi Mara,\n")
    assert MailboxWatch.objects.get().reconcile_at <= timezone.now()  # then its words are taken over
    now = mailbox(lost.workspace).draft_now(draft_id, replace(mail, text="Dear Mara, I have changed my mind."))
    assert now is not None
    assert now[1] is not None
    assert left(box) == LEFT_BY_ONE


def test_scheduled_drafts_come_back_to_review(box: Any, sending: Workspace, lead: Make) -> None:
    olga = User.objects.create_superuser("olga")
    run = drive_to_the_end(take_in(lead(), sending))
    drafts.approve(run.draft, version=run.draft.version, by=olga)
    assert Sending.objects.exists()
    assert restores.declare(actor="olga").drafts == 1
    draft = Draft.objects.get(run=run)
    assert (draft.status, draft.returned_because) == ("ready", restores.TAKEN_OFF)
    assert not Sending.objects.exists()


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told"])
def test_a_draft_that_was_scheduled_in_the_backup_and_sent_since_is_not_sent_again(
    box: Any, sending: Workspace, lead: Make, *, is_told: bool
) -> None:
    olga = User.objects.create_superuser("olga")
    draft = approved(lead(), sending, olga)
    mailbox(sending).send_draft(draft.gmail_draft_id)
    if is_told:
        restores.declare(actor="olga")
        draft.refresh_from_db()
        drafts.approve(draft, version=draft.version, by=olga)
    send(3)
    assert Draft.objects.get().status == "by_hand"
    assert len(sent(box)) == 1


def caught_while_it_was_sent(lead: dict[str, Any], workspace: Workspace) -> Draft:
    """A draft as a backup has it that was made between the note that it may be sent and the call."""
    draft = approved(lead, workspace, User.objects.create_superuser("olga"))
    Draft.objects.filter(pk=draft.pk).update(status="sending")
    Sending.objects.update(tried_at=timezone.now() - timedelta(hours=1))
    return draft


def test_a_draft_that_was_being_sent_in_the_backup_and_is_still_there_comes_back_to_review(
    box: Any, sending: Workspace, lead: Make
) -> None:
    draft = caught_while_it_was_sent(lead(), sending)
    restores.declare(actor="olga")
    send(3)
    draft.refresh_from_db()
    assert (draft.status, draft.returned_because) == ("ready", restores.TAKEN_OFF)
    assert not Sending.objects.exists()
    assert not sent(box)


def test_a_draft_that_was_being_sent_in_the_backup_and_arrived_is_known_as_sent(
    box: Any, sending: Workspace, lead: Make
) -> None:
    draft = caught_while_it_was_sent(lead(), sending)
    mailbox(sending).send_draft(draft.gmail_draft_id)
    restores.declare(actor="olga")
    send(3)
    draft.refresh_from_db()
    assert draft.status == "sent"
    assert len(sent(box)) == 1


def test_whoever_drives_a_run_while_it_is_said_is_stopped_before_they_do_anything_again(
    box: Any, lost: WorkflowRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_first = restores.looks_first

    def said_right_after(run: WorkflowRun, submitted: Submitted) -> bool:
        looks = looks_first(run, submitted)
        monkeypatch.undo()
        restores.declare(actor="olga")
        return looks

    monkeypatch.setattr(restores, "looks_first", said_right_after)
    assert not drive_once(lost).finished_at
    assert drive_to_the_end(lost).state == "done"
    assert left(box) == LEFT_BY_ONE


def test_what_does_not_say_when_it_was_sent_is_looked_for_as_long_as_hubspot_may_deliver_it_late(
    sending: Workspace, lead: Make
) -> None:
    run = take_in(lead(), sending)
    submitted = codec.decode(run.submission.payload, Submitted)
    assert not submitted.is_timed
    for days, looks in ((2, True), (4, False)):
        run.workspace.restored_at = timezone.now() - timedelta(days=days)
        assert restores.looks_first(run, submitted) is looks


def test_mailboxes_are_compared_at_once_and_not_when_the_backup_would_have_looked_next(workspace: Workspace) -> None:
    late = timezone.now() + timedelta(minutes=5)
    MailboxWatch.objects.create(workspace=workspace, point="7", due_at=late, reconcile_at=late, lease=uuid4())
    restores.declare(actor="olga")
    watch = MailboxWatch.objects.get()
    assert watch.lease is None  # whoever looks at this moment writes nothing more
    assert max(watch.due_at, watch.reconcile_at) <= timezone.now()


RESTORED_OVER_THE_OLD = """
CREATE TABLE restored (LIKE leads_knowndatabase INCLUDING ALL);
INSERT INTO restored SELECT * FROM leads_knowndatabase;
DROP TABLE leads_knowndatabase;
ALTER TABLE restored RENAME TO leads_knowndatabase;
"""


def test_tables_that_were_restored_over_the_old_ones_are_known_too(workspace: Workspace) -> None:
    assert restores.notice() is None
    with connection.cursor() as cursor:
        cursor.execute(RESTORED_OVER_THE_OLD)
    assert restores.notice() is not None
    assert restores.notice() is None


def test_a_worker_knows_a_restored_database_by_its_marks(workspace: Workspace) -> None:
    assert restores.notice() is None
    assert restores.notice() is None
    KnownDatabase.objects.update(marks="7000000000000000000/1/16385")
    assert restores.notice() is not None
    assert restores.notice() is None
    workspace.refresh_from_db()
    assert workspace.restored_at is not None
    assert Event.objects.get(kind="database_restored").actor == ""


def test_a_server_that_does_not_tell_its_marks_needs_a_persons_word(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    KnownDatabase.objects.create(pk=1, marks="7000000000000000000/1/16385")
    monkeypatch.setattr(restores, "ARE_TOLD", "SELECT false")
    assert restores.notice() is None
    call_command("restored", stdout=StringIO())
    workspace.refresh_from_db()
    assert workspace.restored_at is not None


def test_the_command_says_what_is_missing_and_what_to_look_at(
    box: Any, sending: Workspace, lead: Make, settings: Any
) -> None:
    take_in(lead(), sending)
    settings.POLL_MINUTES = 5
    said = StringIO()
    call_command("restored", stdout=said)
    assert "1 run(s) are open" in said.getvalue()
    assert "comes again by itself" in said.getvalue()
    settings.POLL_MINUTES = 0
    call_command("restored", stdout=said)
    assert "POLL_MINUTES is 0" in said.getvalue()
