"""Failures grouped by cause, and what people do about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from leads import causes, problems, runs
from leads.causes import Cause, Problem, Tab
from leads.models import Event, WorkflowRun, Workspace
from tests.leads.driving import drive_once, drive_to_the_end, take_in

Make = Callable[..., Any]
GMAIL_DOWN = "500:gmail.drafts.create"
AT_THE_DRAFT = {"error": "Ambiguous", "step": "create_draft", "service": "gmail"}


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def failed(box: Any, lead: Make, workspace: Workspace, hasty: None, settings: Any) -> Callable[..., WorkflowRun]:
    """A run that dies of its second attempt at the draft."""
    settings.MAX_ATTEMPTS, settings.HTTP_READ_TIMEOUT = 2, 5.0

    def fail(number: int = 1, *, attempts: int = 2) -> WorkflowRun:
        box.control.fault(f"{GMAIL_DOWN}:x{attempts}")
        run = take_in(lead(number), workspace)
        for _ in range(attempts):
            run = drive_once(run)
        return run

    return fail


def only() -> Problem:
    [found] = causes.problems()
    causes.add_details([found])
    return found


def detail(cause: Cause) -> Problem:
    found = causes.problem(cause, named=50)
    assert found is not None
    return found


def traces(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("facts", flat=True))


def test_failures_of_several_runs_with_one_cause_are_one_problem(
    failed: Callable[..., WorkflowRun], workspace: Workspace
) -> None:
    first, second = failed(1), failed(2, attempts=1)
    problem = only()
    assert problem.cause == Cause(workspace.pk, **AT_THE_DRAFT)
    assert (problem.failures, problem.runs, problem.prospects) == (3, 2, 2)
    assert (problem.dead, problem.waiting) == (1, 1)
    assert problem.newest == [second.pk, first.pk]
    assert problem.trend == [*[0] * 13, 3]
    assert problem.first_seen < problem.last_seen
    assert "write" in problem.cause.advice


def test_runs_that_stand_still_are_counted_up_to_a_bound(
    failed: Callable[..., WorkflowRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = failed()
    assert (only().dead_said, only().waiting_said) == ("1", "0")
    fields = ("workspace", "submission", "state", "error_kind", "failed_step", "failed_service")
    WorkflowRun.objects.bulk_create(WorkflowRun(**{name: getattr(run, name) for name in fields}) for _ in range(4))
    monkeypatch.setattr(causes, "COUNTED", 3)
    assert (only().dead, only().dead_said, detail(only().cause).dead_said) == (4, "3+", "3+")


def test_the_engine_leaves_class_step_and_service_in_the_audit_and_on_the_run(
    failed: Callable[..., WorkflowRun],
) -> None:
    run = failed()
    assert (run.state, run.error_kind, run.failed_step, run.failed_service) == ("dead", *AT_THE_DRAFT.values())
    assert [AT_THE_DRAFT.items() <= facts.items() for facts in traces("run_waits") + traces("run_died")] == [True, True]


def test_a_problem_names_whom_it_hit_and_quotes_what_still_stands(failed: Callable[..., WorkflowRun]) -> None:
    run = failed()
    problem = detail(only().cause)
    assert problem.affected == [run]
    assert problem.example == run.error
    WorkflowRun.objects.filter(pk=run.pk).update(error_kind="", error="", state="cancelled")
    assert detail(problem.cause).example == ""


def test_waiting_for_ones_turn_is_no_problem(workspace: Workspace) -> None:
    Event.objects.create(kind="run_waits", workspace=workspace, facts={**AT_THE_DRAFT, "error": "Contended"})
    assert causes.problems() == []


def test_a_cause_that_nobody_knows_is_none(workspace: Workspace) -> None:
    assert causes.problem(Cause(workspace.pk, "Nonsense"), named=5) is None


def test_the_oldest_failure_counts_also_when_it_is_out_of_the_window(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(causes.BOUNDS, "window", 2)
    old = timezone.now() - timedelta(days=30)
    for at in (old, timezone.now() - timedelta(days=1), timezone.now()):
        Event.objects.create(kind="run_waits", workspace=workspace, at=at, facts=AT_THE_DRAFT)
    problem = detail(Cause(workspace.pk, **AT_THE_DRAFT))
    assert (problem.failures, problem.first_seen) == (2, old)
    assert problem.trend[-2:] == [1, 1]


def test_a_muted_problem_is_open_again_when_its_time_is_over(failed: Callable[..., WorkflowRun], olga: User) -> None:
    failed()
    cause = only().cause
    problems.mute(cause, until=timezone.now() + timedelta(hours=1), by=olga)
    assert only().tab is Tab.MUTED
    problems.mute(cause, until=timezone.now() - timedelta(seconds=1), by=olga)
    assert only().tab is Tab.OPEN
    problems.mute(cause, until=None, by=olga)
    assert only().tab is Tab.MUTED
    problems.unmute(cause, by=olga)
    assert only().tab is Tab.OPEN
    assert AT_THE_DRAFT.items() <= traces("error_muted")[0].items()


def test_a_resolved_problem_comes_back_with_the_next_failure(failed: Callable[..., WorkflowRun], olga: User) -> None:
    failed(1)
    problems.resolve(only().cause, by=olga)
    assert (only().tab, only().came_back) == (Tab.RESOLVED, False)
    failed(2, attempts=1)
    assert (only().tab, only().came_back) == (Tab.OPEN, True)
    decided = only().decided
    assert decided is not None
    assert decided.resolved_by == olga
    problems.reopen(only().cause, by=olga)
    assert (only().tab, only().came_back) == (Tab.OPEN, False)


def test_a_problem_is_somebodys_to_see_to(failed: Callable[..., WorkflowRun], olga: User) -> None:
    failed()
    problems.assign(only().cause, to=olga, by=olga)
    decided = only().decided
    assert decided is not None
    assert decided.assigned_to == olga
    problems.assign(only().cause, to=None, by=olga)
    assert [facts["to"] for facts in traces("error_assigned")] == ["olga", None]


def test_retrying_a_problem_sends_its_dead_and_waiting_runs_off_and_no_others(
    failed: Callable[..., WorkflowRun], workspace: Workspace, lead: Make, olga: User
) -> None:
    dead, waiting, other = failed(1), failed(2, attempts=1), take_in(lead(3), workspace)
    runs.cancel(other, reason="no", actor="olga")
    assert problems.retry(only().cause, by=olga) == 2
    assert {drive_to_the_end(run).outcome for run in (dead, waiting)} == {"drafted"}
    assert WorkflowRun.objects.get(pk=other.pk).state == "cancelled"
    assert set(Event.objects.filter(kind="run_retried").values_list("run", "actor")) == {
        (dead.pk, "olga"),
        (waiting.pk, "olga"),
    }
    assert traces("error_retried") == [{**AT_THE_DRAFT, "runs": 2}]
    assert problems.retry(only().cause, by=olga) == 0


def test_only_the_dead_runs_are_retried_if_only_they_are_meant(failed: Callable[..., WorkflowRun], olga: User) -> None:
    dead, waiting = failed(1), failed(2, attempts=1)
    assert problems.retry(only().cause, states=["dead", "running"], by=olga) == 1
    assert WorkflowRun.objects.get(pk=dead.pk).state == "pending"
    assert WorkflowRun.objects.get(pk=waiting.pk).state == "waiting"


def test_one_retry_is_bounded_and_begins_with_the_oldest(
    failed: Callable[..., WorkflowRun], olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "AT_ONCE", 1)
    first, second = failed(1), failed(2)
    assert problems.retry(only().cause, by=olga) == 1
    assert WorkflowRun.objects.get(pk=first.pk).state == "pending"
    assert WorkflowRun.objects.get(pk=second.pk).state == "dead"


def test_a_run_that_was_started_again_is_not_retried(failed: Callable[..., WorkflowRun], olga: User) -> None:
    runs.start_again(failed(), actor="olga")
    assert (only().dead, detail(only().cause).dead) == (0, 0)
    assert problems.retry(only().cause, by=olga) == 0


def test_a_discarded_run_is_cancelled_for_good(failed: Callable[..., WorkflowRun]) -> None:
    run = failed()
    runs.discard(run, reason="A test of ours.", actor="olga")
    run.refresh_from_db()
    assert (run.state, run.reason) == ("cancelled", "A test of ours.")
    assert Event.objects.get(kind="run_discarded").facts == {}
    with pytest.raises(runs.NotPossible, match="only a dead run"):
        runs.discard(run, reason="again", actor="olga")
