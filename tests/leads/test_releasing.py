"""What DRAFT_ONLY withheld is released once the locks are open: each write once, whatever happens on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from leads import bulk, codec, drafts, releasing, runs, timeline
from leads.bulk import Act
from leads.effects import CreateTask
from leads.engine import execution
from leads.engine.journal import Journal
from leads.models import AllowedForm, Draft, Effect, Event, Notice, StepRun, Submission, WorkflowRun, Workspace
from leads.runs import NotPossible
from leads.sentences import sentence
from tests.leads.driving import calls, claim_now, drive_once, drive_to_the_end, made, take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
FOUND = "hannah.weiss@kornfeld-bau.example"  # a known contact of a known company


@pytest.fixture
def run(box: Any, lead: Make, workspace: Workspace) -> WorkflowRun:
    """One whose writes DRAFT_ONLY withheld; the locks are still closed."""
    return drive_once(take_in(lead(), workspace))


def open_locks(settings: Any) -> None:
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)


def release(run: WorkflowRun) -> WorkflowRun:
    releasing.release(run, actor="olga")
    return drive_to_the_end(run)


def refused(run: WorkflowRun) -> str:
    with pytest.raises(NotPossible) as refusal:
        releasing.release(run, actor="olga")
    return str(refusal.value)


# What it does


def test_all_that_was_withheld_is_written_once(box: Any, run: WorkflowRun, settings: Any) -> None:
    assert made(box) == {"drafts": 1}
    open_locks(settings)
    after = release(run)
    assert (after.state, after.outcome) == ("done", "drafted")
    assert set(Effect.objects.filter(run=run).values_list("state", flat=True)) == {"done"}
    counted = made(box)
    for kind in ("contacts", "companies", "notes", "tasks", "labels", "drafts"):
        assert (kind, counted[kind]) == (kind, 1)
    run.lead.refresh_from_db()
    assert run.lead.hubspot_contact_id == box.control.created()["contacts"][0]["id"]
    written = calls(box, writes=True)
    assert "nothing of it is withheld" in refused(run)
    assert calls(box, writes=True) == written


def test_a_thread_that_was_thrown_away_since_is_left_without_a_label(box: Any, run: WorkflowRun, settings: Any) -> None:
    box.control.by_hand("delete", run.draft.gmail_draft_id)
    open_locks(settings)
    after = release(run)
    assert (after.state, after.error) == ("done", "")
    assert (made(box)["notes"], made(box)["tasks"]) == (1, 1)


def test_nothing_is_thought_through_again(box: Any, run: WorkflowRun, settings: Any) -> None:
    before = calls(box, writes=False)
    StepRun.objects.filter(name="find_assets").delete()  # as if it were newer than the run
    open_locks(settings)
    assert release(run).outcome == "drafted"
    asked_again = {name for name, times in calls(box, writes=False).items() if times > before[name]}
    assert asked_again == {"hubspot.companies.search"}  # somebody may have made it meanwhile
    assert Draft.objects.get().status == "ready"


def test_it_is_no_new_run_and_no_new_draft_for_anybody(run: WorkflowRun, settings: Any) -> None:
    WorkflowRun.objects.update(
        created_at=F("created_at") - timedelta(days=3),
        started_at=F("started_at") - timedelta(days=3),
        drafted_at=F("drafted_at") - timedelta(days=3),
    )
    run.refresh_from_db()
    took = timeline.duration_of(run)
    told, done = Notice.objects.count(), Event.objects.filter(kind="run_done").count()
    open_locks(settings)
    after = release(run)
    assert (after.created_at, after.drafted_at) == (run.created_at, run.drafted_at)
    lasted = timeline.duration_of(after)
    assert took is not None
    assert lasted is not None
    assert lasted < timedelta(minutes=1)
    assert (Notice.objects.count(), Event.objects.filter(kind="run_done").count()) == (told, done)


def test_it_is_in_the_audit_with_who_and_what(run: WorkflowRun, settings: Any) -> None:
    open_locks(settings)
    release(run)
    event = Event.objects.get(kind="run_released")
    assert (event.actor, event.run_id) == ("olga", run.pk)
    said = sentence(event)
    assert said.startswith(f"olga released what was withheld of run {run.pk}: ")
    for kind in ("create contact", "create company", "create note", "create task"):
        assert kind in said
    caught_up = Event.objects.get(kind="run_caught_up")
    assert sentence(caught_up) == f"Run {run.pk} is through with what was released."


def test_a_company_that_somebody_made_meanwhile_is_not_made_twice(
    box: Any, run: WorkflowRun, lead: Make, settings: Any
) -> None:
    open_locks(settings)
    other = drive_once(take_in(lead(2, email="colleague@brightfreight.example"), run.workspace))
    Effect.objects.filter(run=other).update(once_key="")  # as if we had not been it
    assert made(box)["companies"] == 1
    release(run)
    assert made(box)["companies"] == 1
    assert made(box)["contacts"] == 2


def test_a_task_that_would_be_overdue_is_due_from_now_on(box: Any, run: WorkflowRun, settings: Any) -> None:
    row = Effect.objects.get(run=run, kind="create_task")
    row.args["task"]["due_at"] = "2026-01-05T09:00:00Z"
    row.save()
    open_locks(settings)
    release(run)
    due_at = codec.decode(Effect.objects.get(pk=row.pk).args, CreateTask).task.due_at
    assert due_at > timezone.now() + timedelta(days=1)
    assert len(box.control.created()["tasks"]) == 1


def test_a_task_that_is_not_due_yet_stays_when_it_was(run: WorkflowRun, settings: Any) -> None:
    before = Effect.objects.get(run=run, kind="create_task").args
    open_locks(settings)
    release(run)
    assert Effect.objects.get(run=run, kind="create_task").args == before


def test_the_note_says_what_the_draft_says_now_and_whether_it_was_sent(
    box: Any, run: WorkflowRun, settings: Any
) -> None:
    open_locks(settings)
    Draft.objects.update(body="Hi Mara,\n\nCall me.", status="sent", sent_at=timezone.now())
    release(run)
    created = box.control.created()
    note = created["notes"][0]["properties"]["hs_note_body"]
    assert "Sent a reply" in note
    assert "Call me." in note
    assert "was sent from" in created["tasks"][0]["properties"]["hs_task_body"]


# What is refused


@pytest.mark.parametrize(
    "lock", ["WORKFLOW_MODE is DRAFT_ONLY", "the workspace is DRAFT_ONLY", "the form is draft-only"]
)
def test_a_closed_lock_is_named(box: Any, run: WorkflowRun, settings: Any, lock: str) -> None:
    settings.WORKFLOW_MODE = "DRAFT_ONLY" if lock.startswith("WORKFLOW") else "SEND"
    Workspace.objects.update(draft_only=lock.startswith("the workspace"))
    AllowedForm.objects.update(draft_only=lock.startswith("the form"))
    assert refused(run) == f"Run {run.pk} can't be released: {lock}."
    run.refresh_from_db()
    assert run.state == "done"
    assert made(box) == {"drafts": 1}


@pytest.mark.parametrize("status", ["rejected", "superseded", "deleted"])
def test_no_note_tells_of_a_reply_that_nobody_sends(run: WorkflowRun, settings: Any, status: str) -> None:
    open_locks(settings)
    Draft.objects.update(status=status)
    assert "a reply that nobody sends" in refused(run)


def test_of_a_run_that_was_started_again_the_later_one_counts(box: Any, run: WorkflowRun, settings: Any) -> None:
    open_locks(settings)
    again = runs.start_again(run, actor="olga")
    assert f"was started again as run {again.pk}" in refused(run)
    drive_to_the_end(again)
    assert (made(box)["notes"], made(box)["tasks"]) == (1, 1)


def test_a_run_that_is_not_done_can_not_be_released(lead: Make, sending: Workspace) -> None:
    assert "it is pending" in refused(take_in(lead(), sending))


def test_one_that_was_screened_out_has_nothing_to_release(box: Any, lead: Make, sending: Workspace) -> None:
    screened = drive_once(take_in(lead(email="elodie@atelier-marchand.example"), sending))
    assert "nothing of it is withheld" in refused(screened)


# Locks, failures and kills on the way


def test_a_lock_that_closes_on_the_way_holds_and_the_rest_is_released_later(
    box: Any, run: WorkflowRun, settings: Any
) -> None:
    open_locks(settings)
    releasing.release(run, actor="olga")
    Workspace.objects.update(draft_only=True)
    assert drive_once(run).outcome == "drafted"
    assert made(box) == {"drafts": 1}
    open_locks(settings)
    release(run)
    assert made(box)["contacts"] == 1


def test_a_write_that_fails_for_good_is_a_dead_letter_and_a_retry_goes_on_from_it(
    box: Any, run: WorkflowRun, settings: Any
) -> None:
    open_locks(settings)
    box.control.fault("403:hubspot.tasks.create:x1")
    after = release(run)
    assert (after.state, after.failed_step) == ("dead", "create_task")
    runs.retry(after, actor="olga")
    assert drive_once(after).outcome == "drafted"
    assert (made(box)["notes"], made(box)["tasks"]) == (1, 1)


class Killed(BaseException):
    """A process that dies: nothing catches it."""


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Random]:
    """Every third write to the database is its process's last, just before it or just after."""
    dice, write = Random(5), Journal.write  # noqa: S311  always the same instants

    def dying(journal: Journal, *what: Any) -> bool:
        fate = dice.random()
        if fate < 1 / 6:
            raise Killed
        written = write(journal, *what)
        if fate > 5 / 6:
            raise Killed
        return written

    monkeypatch.setattr(Journal, "write", dying)
    return dice


def test_fifty_runs_released_under_kills_and_lost_replies_write_each_thing_once(
    box: Any,
    lead: Make,
    workspace: Workspace,
    settings: Any,
    hasty: None,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = [f"person{number}@firm{number % 20}.example" for number in range(50)]
    began = [drive_once(take_in(lead(number, email=email), workspace)) for number, email in enumerate(people)]
    assert {run.outcome for run in began} == {"drafted"}
    open_locks(settings)
    settings.MAX_CLAIMS = 1000
    monkeypatch.setattr(execution, "PATIENCE", 0.05)  # with a run that was killed, and has its company's turn
    for endpoint in ("contacts", "companies", "notes", "tasks"):
        box.control.fault(f"drop-after:hubspot.{endpoint}.create:x5")
    box.control.fault("drop-after:gmail.labels.create:x1")
    kills, dice = 0, request.getfixturevalue("mortal")
    ids = [run.pk for run in began]
    assert bulk.plan(Act.RELEASE, ids).count == 50
    for start in range(0, 50, bulk.CHUNK):
        bulk.carry_out(Act.RELEASE, ids[start : start + bulk.CHUNK], reason="", actor="olga")
    while left := list(WorkflowRun.objects.filter(pk__in=ids, state__in=WorkflowRun.CLAIMABLE)):
        try:
            drive_once(dice.choice(left))
        except Killed:
            kills += 1
    assert kills > 50
    assert set(WorkflowRun.objects.values_list("state", "outcome")) == {("done", "drafted")}
    created = box.control.created()
    assert Counter(contact["properties"]["email"] for contact in created["contacts"]) == Counter(people)
    assert len({company["properties"]["domain"] for company in created["companies"]}) == len(created["companies"]) == 20
    assert len(created["labels"]) == 1
    for kind, body in (("notes", "hs_note_body"), ("tasks", "hs_task_body")):
        bodies = [one["properties"][body] for one in created[kind]]
        assert Counter(key for key in keys_of(began) for text in bodies if key in text) == Counter(keys_of(began))
        assert len(bodies) == 50
    assert bulk.plan(Act.RELEASE, ids).refused == [("nothing of it is withheld", 50)]


def keys_of(some: list[WorkflowRun]) -> list[str]:
    return [str(run.key) for run in some]


# Many at once


def test_the_plan_tells_beforehand_what_would_be_refused_and_why(
    box: Any, lead: Make, workspace: Workspace, settings: Any
) -> None:
    good, locked, no = (drive_once(take_in(lead(number), workspace)) for number in range(3))
    open_locks(settings)
    Submission.objects.filter(pk=locked.submission_id).update(draft_only=True)
    drafts.reject(Draft.objects.get(run=no), version=1, reason="Spam.", by=User.objects.create_user("olga"))
    plan = bulk.plan(Act.RELEASE, [good.pk, locked.pk, no.pk])
    assert plan.ids == [good.pk]
    assert {why for why, _ in plan.refused} == {
        "the form is draft-only",
        "its draft is rejected, and its note would tell of a reply that nobody sends",
    }
    assert [one.pk for one in releasing.releasable(WorkflowRun.objects.all())] == [good.pk]
    assert releasing.count_in(workspace) == 1


def test_one_workspace_s_release_leaves_the_others_alone(box: Any, lead: Make, run: WorkflowRun, settings: Any) -> None:
    settings.WORKFLOW_MODE = "SEND"
    other = Workspace.objects.create(name="Other", slug="other", sender_email="o@other.example", draft_only=False)
    assert releasing.count_in(other) == 0
    assert "the workspace is DRAFT_ONLY" in refused(run)
    done = bulk.carry_out(Act.RELEASE, [run.pk], reason="", actor="olga")
    assert (done.done, len(done.refused)) == (0, 1)
    assert not claim_is_possible(run)


def claim_is_possible(run: WorkflowRun) -> bool:
    try:
        claim_now(run)
    except IndexError:
        return False
    return True
