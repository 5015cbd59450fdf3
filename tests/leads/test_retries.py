"""How long which failure is tried again: at once, later, until when, and what is said then."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.errors import Ambiguous, ConnectorError, Misconfigured, RateLimited, Transient, Unknown
from leads import connections, runs, timeline
from leads.engine import retries
from leads.models import Effect, Event, WorkflowRun, Workspace
from tests.leads.driving import drive_once, drive_to_the_end, made, take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
ABOUT = {"service": "s", "endpoint": "e"}


@pytest.fixture
def quick(settings: Any) -> None:
    settings.QUICK_SECONDS = 2.0


@pytest.mark.parametrize(
    "fault", ["500:gmail.threads.list:x2", "drop-after:drive:x1", "429:calendar:x1:retry_after=0.2", "html:hubspot:x2"]
)
def test_a_blip_of_a_read_is_over_before_anybody_waits(
    box: Any, lead: Make, workspace: Workspace, quick: None, fault: str
) -> None:
    box.control.fault(fault)
    run = drive_once(take_in(lead(), workspace))
    assert (run.outcome, run.draft.lacks) == ("drafted", [])
    assert not Event.objects.filter(kind__in=["run_waits", "step_failed"]).exists()
    assert box.control.faults()[0]["left"] == 0


@pytest.mark.parametrize("endpoint", ["gmail.drafts.create", "hubspot.notes.create"])
def test_a_write_is_never_made_again_at_once(
    box: Any, lead: Make, sending: Workspace, quick: None, hasty: None, endpoint: str
) -> None:
    box.control.fault(f"500:{endpoint}:x1")
    run = drive_once(take_in(lead(), sending))
    assert (run.state, run.error_kind, box.control.count(endpoint)) == ("waiting", "Ambiguous", 1)
    drive_to_the_end(run)
    assert made(box)["drafts"] == made(box)["notes"] == 1


def test_all_quick_tries_together_take_less_than_two_seconds(settings: Any) -> None:
    tries = []

    def fails() -> None:
        tries.append(time.monotonic())
        raise Transient("no", **ABOUT)

    begun = time.monotonic()
    with pytest.raises(Transient):
        retries.quickly(fails, 2.0)
    assert time.monotonic() - begun < 2
    assert 3 <= len(tries) <= 6
    with pytest.raises(Transient):
        retries.quickly(fails, 0.0)


@pytest.mark.parametrize("wait", [None, 5.0])
def test_a_vendor_that_says_slow_down_is_not_asked_again_at_once(wait: float | None) -> None:
    tries = []

    def limited() -> None:
        tries.append(1)
        raise RateLimited("slow down", **ABOUT, retry_after=wait)

    with pytest.raises(RateLimited):
        retries.quickly(limited, 2.0)
    assert len(tries) == 1


def test_an_asked_wait_is_kept_to_the_millisecond(box: Any, lead: Make, workspace: Workspace, hasty: None) -> None:
    box.control.fault("429:gmail.threads.list:x1:retry_after=none:retry_after_ms=30250")
    before = timezone.now()
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.attempt) == ("waiting", 0)
    assert timedelta(milliseconds=30250) <= run.due_at - before
    assert run.due_at - timezone.now() <= timedelta(milliseconds=30250)


@pytest.mark.parametrize("error", [Transient, Ambiguous, Unknown])
def test_so_is_one_that_a_failing_vendor_asks_for(error: type[ConnectorError]) -> None:
    decision = retries.decide(error("x", **ABOUT, retry_after=45.0), 1)
    assert isinstance(decision, retries.Retry)
    assert timedelta(seconds=45) <= decision.delay < timedelta(seconds=50)


def test_a_run_that_would_have_to_wait_for_a_day_is_given_to_a_person_at_once(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    box.control.fault("429:gmail.threads.list:x1:retry_after=31536000")
    run = drive_once(take_in(lead(), workspace))
    assert run.state == "dead"
    assert run.reason.startswith("It gave up when asked to wait for 24 h 0 min: a draft so late")


def test_a_run_that_fails_for_a_day_is_given_to_a_person_with_words(box: Any, lead: Make, workspace: Workspace) -> None:
    box.control.fault("429:gmail.threads.list")
    run = take_in(lead(), workspace)
    for hours, state in ((23, "waiting"), (25, "dead")):
        WorkflowRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=hours))
        run = drive_once(run)
        assert run.state == state
    assert run.reason.startswith("It gave up after 24 h: a draft so late is worth less than a call.")
    assert timeline.why(run) == run.reason


@pytest.mark.parametrize("again", ["retried", "connected"])
def test_whoever_lets_an_old_run_go_on_gives_it_another_day(
    box: Any, lead: Make, workspace: Workspace, again: str
) -> None:
    box.control.fault("503:gmail.threads.list")
    run = take_in(lead(), workspace)
    WorkflowRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=3))
    run = drive_once(run)
    assert run.state == "dead"
    runs.retry(run, actor="olga")
    if again == "connected":
        connections.broke(workspace, "gmail", "No.")
        connections.mended(workspace, "google")
    assert drive_once(run).state == "waiting"


def test_too_many_failures_in_a_row_are_said(box: Any, lead: Make, workspace: Workspace, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 2
    box.control.fault("503:gmail.threads.list")
    run = take_in(lead(), workspace)
    drive_once(run)
    assert drive_once(run).reason.startswith("It gave up after 2 failures in a row.")


@pytest.mark.parametrize("error", [Misconfigured("x", **ABOUT), connections.ConnectionBroken("google", "x")])
def test_what_a_person_has_to_mend_is_waited_for_at_any_age(error: Exception) -> None:
    decision = retries.decide(error, 99, timedelta(days=30))
    assert isinstance(decision, retries.Retry)
    assert not decision.costs_attempt


def test_an_api_that_is_off_is_waited_for(box: Any, lead: Make, workspace: Workspace) -> None:
    box.control.fault("403:gmail.threads.list:reason=accessNotConfigured")
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.error_kind, run.attempt) == ("waiting", "Misconfigured", 0)


@pytest.mark.parametrize("error", [Unknown("x", **ABOUT), ZeroDivisionError("x")])
def test_what_nobody_knows_is_tried_a_few_times_only(error: Exception) -> None:
    decisions = [type(retries.decide(error, attempt)) for attempt in range(1, retries.FEW + 1)]
    assert decisions == [retries.Retry] * (retries.FEW - 1) + [retries.GiveUp]
    assert not retries.is_known(error)
    assert all(retries.is_known(known("x", **ABOUT)) for known in (Transient, Ambiguous, RateLimited, Misconfigured))


def test_what_nobody_knows_is_seen_and_a_write_that_got_it_is_looked_for(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    box.control.fault("418:gmail.drafts.create:x1")
    run = drive_once(take_in(lead(), sending))
    assert (run.state, run.error_kind) == ("waiting", "Unknown")
    seen = Event.objects.get(run=run, kind="unknown_error")
    assert seen.facts == {"error": "Unknown", "step": "create_draft", "service": "gmail"}
    assert Effect.objects.get(run=run, kind="create_draft").state == "intended"
    drive_to_the_end(run)
    assert box.control.count("gmail.drafts.list") >= 1
    assert made(box)["drafts"] == 1
