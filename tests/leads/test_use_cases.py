"""What people can do to a run, a draft and a workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ

from leads import drafts, runs, workspaces
from leads.engine.leases import claim
from leads.models import Draft, Event, WorkflowRun, Workspace
from tests.leads.driving import take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
MakeDraft = Callable[..., Draft]


@pytest.fixture
def run(lead: Make, workspace: Workspace) -> WorkflowRun:
    made = take_in(lead(), workspace)
    OrmQ.objects.all().delete()
    return made


@pytest.fixture
def reviewer(db: None) -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def make_draft(lead: Make, workspace: Workspace) -> MakeDraft:
    def make(owner: Workspace = workspace, *, is_sound: bool = True, **fields: Any) -> Draft:
        Workspace.objects.filter(pk=workspace.pk).update(portal_id="")
        begun = take_in(lead(uuid4().hex), workspace)
        checks = [{"name": "no_invented_facts", "hard": True, "passed": is_sound, "reason": ""}]
        checks += [{"name": "short", "hard": False, "passed": False, "reason": ""}]
        return Draft.objects.create(
            workspace=owner,
            run=begun,
            lead=begun.lead,
            **{
                "recipient": "mara@brightfreight.example",
                "subject": "Re: Your question",
                "body": "Hi Mara,",
                "writer": "rules",
                "checks": checks,
                "is_sound": is_sound,
                "intents": ["pricing"],
                "approach": "answer_first",
                "ask": "pick_a_time",
            }
            | fields,
        )

    return make


def last_event() -> Event:
    return Event.objects.latest("pk")


# Runs


def test_a_cancelled_run_is_not_taken_up_again_before_its_lease_is_over(run: WorkflowRun) -> None:
    WorkflowRun.objects.filter(pk=run.pk).update(due_at=Now() + timedelta(minutes=1))
    runs.cancel(run, reason="No.", actor="olga")
    runs.retry(run, actor="olga")
    assert claim(1, run.pk) == []
    WorkflowRun.objects.filter(pk=run.pk).update(due_at=Now())
    assert len(claim(1, run.pk)) == 1


@pytest.mark.parametrize("state", ["dead", "waiting"])
def test_a_run_that_stands_still_can_be_retried_and_is_due_at_once(run: WorkflowRun, state: str) -> None:
    finished = None if state == "waiting" else timezone.now()
    WorkflowRun.objects.filter(pk=run.pk).update(
        state=state, attempt=8, claims=3, finished_at=finished, due_at=Now() + timedelta(hours=1), reason="No."
    )
    runs.retry(run, actor="olga")
    run.refresh_from_db()
    assert (run.state, run.attempt, run.claims, run.finished_at, run.reason) == ("pending", 0, 0, None, "")
    assert len(claim(1, run.pk)) == 1
    assert OrmQ.objects.count() == 1
    event = last_event()
    assert (event.kind, event.actor, event.run, event.workspace) == ("run_retried", "olga", run, run.workspace)


@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        ("pending", {}, "pending"),
        ("running", {"lease": uuid4()}, "running"),
        ("done", {"outcome": "drafted"}, "done"),
    ],
)
def test_a_run_that_needs_no_retry_gets_none(run: WorkflowRun, state: str, fields: dict[str, Any], said: str) -> None:
    WorkflowRun.objects.filter(pk=run.pk).update(state=state, **fields)
    before = Event.objects.count()
    with pytest.raises(runs.NotPossible, match=f"is {said}"):
        runs.retry(run, actor="olga")
    assert WorkflowRun.objects.get(pk=run.pk).state == state
    assert not OrmQ.objects.exists()
    assert Event.objects.count() == before


def test_two_people_who_retry_at_once_retry_once(run: WorkflowRun) -> None:
    WorkflowRun.objects.filter(pk=run.pk).update(state="dead", finished_at=timezone.now())
    seen_twice = WorkflowRun.objects.get(pk=run.pk)
    runs.retry(run, actor="olga")
    with pytest.raises(runs.NotPossible):
        runs.retry(seen_twice, actor="piet")
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize("state", ["pending", "running", "waiting"])
def test_a_run_that_has_not_ended_can_be_cancelled(run: WorkflowRun, state: str) -> None:
    lease = uuid4() if state == "running" else None
    WorkflowRun.objects.filter(pk=run.pk).update(state=state, lease=lease, holder="host:1" if lease else "")
    runs.cancel(run, reason="They called. " * 50, actor="olga")
    run.refresh_from_db()
    assert (run.state, run.lease, run.holder) == ("cancelled", None, "")
    assert run.finished_at is not None
    assert run.reason.startswith("They called.")
    assert claim(1, run.pk) == []
    assert (last_event().kind, last_event().actor) == ("run_cancelled", "olga")


@pytest.mark.parametrize(("state", "fields"), [("done", {"outcome": "screened"}), ("dead", {}), ("cancelled", {})])
def test_a_run_that_has_ended_cannot_be_cancelled(run: WorkflowRun, state: str, fields: dict[str, Any]) -> None:
    WorkflowRun.objects.filter(pk=run.pk).update(state=state, **fields)
    before = Event.objects.count()
    with pytest.raises(runs.NotPossible, match="it has ended already"):
        runs.cancel(run, reason="", actor="olga")
    assert WorkflowRun.objects.get(pk=run.pk).state == state
    assert Event.objects.count() == before


def test_the_reason_of_a_cancellation_stays_out_of_the_audit(run: WorkflowRun) -> None:
    runs.cancel(run, reason="Mara Okafor called.", actor="olga")
    assert last_event().facts == {}


# Drafts


def test_an_approved_draft_says_who_approved_it(make_draft: MakeDraft, reviewer: User) -> None:
    draft = make_draft()
    drafts.approve(draft, version=draft.version, by=reviewer)
    draft.refresh_from_db()
    assert (draft.status, draft.reviewed_by, draft.rejected_because) == ("approved", reviewer, "")
    assert draft.reviewed_at is not None
    event = last_event()
    assert (event.kind, event.actor, event.facts) == ("draft_approved", "olga", {"draft": draft.pk})
    assert event.run == draft.run


def test_a_draft_that_fails_a_hard_check_can_only_be_rejected(make_draft: MakeDraft, reviewer: User) -> None:
    draft = make_draft(is_sound=False)
    with pytest.raises(drafts.NotPossible, match="be approved: a check fails"):
        drafts.approve(draft, version=draft.version, by=reviewer)
    assert Draft.objects.get(pk=draft.pk).status == "ready"
    drafts.reject(draft, version=draft.version, reason="Invented.", by=reviewer)
    draft.refresh_from_db()
    assert (draft.status, draft.rejected_because) == ("rejected", "Invented.")


def test_the_reason_of_a_rejection_stays_out_of_the_audit(make_draft: MakeDraft, reviewer: User) -> None:
    drafts.reject(make_draft(), version=1, reason="Mara is a friend.", by=reviewer)
    assert "Mara" not in str(last_event().facts)
    assert last_event().kind == "draft_rejected"


def test_the_first_of_two_verdicts_stands(make_draft: MakeDraft, reviewer: User) -> None:
    draft = make_draft()
    seen_twice = Draft.objects.get(pk=draft.pk)
    drafts.reject(draft, version=draft.version, reason="No.", by=reviewer)
    before = Event.objects.count()
    for late in (
        lambda: drafts.approve(seen_twice, version=seen_twice.version, by=reviewer),
        lambda: drafts.reject(seen_twice, version=seen_twice.version, reason="", by=reviewer),
    ):
        with pytest.raises(drafts.NotPossible, match="You rejected it"):
            late()
    draft.refresh_from_db()
    assert (draft.status, draft.rejected_because) == ("rejected", "No.")
    assert Event.objects.count() == before


# The switch


def test_the_switch_cannot_go_over_the_ceiling(workspace: Workspace) -> None:
    with pytest.raises(workspaces.NotPossible, match="WORKFLOW_MODE=SEND"):
        workspaces.switch_draft_only(workspace, on=False, reason="Go.", actor="olga")
    workspace.refresh_from_db()
    assert workspace.draft_only
    assert not Event.objects.filter(kind="draft_only_switched").exists()


def test_below_the_ceiling_the_switch_goes_both_ways_and_leaves_a_trace(workspace: Workspace, settings: Any) -> None:
    settings.WORKFLOW_MODE = "SEND"
    for on in (False, True):
        assert workspaces.switch_draft_only(workspace, on=on, reason="Because.", actor="olga")
        workspace.refresh_from_db()
        assert workspace.draft_only is on
        assert (last_event().kind, last_event().actor) == ("draft_only_switched", "olga")
        assert last_event().facts == {"on": on, "reason": "Because."}


def test_the_switch_can_be_closed_whatever_the_ceiling(workspace: Workspace) -> None:
    Workspace.objects.update(draft_only=False)
    assert workspaces.switch_draft_only(workspace, on=True, reason="Stop.", actor="olga")
    assert Workspace.objects.get().draft_only


def test_a_switch_that_changes_nothing_leaves_no_trace(workspace: Workspace) -> None:
    assert not workspaces.switch_draft_only(workspace, on=True, reason="", actor="olga")
    assert not Event.objects.filter(kind="draft_only_switched").exists()


def test_the_switch_of_one_workspace_is_not_anothers(workspace: Workspace, settings: Any) -> None:
    settings.WORKFLOW_MODE = "SEND"
    other = Workspace.objects.create(slug="other", name="Other")
    workspaces.switch_draft_only(workspace, on=False, reason="", actor="olga")
    other.refresh_from_db()
    assert other.draft_only
