"""An approved draft is sent once, whatever fails on the way; where nobody can tell, a person is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.db.models.functions import Now
from django.utils import timezone

from leads import call_log, drafts, notices
from leads.connections import hold, mended
from leads.engine import sending as engine
from leads.engine.drain import Drain
from leads.engine.leases import holder, release_of
from leads.models import AllowedForm, ApiCall, Draft, Event, Notice, Sending, WorkflowRun, Workspace
from leads.sending import passing, sole_sender
from leads.workspaces import change_form, switch_draft_only
from tests.leads.driving import beside, calls
from tests.leads.outgoing import approved, send, send_side_by_side, sent

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def draft(box: Any, lead: Make, sending: Workspace, hasty: None, anna: User) -> Draft:
    """A draft that is scheduled."""
    return approved(lead(), sending, anna)


def test_an_approved_draft_is_sent_as_approved_once_its_time_has_come(box: Any, draft: Draft) -> None:
    assert engine.claim(5) == []  # the undo window
    send(3)
    (mail,) = sent(box)
    assert (mail["recipients"], mail["subject"]) == ([draft.recipient], draft.subject)
    assert mail["text"].split() == draft.body.split()
    assert mail["draft_id"] == draft.gmail_draft_id
    draft.refresh_from_db()
    assert (draft.status, draft.gmail_message_id) == ("sent", mail["message_id"])
    assert draft.sent_at is not None
    assert not Sending.objects.exists()
    assert Event.objects.filter(kind="draft_sent", actor="", facts={"draft": draft.pk}).count() == 1
    assert ApiCall.objects.filter(run=draft.run, endpoint="drafts.send", step="send_draft").count() == 1


def test_a_worker_that_hears_the_bell_sends(box: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    # The drain's threads keep their connections for the next bell; the test's database must be let go of.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    Sending.objects.update(due_at=Now())
    assert engine.due().count() == 1
    Drain().work(None, 2.0)
    assert len(sent(box)) == 1


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "500", "503", "429", "bad-json", "html"])
def test_a_send_that_failed_or_was_not_answered_is_sent_once(box: Any, draft: Draft, fault: str) -> None:
    box.control.fault(f"{fault}:gmail.drafts.send:x1")
    send(3)
    assert len(sent(box)) == 1
    draft.refresh_from_db()
    assert (draft.status, draft.gmail_message_id) == ("sent", sent(box)[0]["message_id"])


def test_a_send_that_answers_too_late_is_sent_once(box: Any, draft: Draft, settings: Any) -> None:
    settings.HTTP_READ_TIMEOUT = 0.3
    box.control.fault("timeout:gmail.drafts.send:x1:seconds=1")
    send(2)
    assert len(sent(box)) == 1
    draft.refresh_from_db()
    assert draft.status == "sent"
    assert calls(box)["gmail.drafts.send"] == 1


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
def test_what_gmail_keeps_of_our_headers_does_not_matter(
    box: Any, lead: Make, sending: Workspace, hasty: None, anna: User, fault: str
) -> None:
    box.control.settings(rewrite_message_id=True, strip_x_headers=True)
    draft = approved(lead(), sending, anna)
    box.control.fault(f"{fault}:gmail.drafts.send:x1")
    send(3)
    draft.refresh_from_db()
    assert (len(sent(box)), draft.status) == (1, "sent")


@pytest.mark.parametrize("moment", ["call", "arrived"])
def test_a_worker_killed_before_or_after_the_call_is_found_out_by_the_next(
    box: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(engine, moment, die)
    with pytest.raises(SystemExit):
        send()
    monkeypatch.undo()
    draft.refresh_from_db()
    assert draft.status == "sending"
    assert engine.claim(5) == []  # until its lease is over
    send()
    assert len(sent(box)) == 1
    draft.refresh_from_db()
    assert draft.status == "sent"


def test_nobody_looks_while_gmail_may_still_be_at_it(box: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    box.control.fault("drop-before:gmail.drafts.send:x1")
    send()
    Sending.objects.update(due_at=Now(), tried_at=Now())
    for held in engine.claim(1):
        engine.send(held)
    row = Sending.objects.get()
    assert row.tried_at is not None
    assert row.due_at is not None
    assert row.due_at > timezone.now() + timedelta(seconds=10)
    assert row.waits_for == "Gmail to be through with an earlier call"
    send()
    assert len(sent(box)) == 1


def test_a_clock_that_jumped_does_not_make_anybody_look_too_early(
    box: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.control.fault("drop-before:gmail.drafts.send:x1")
    send()
    Sending.objects.update(due_at=Now(), tried_at=Now())
    [held] = engine.claim(1)
    looked = calls(box)["gmail.drafts.get"]
    ahead = timezone.now() + timedelta(minutes=10)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    engine.send(held)
    assert calls(box)["gmail.drafts.get"] == looked
    row = Sending.objects.get()
    assert row.tried_at is not None
    assert row.waits_for == "Gmail to be through with an earlier call"


def test_what_a_dead_worker_was_sending_is_free_at_once(draft: Draft) -> None:
    Sending.objects.update(due_at=Now())
    assert len(engine.claim(5)) == 1
    assert release_of("elsewhere:1") == 0
    assert not engine.due().exists()
    assert release_of(holder()) == 1
    assert engine.due().count() == 1


def test_a_draft_that_was_refused_can_be_taken_back_meanwhile(box: Any, draft: Draft, anna: User) -> None:
    box.control.fault("429:gmail.drafts.send:x1")
    send()
    row = Sending.objects.get()
    assert (row.tried_at, row.attempt, row.waits_for) == (None, 0, "Gmail to answer again")
    drafts.reopen(draft, version=draft.version, by=anna)
    send(2)
    assert sent(box) == []


def test_a_draft_that_vanished_after_a_call_is_settled_by_a_person(box: Any, draft: Draft, anna: User) -> None:
    notices.add(draft.workspace, url="json://127.0.0.1:9/", by=anna, name="team")
    box.control.fault("drop-before:gmail.drafts.send:x1")
    send()
    box.control.by_hand("delete", draft.gmail_draft_id)
    send(2)
    draft.refresh_from_db()
    assert draft.status == "uncertain"
    assert Sending.objects.get().due_at is None
    assert Event.objects.filter(kind="draft_uncertain").count() == 1
    assert Notice.objects.filter(kind="uncertain", run=draft.run).count() == 1
    drafts.settle(draft, was_sent=False, version=draft.version, by=anna)
    draft.refresh_from_db()
    assert (draft.status, sent(box)) == ("ready", [])


def test_a_draft_that_is_taken_at_the_instant_of_the_call_is_looked_for(
    box: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = engine.call

    def too_late(out: Any, held: engine.Held) -> None:
        box.control.by_hand("send", draft.gmail_draft_id)
        really(out, held)

    monkeypatch.setattr(engine, "call", too_late)
    send()
    draft.refresh_from_db()
    assert (len(sent(box)), draft.status) == (1, "sent")


def test_what_gmail_refuses_for_good_comes_back_with_its_reason(box: Any, draft: Draft) -> None:
    box.control.fault("400:gmail.drafts.send:x1")
    send()
    draft.refresh_from_db()
    assert (draft.status, sent(box)) == ("ready", [])
    assert draft.returned_because.startswith("It could not be sent. gmail drafts.send answered 400")


def test_what_fails_too_often_comes_back_and_what_may_have_been_sent_waits_for_a_person(
    box: Any, draft: Draft, settings: Any
) -> None:
    settings.MAX_ATTEMPTS = 2
    box.control.fault("drop-before:gmail.drafts.send:x1")
    send()
    box.control.fault("503:gmail.drafts.get")
    send(2)
    draft.refresh_from_db()
    assert draft.status == "uncertain"


def test_dead_credentials_wait_for_a_person_and_cost_no_attempt(box: Any, draft: Draft) -> None:
    box.control.fault("401:gmail.drafts.get")
    send(2)
    row = Sending.objects.get()
    assert (row.attempt, row.error_kind) == (0, "ConnectionBroken")
    assert row.waits_for == "Google to be connected again"
    assert row.due_at is not None
    assert row.due_at > timezone.now() + timedelta(minutes=50)
    box.control.clear_faults()
    mended(draft.workspace, "google")
    assert engine.due().count() == 1
    for held in engine.claim(1):
        engine.send(held)
    assert len(sent(box)) == 1


def test_a_draft_whose_approval_was_taken_back_is_not_sent_by_who_claimed_it_before(
    box: Any, draft: Draft, anna: User
) -> None:
    Sending.objects.update(due_at=Now())
    (held,) = engine.claim(5)
    drafts.reopen(draft, version=draft.version, by=anna)
    draft.refresh_from_db()
    drafts.approve(draft, version=draft.version, by=anna)
    engine.send(held)
    assert sent(box) == []


def test_whoever_has_lost_the_lease_or_has_too_little_left_of_it_does_not_send(box: Any, draft: Draft) -> None:
    Sending.objects.update(due_at=Now())
    (held,) = engine.claim(5)
    Sending.objects.update(due_at=Now())
    (newer,) = engine.claim(5)
    engine.send(held)
    assert sent(box) == []
    engine.send(replace(newer, ends=time.monotonic() + 1))
    assert sent(box) == []
    send()
    assert len(sent(box)) == 1


def test_nobody_sends_what_a_worker_that_was_stopped_still_has_in_hand(box: Any, draft: Draft) -> None:
    with sole_sender(draft.pk) as is_alone, beside(send):
        assert is_alone
    assert sent(box) == []
    assert Sending.objects.get().waits_for == "the worker that had it before"
    send()
    assert len(sent(box)) == 1


def test_two_workers_that_claim_at_once_send_it_once(box: Any, draft: Draft) -> None:
    box.control.latency(30)
    send_side_by_side(4, limit=5)
    assert len(sent(box)) == 1


def test_a_draft_waits_for_the_run_that_has_yet_to_put_it_into_gmail(box: Any, draft: Draft) -> None:
    WorkflowRun.objects.update(state="waiting", outcome="", finished_at=None)
    Draft.objects.filter(pk=draft.pk).update(gmail_draft_id="")
    Sending.objects.update(due_at=Now())
    assert (engine.due().count(), engine.claim(5)) == (0, [])


def test_a_switch_waits_for_a_call_that_nobody_heard_the_end_of(
    box: Any, draft: Draft, settings: Any, anna: User
) -> None:
    settings.HTTP_CONNECT_TIMEOUT, settings.HTTP_READ_TIMEOUT = 0.2, 0.6
    box.control.fault("drop-before:gmail.drafts.send:x1")
    Sending.objects.update(due_at=Now())
    for held in engine.claim(1):
        engine.send(held)
    began = time.monotonic()
    switch_draft_only(draft.workspace, on=True, reason="enough", actor="anna")
    assert time.monotonic() - began > 0.4
    send(2)
    draft.refresh_from_db()
    assert (draft.status, sent(box)) == ("ready", [])


def test_a_form_can_be_locked_while_one_of_its_drafts_is_being_sent(draft: Draft) -> None:
    form = AllowedForm.objects.get(submissions=draft.run.submission_id)
    is_passing = threading.Event()

    def passes() -> None:
        try:
            with passing(draft.workspace_id):
                is_passing.set()
                time.sleep(0.5)  # the lock is asked for by now
                with transaction.atomic():
                    hold(draft.workspace).exists()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        being_sent = threads.submit(passes)
        assert is_passing.wait(5)
        change_form(form, {"draft_only": True}, actor="anna")
        being_sent.result(5)
    draft.refresh_from_db()
    assert draft.status == "ready"


def test_no_call_of_a_sending_waits_for_longer_than_its_lease(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[float | None] = []
    really = call_log.passing

    def passing_until(workspace: int, rank: Any, lease_ends: float | None, *more: Any) -> Any:
        ends.append(lease_ends)
        return really(workspace, rank, lease_ends, *more)

    monkeypatch.setattr(call_log, "passing", passing_until)
    Sending.objects.update(due_at=Now())
    (held,) = engine.claim(1)
    engine.send(held)
    assert ends == [held.ends]
