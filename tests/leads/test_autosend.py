"""Auto-send is earned: a record, a switch, green checks, open locks, room in the day; and it stops by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import autosend, codec, drafts, workspaces
from leads.autosend import LOOKED_AT, NEEDED, record_of
from leads.facts import Submitted
from leads.models import (
    AllowedForm,
    Draft,
    DraftRevision,
    Event,
    Notice,
    NoticeAddress,
    Sending,
    Submission,
    WorkflowRun,
    Workspace,
)
from leads.sentences import sentence
from leads.workspaces import NotPossible, ReasonNeeded
from tests.leads.driving import drive_once, drive_to_the_end, take_in
from tests.leads.outgoing import send, sent

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]


def reviewed(form: AllowedForm, number: int, **fields: Any) -> list[Draft]:
    """So many drafts of the form that a person approved as they were, or what `fields` say."""
    payload = codec.builtins(Submitted({"email": "a@past.example"}, form.form_id, form.name, timezone.now()))
    common = {"workspace": form.workspace}
    came = Submission.objects.bulk_create(
        Submission(**common, dedupe_key=str(uuid4()), source="form", form=form, payload=payload) for _ in range(number)
    )
    runs = WorkflowRun.objects.bulk_create(
        WorkflowRun(**common, submission=one, state="done", outcome="drafted") for one in came
    )
    values = {
        "status": "approved",
        "reviewed_at": timezone.now(),
        "recipient": "a@past.example",
        "writer": "rules",
        "is_sound": True,
        "kept": 1.0,
    } | fields
    return Draft.objects.bulk_create(Draft(**common, run=run, subject="Hi", body="Hi", **values) for run in runs)


@pytest.fixture
def form(sending: Workspace, lead: Make) -> AllowedForm:
    """The form that the sample leads come through."""
    return AllowedForm.objects.get(workspace=sending, form_id=lead()["formId"])


@pytest.fixture
def earned(form: AllowedForm) -> AllowedForm:
    """One that may send by itself, and does."""
    reviewed(form, NEEDED)
    assert autosend.switch(form, on=True, reason="They are good.", actor="olga")
    form.refresh_from_db()
    return form


def draft_of(run: WorkflowRun) -> Draft:
    return Draft.objects.get(run=run)


# The record


def test_fifty_drafts_of_which_ninety_five_per_cent_went_as_they_were_earn_it(form: AllowedForm) -> None:
    reviewed(form, 47)
    reviewed(form, 2, kept=0.9)
    assert record_of(form).why_not == "49 of 50 reviewed drafts so far."
    reviewed(form, 1)
    assert record_of(form).why_not == ""
    reviewed(form, 1, status="rejected")
    assert record_of(form).why_not == "94 % of the newest 51 were approved unedited; it takes 95 %."


@pytest.mark.parametrize(
    ("verdict", "counts", "is_good"),
    [
        ({"status": "sent", "sent_at": timezone.now()}, True, True),
        ({"status": "by_hand", "sent_at": timezone.now(), "reviewed_at": None}, True, True),
        ({"status": "approved", "kept": 0.99}, True, False),
        ({"status": "rejected"}, True, False),
        ({"status": "deleted", "reviewed_at": None}, True, False),
        ({"status": "ready"}, False, False),
        ({"status": "superseded"}, False, False),
        ({"status": "scheduled", "reviewed_at": None}, False, False),  # approved by itself
        ({"status": "sent", "reviewed_at": None, "sent_at": timezone.now()}, False, False),
        ({"status": "sent", "reviewed_at": None, "sent_at": timezone.now(), "bounced_at": timezone.now()}, True, False),
        ({"status": "sent", "sent_at": timezone.now(), "bounced_at": timezone.now()}, True, False),
    ],
)
def test_only_what_people_decided_counts(
    form: AllowedForm, verdict: dict[str, Any], *, counts: bool, is_good: bool
) -> None:
    reviewed(form, 1, **verdict)
    assert (record_of(form).reviewed, record_of(form).unedited) == (int(counts), int(is_good))


def test_an_edit_that_was_put_back_was_one(form: AllowedForm) -> None:
    (draft,) = reviewed(form, 1)
    DraftRevision.objects.create(
        draft=draft, number=1, subject="", body="", slots=[], asset_ids=[], checks=[], is_sound=True, at=timezone.now()
    )
    assert record_of(form).unedited == 0


def test_the_newest_count_and_those_of_other_forms_do_not(form: AllowedForm, sending: Workspace) -> None:
    reviewed(form, 30, status="rejected")
    reviewed(form, LOOKED_AT)
    other = AllowedForm.objects.create(workspace=sending, form_id="other", name="Other")
    reviewed(other, 3, status="rejected")
    assert record_of(form).share == 100
    assert record_of(other).reviewed == 3


# The switch


def test_it_is_off_until_a_person_switches_it_on(box: Any, lead: Make, form: AllowedForm) -> None:
    reviewed(form, NEEDED)
    assert draft_of(drive_once(take_in(lead(), form.workspace))).status == "ready"


def test_it_can_not_be_switched_on_before_it_is_earned(form: AllowedForm) -> None:
    reviewed(form, NEEDED - 1)
    with pytest.raises(NotPossible, match="49 of 50"):
        autosend.switch(form, on=True, reason="Please.", actor="olga")
    reviewed(form, 1)
    with pytest.raises(ReasonNeeded):
        autosend.switch(form, on=True, reason="", actor="olga")
    assert autosend.switch(form, on=True, reason="They are good.", actor="olga")
    changed = Event.objects.get(kind="settings_changed")
    assert (changed.actor, changed.facts["fields"]) == ("olga", {"auto_send": [False, True]})
    assert changed.facts["reason"] == "They are good."


def test_no_other_way_switches_it_on_without_a_reason(form: AllowedForm) -> None:
    with pytest.raises(ReasonNeeded):
        workspaces.change_form(form, {"auto_send": True}, actor="olga")


# Sending by itself


@pytest.mark.django_db(transaction=True)
def test_a_draft_of_such_a_form_is_sent_after_its_undo_window_without_a_reviewer(
    box: Any, lead: Make, earned: AllowedForm
) -> None:
    NoticeAddress.objects.create(workspace=earned.workspace, name="Team", on_draft_ready=True)
    run = drive_once(take_in(lead(), earned.workspace))
    draft = draft_of(run)
    assert (run.outcome, draft.status, draft.reviewed_by) == ("drafted", "scheduled", None)
    assert Sending.objects.get().approved_by is None
    assert Sending.objects.get().due_at > timezone.now()
    assert not Notice.objects.exists()  # there is nothing to review
    told = Event.objects.get(kind="draft_approved_by_itself")
    assert sentence(told).startswith(f"Draft {draft.pk} needed no reviewer: of the newest 50 of its form, 50 were")
    send(3)
    assert [mail["draft_id"] for mail in sent(box)] == [draft.gmail_draft_id]


def test_it_can_be_taken_back_like_any_other(box: Any, lead: Make, earned: AllowedForm) -> None:
    draft = draft_of(drive_once(take_in(lead(), earned.workspace)))
    drafts.reopen(draft, version=draft.version, by=User.objects.create_user("anna"))
    assert draft_of(draft.run).status == "ready"
    assert not Sending.objects.exists()


def test_it_is_scheduled_once_whatever_fails_on_the_way(box: Any, lead: Make, earned: AllowedForm, hasty: None) -> None:
    box.control.fault("drop-after:gmail.drafts.create:x1")
    box.control.fault("500:hubspot.notes.create:x2")
    run = drive_to_the_end(take_in(lead(), earned.workspace))
    assert run.outcome == "drafted"
    assert not autosend.approve(run)
    assert Sending.objects.count() == 1
    assert Event.objects.filter(kind="draft_approved_by_itself").count() == 1


def soft_check_fails(run: WorkflowRun) -> None:
    Draft.objects.filter(run=run).update(checks=[{"name": "length", "hard": False, "passed": False, "reason": "Long."}])


def it_lacks_something(run: WorkflowRun) -> None:
    Draft.objects.filter(run=run).update(lacks=[{"what": "documents"}])


def hard_check_fails(run: WorkflowRun) -> None:
    Draft.objects.filter(run=run).update(is_sound=False)


def times_have_passed(run: WorkflowRun) -> None:
    Workspace.objects.update(notice_hours=240)


def workspace_is_locked(run: WorkflowRun) -> None:
    Workspace.objects.update(draft_only=True)


def form_is_locked(run: WorkflowRun) -> None:
    AllowedForm.objects.update(draft_only=True)


def form_is_off(run: WorkflowRun) -> None:
    AllowedForm.objects.update(enabled=False)


def day_is_full(run: WorkflowRun) -> None:
    Workspace.objects.update(daily_cap=1)
    Draft.objects.filter(pk=Draft.objects.exclude(run=run)[0].pk).update(status="sent", sent_at=timezone.now())


def a_person_started_it_again(run: WorkflowRun) -> None:
    WorkflowRun.objects.filter(pk=run.pk).update(again_of=WorkflowRun.objects.exclude(pk=run.pk)[0])


def database_was_restored(run: WorkflowRun) -> None:
    """What people made of this draft since the backup, nobody knows."""
    Workspace.objects.update(restored_at=timezone.now())


def somebody_decided(run: WorkflowRun) -> None:
    Draft.objects.filter(run=run).update(status="rejected")


@pytest.mark.parametrize(
    "in_the_way",
    [
        *(soft_check_fails, hard_check_fails, times_have_passed, workspace_is_locked, form_is_locked, form_is_off),
        *(it_lacks_something, day_is_full, a_person_started_it_again, somebody_decided),
        database_was_restored,
    ],
)
def test_one_thing_in_the_way_leaves_it_to_people(
    box: Any, lead: Make, form: AllowedForm, in_the_way: Callable[[WorkflowRun], None]
) -> None:
    run = drive_once(take_in(lead(), form.workspace))
    before = draft_of(run).status
    reviewed(form, 60)
    autosend.switch(form, on=True, reason="They are good.", actor="olga")
    in_the_way(run)
    assert not autosend.approve(WorkflowRun.objects.select_related("submission").get(pk=run.pk))
    assert draft_of(run).status in {before, "rejected"}
    assert not Sending.objects.exists()
    assert not Event.objects.filter(kind="draft_approved_by_itself").exists()


def test_with_nothing_in_the_way_the_same_draft_goes(box: Any, lead: Make, form: AllowedForm) -> None:
    run = drive_once(take_in(lead(), form.workspace))
    reviewed(form, 60)
    autosend.switch(form, on=True, reason="They are good.", actor="olga")
    assert autosend.approve(run)


def test_a_record_that_has_fallen_stops_it_and_people_are_told(box: Any, lead: Make, earned: AllowedForm) -> None:
    NoticeAddress.objects.create(workspace=earned.workspace, name="Team", on_draft_ready=True)
    first = draft_of(drive_once(take_in(lead(), earned.workspace)))
    reviewed(earned, 3, status="rejected")
    run = drive_once(take_in(lead(2, email="second@brightfreight.example"), earned.workspace))
    assert draft_of(run).status == "ready"
    assert Notice.objects.filter(run=run).count() == 1
    earned.refresh_from_db()
    assert not earned.auto_send
    stopped = Event.objects.get(kind=autosend.STOPPED)
    assert sentence(stopped) == (
        f"Form {earned.pk} stopped sending by itself: of its newest 53 reviewed drafts, only 50 were approved unedited."
    )
    first.refresh_from_db()
    assert (first.status, first.returned_because) == ("ready", autosend.SWITCHED_OFF)
    (standing,) = [one for one in autosend.standings(earned.workspace) if one.form == earned]
    assert standing.stopped_at == stopped.at


def test_turning_it_off_calls_back_what_it_scheduled_and_nothing_that_a_person_did(
    box: Any, lead: Make, earned: AllowedForm
) -> None:
    ours = draft_of(drive_once(take_in(lead(), earned.workspace)))
    autosend.switch(earned, on=False, reason="", actor="olga")
    theirs = draft_of(drive_once(take_in(lead(2, email="second@brightfreight.example"), earned.workspace)))
    drafts.approve(theirs, version=theirs.version, by=User.objects.create_user("anna"))
    assert not autosend.switch(earned, on=False, reason="", actor="olga")
    for draft in (ours, theirs):
        draft.refresh_from_db()
    assert (ours.status, theirs.status) == ("ready", "scheduled")
    assert Event.objects.get(kind="draft_returned").facts["cause"] == "auto_send"


def test_forms_without_it_cost_a_run_no_question(box: Any, lead: Make, form: AllowedForm, settings: Any) -> None:
    settings.SETTINGS_SECONDS = 60
    drive_once(take_in(lead(), form.workspace))
    run = take_in(lead(2, email="second@brightfreight.example"), form.workspace)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        drive_once(run)
    assert not [query["sql"] for query in asked if "auto_send" in query["sql"]]
