"""A run that is started again: a fresh pass over the same submission, and nothing outside twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from leads import drafts, runs
from leads.engine.leases import claim
from leads.models import Draft, Effect, Event, WorkflowRun, Workspace
from tests.leads.driving import beside, calls, drive_once, drive_to_the_end, made, take_in

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]
ONCE = {"companies": 1, "contacts": 1, "drafts": 1, "labels": 1, "notes": 1, "tasks": 1}


def drafted(box: Any, lead: Make, sending: Workspace) -> WorkflowRun:
    run = drive_to_the_end(take_in(lead(), sending))
    assert run.outcome == "drafted"
    return run


def things(box: Any) -> dict[str, int]:
    return {kind: count for kind, count in made(box).items() if kind in ONCE}


def test_everything_is_there_once_after_a_drafted_run_was_started_again(
    box: Any, lead: Make, sending: Workspace
) -> None:
    first = drafted(box, lead, sending)
    assert things(box) == ONCE
    again = drive_to_the_end(runs.start_again(first, actor="olga"))
    assert again.outcome == "drafted"
    assert things(box) == ONCE
    assert again.draft.gmail_draft_id == first.draft.gmail_draft_id
    assert again.draft.gmail_message_id != first.draft.gmail_message_id
    (in_mailbox,) = box.control.created()["drafts"]
    assert (in_mailbox["run"], in_mailbox["message_id"]) == (str(again.key), again.draft.gmail_message_id)


def test_the_new_run_has_a_journal_of_its_own(box: Any, lead: Make, sending: Workspace) -> None:
    first = drafted(box, lead, sending)
    before = list(first.steps.order_by("pk").values())
    again = runs.start_again(first, actor="olga")
    assert (again.submission_id, again.lead_id, again.again_of_id) == (first.submission_id, first.lead_id, first.pk)
    assert again.key != first.key
    again = drive_to_the_end(again)
    assert again.steps.count() == 13
    first.refresh_from_db()
    assert first.state == "done"
    assert list(first.steps.order_by("pk").values()) == before


def test_note_and_task_are_brought_up_to_date_where_they_are(box: Any, lead: Make, sending: Workspace) -> None:
    first = drafted(box, lead, sending)
    Workspace.objects.filter(pk=sending.pk).update(closing="Yours,")
    again = drive_to_the_end(runs.start_again(first, actor="olga"))
    for kind in ("create_note", "create_task"):
        assert Effect.objects.get(run=again, kind=kind).result == Effect.objects.get(run=first, kind=kind).result
    written = calls(box, writes=True)
    assert (written["hubspot.notes.update"], written["hubspot.tasks.update"]) == (1, 1)


def test_the_open_draft_of_the_earlier_run_is_closed_and_says_why(box: Any, lead: Make, sending: Workspace) -> None:
    first = drafted(box, lead, sending)
    runs.start_again(first, actor="olga")
    old = Draft.objects.get(run=first)
    assert old.status == "superseded"
    told = {event.kind: event for event in Event.objects.filter(actor="olga")}
    assert told.keys() == {"run_started_again", "draft_superseded", "run_accepted"}
    assert told["run_started_again"].run_id == first.pk


def test_a_draft_that_was_approved_is_not_overtaken(box: Any, lead: Make, sending: Workspace) -> None:
    first = drafted(box, lead, sending)
    drafts.approve(first.draft, version=1, by=User.objects.create_user("rita"))
    with pytest.raises(runs.NotPossible, match="its draft is scheduled"):
        runs.start_again(first, actor="olga")
    assert WorkflowRun.objects.count() == 1


def test_what_somebody_changed_in_the_mailbox_is_not_overwritten(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    first = drafted(box, lead, sending)
    Draft.objects.filter(pk=first.draft.pk).update(gmail_message_id="as-it-was-before-the-rep-wrote")
    again = drive_to_the_end(runs.start_again(first, actor="olga"))
    assert (again.state, again.error_kind) == ("dead", "Conflict")
    assert "somebody has changed the draft" in again.error
    assert things(box)["drafts"] == 1


def test_a_draft_that_left_the_mailbox_is_written_anew(box: Any, lead: Make, sending: Workspace) -> None:
    first = drafted(box, lead, sending)
    Draft.objects.filter(pk=first.draft.pk).update(gmail_draft_id="sent-since")
    again = drive_to_the_end(runs.start_again(first, actor="olga"))
    assert again.outcome == "drafted"
    assert things(box)["drafts"] == 2


def test_a_draft_whose_answer_was_lost_is_found_by_the_earlier_mark(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    run = take_in(lead(), sending)
    box.control.fault("drop-after:gmail.drafts.create:x1")
    drive_once(run)
    runs.cancel(run, reason="No.", actor="olga")
    again = drive_to_the_end(runs.start_again(run, actor="olga"))
    assert again.outcome == "drafted"
    assert things(box) == ONCE


@pytest.mark.parametrize("fault", ["drop-after:gmail.drafts.update:x1", "drop-after:hubspot.notes.update:x1"])
def test_an_update_whose_answer_was_lost_is_not_done_beside(
    box: Any, lead: Make, sending: Workspace, hasty: None, fault: str
) -> None:
    first = drafted(box, lead, sending)
    box.control.fault(fault)
    again = drive_to_the_end(runs.start_again(first, actor="olga"))
    assert again.outcome == "drafted"
    assert things(box) == ONCE


def test_a_third_run_finds_what_the_first_left_although_the_second_left_nothing(
    box: Any, lead: Make, sending: Workspace
) -> None:
    first = drafted(box, lead, sending)
    second = runs.start_again(first, actor="olga")
    runs.cancel(second, reason="No.", actor="olga")
    WorkflowRun.objects.filter(pk=second.pk).update(due_at=Now())
    third = drive_to_the_end(runs.start_again(second, actor="olga"))
    assert third.outcome == "drafted"
    assert things(box) == ONCE


def test_a_screened_run_can_be_started_again(box: Any, lead: Make, sending: Workspace) -> None:
    Workspace.objects.filter(pk=sending.pk).update(suppressed=["brightfreight.example"])
    run = drive_to_the_end(take_in(lead(), sending))
    assert run.outcome == "screened"
    Workspace.objects.filter(pk=sending.pk).update(suppressed=[])
    assert drive_to_the_end(runs.start_again(run, actor="olga")).outcome == "drafted"


@pytest.mark.parametrize("state", ["pending", "waiting", "running"])
def test_a_run_under_way_is_not_started_again(lead: Make, workspace: Workspace, state: str) -> None:
    run = take_in(lead(), workspace)
    if state == "running":
        claim(1, run.pk)
    WorkflowRun.objects.filter(pk=run.pk).update(state=state)
    with pytest.raises(runs.NotPossible, match=f"is {state}: only a run that has ended"):
        runs.start_again(run, actor="olga")
    assert WorkflowRun.objects.count() == 1


def test_a_cancelled_run_is_not_overtaken_before_its_lease_is_over(lead: Make, workspace: Workspace) -> None:
    run = take_in(lead(), workspace)
    claim(1, run.pk)
    runs.cancel(run, reason="No.", actor="olga")
    again = runs.start_again(run, actor="olga")
    assert claim(1, again.pk) == []
    assert again.due_at > timezone.now()


def test_a_run_that_was_started_again_stays_ended(lead: Make, workspace: Workspace) -> None:
    run = take_in(lead(), workspace)
    runs.cancel(run, reason="No.", actor="olga")
    again = runs.start_again(run, actor="olga")
    for act in (runs.retry, runs.start_again):
        with pytest.raises(runs.NotPossible, match=f"was started again as run {again.pk}"):
            act(run, actor="rita")
    assert WorkflowRun.objects.count() == 2


def test_two_people_at_once_make_one_run(lead: Make, workspace: Workspace) -> None:
    run = take_in(lead(), workspace)
    runs.cancel(run, reason="No.", actor="olga")

    def attempt(actor: str) -> str:
        try:
            runs.start_again(run, actor=actor)
        except runs.NotPossible as refusal:
            return str(refusal)
        return "done"

    with beside(attempt, "olga") as one, beside(attempt, "rita") as other:
        pass
    said = sorted([one.result(), other.result()])
    assert "was started again as run" in said[0]
    assert said[1] == "done"
    assert WorkflowRun.objects.count() == 2
