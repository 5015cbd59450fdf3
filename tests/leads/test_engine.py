"""The durable core: one owner at a time, nothing twice, nothing lost, and failures that end somewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection, connections
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.errors import AuthFailed, NotConfigured, Permanent, PermissionDenied, RateLimited, Transient
from leads import codec, credentials, runs
from leads.codec import Unreadable
from leads.connections import ConnectionBroken
from leads.engine import retries, turns
from leads.engine.drain import Drain
from leads.engine.driver import drive
from leads.engine.journal import Journal
from leads.engine.leases import Claim, LeaseLost, claim, due, held, holder, release_of
from leads.models import Effect, Event, StepRun, Submission, WorkflowRun, Workspace
from tests.leads.driving import (
    CALLERS,
    beside,
    calls,
    claim_now,
    drive_once,
    drive_to_the_end,
    made,
    take_in,
    until,
)

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]

# What each write leaves at the vendors; the last two are repeated without harm.
WRITES = {
    "hubspot.contacts.create": "contacts",
    "hubspot.companies.create": "companies",
    "hubspot.associations.put": "associations",
    "gmail.drafts.create": "drafts",
    "hubspot.notes.create": "notes",
    "hubspot.tasks.create": "tasks",
    "gmail.labels.create": "labels",
    "gmail.threads.modify": "label_changes",
}
# Nothing but our own looking keeps these from being made twice; the others the vendors refuse, or take as the same.
DOUBLES = ("hubspot.companies.create", "gmail.drafts.create", "hubspot.notes.create", "hubspot.tasks.create")
LOOKS = {"gmail.drafts.create": "gmail.drafts.list"}  # the others are looked for over the contact's associations
LOST_REPLIES = (
    *("drop-after", "drop-before", "bad-json", "html", "500", "503", "429"),
    "timeout",
)


def lead_for(endpoint: str, lead: Make) -> dict[str, Any]:
    """A lead whose run makes this call."""
    return lead(email="new.hire@nordvik.example") if endpoint == "hubspot.associations.put" else lead()


def assert_once(box: Any, run: WorkflowRun, endpoint: str) -> None:
    """Whatever happened on the way, the vendors have one of each."""
    effects = Effect.objects.filter(run=run)
    assert {effect.state for effect in effects} == {"done"}
    created = box.control.created()
    assert (len(created["contacts"]), len(created["drafts"])) == (1, 1)
    assert (len(created["notes"]), len(created["tasks"]), len(created["labels"])) == (1, 1, 1)
    assert len(created["companies"]) == (0 if endpoint == "hubspot.associations.put" else 1)
    contact = created["contacts"][0]["id"]
    tied = {(tie["from_type"], tie["from_id"]) for tie in created["associations"] if tie["to_id"] == contact}
    tied |= {(tie["to_type"], tie["to_id"]) for tie in created["associations"] if tie["from_id"] == contact}
    assert sorted(kind for kind, _ in tied) == ["companies", "notes", "tasks"]
    assert created["drafts"][0]["thread_id"] in {change["thread_id"] for change in created["label_changes"]}
    results: dict[str, str] = {}
    for effect in effects:
        results |= effect.result
    assert results["contact"] == contact
    assert results["draft"] == created["drafts"][0]["draft_id"]
    assert results["note"] == created["notes"][0]["id"]
    assert results["task"] == created["tasks"][0]["id"]
    assert results["label"] == created["labels"][0]["id"]


# Who drives


@pytest.mark.django_db(transaction=True)
def test_of_many_claimers_one_wins(lead: Make, workspace: Workspace) -> None:
    pending = [take_in(lead(number), workspace) for number in range(5)]
    start = threading.Barrier(6)

    def grab() -> list[Claim]:
        start.wait(10)
        try:
            return [one for run in pending for one in claim(1, run.pk)]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        won = [one for grabbed in [threads.submit(grab) for _ in range(6)] for one in grabbed.result(20)]
    assert sorted(one.run_id for one in won) == sorted(run.pk for run in pending)
    for one in won:
        run = WorkflowRun.objects.get(pk=one.run_id)
        assert (run.state, run.lease, run.claims) == ("running", one.lease, 1)


@pytest.mark.django_db(transaction=True)
def test_claimers_of_whatever_is_due_share_it_out(lead: Make, workspace: Workspace) -> None:
    pending = {take_in(lead(number), workspace).pk for number in range(12)}
    start = threading.Barrier(4)

    def grab() -> list[Claim]:
        start.wait(10)
        try:
            return claim(3)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        won = [one.run_id for grabbed in [threads.submit(grab) for _ in range(4)] for one in grabbed.result(20)]
    assert len(won) == len(set(won))
    assert set(won) | {one.run_id for one in claim(12)} == pending


def test_a_run_that_is_held_or_not_due_cannot_be_claimed(lead: Make, workspace: Workspace) -> None:
    run = take_in(lead(), workspace)
    assert len(claim(1, run.pk)) == 1
    assert claim(1, run.pk) == []
    WorkflowRun.objects.filter(pk=run.pk).update(state="waiting", lease=None, due_at=Now() + timedelta(seconds=30))
    assert claim(1, run.pk) == []
    for state in ("dead", "cancelled"):
        WorkflowRun.objects.filter(pk=run.pk).update(state=state, due_at=Now())
        assert claim(1, run.pk) == []
        assert not due().exists()


def test_a_lease_that_ran_out_is_anybodys_and_the_first_holder_writes_nothing_more(
    lead: Make, workspace: Workspace
) -> None:
    run = take_in(lead(), workspace)
    first = claim(1, run.pk)[0]
    late = Journal(WorkflowRun.objects.get(pk=run.pk), first.lease)
    late.begin()
    second = claim_now(run)
    assert second.lease != first.lease
    late.event("too_late")
    with pytest.raises(LeaseLost):
        late.commit(error="too late")
    run.refresh_from_db()
    assert (run.lease, run.error, run.started_at) == (second.lease, "", None)
    assert not Event.objects.filter(kind="too_late").exists()
    assert not held(run.pk, first.lease).exists()


def test_a_claim_that_was_lost_before_it_began_calls_nobody(box: Any, lead: Make, workspace: Workspace) -> None:
    run = take_in(lead(), workspace)
    first = claim(1, run.pk)[0]
    second = claim_now(run)
    drive(first, CALLERS)
    assert not calls(box)
    drive(second, CALLERS)
    assert WorkflowRun.objects.get(pk=run.pk).outcome == "drafted"


def test_the_lease_is_renewed_with_every_commit(lead: Make, workspace: Workspace) -> None:
    run = take_in(lead(), workspace)
    journal = Journal(run, claim(1, run.pk)[0].lease)
    WorkflowRun.objects.filter(pk=run.pk).update(due_at=Now())
    journal.commit()
    assert timedelta(seconds=50) < WorkflowRun.objects.get(pk=run.pk).due_at - timezone.now() <= timedelta(seconds=60)


def test_the_runs_of_a_dead_worker_are_due_at_once(lead: Make, workspace: Workspace) -> None:
    ours, theirs = take_in(lead(1), workspace), take_in(lead(2), workspace)
    claim(1, ours.pk)
    claim(1, theirs.pk)
    WorkflowRun.objects.filter(pk=theirs.pk).update(holder="elsewhere:1")
    assert release_of(holder()) == 1
    assert [run.pk for run in due()] == [ours.pk]


@pytest.mark.django_db(transaction=True)
def test_a_run_cancelled_in_mid_call_keeps_nothing_of_it(box: Any, lead: Make, sending: Workspace) -> None:
    run = take_in(lead(), sending)
    box.control.fault("slow:gmail.drafts.create:x1:seconds=0.6")
    with beside(drive_once, run) as driven:
        until(lambda: box.control.count("gmail.drafts.create"))
        runs.cancel(run, reason="They called.", actor="olga")
        before = StepRun.objects.filter(run=run).count()
        assert not driven.done()
    run.refresh_from_db()
    assert (run.state, run.reason, run.lease) == ("cancelled", "They called.", None)
    assert StepRun.objects.filter(run=run).count() == before
    assert Effect.objects.get(run=run, kind="create_draft").state == "intended"
    assert not calls(box).keys() & {"hubspot.notes.create", "hubspot.tasks.create", "gmail.threads.modify"}
    assert Event.objects.filter(run=run).latest("pk").kind == "run_cancelled"


# Effects that happen once


@pytest.mark.parametrize("endpoint", WRITES)
@pytest.mark.parametrize("fault", LOST_REPLIES)
def test_a_write_whose_reply_is_lost_is_there_once(
    box: Any, lead: Make, sending: Workspace, hasty: None, settings: Any, endpoint: str, fault: str
) -> None:
    if fault == "timeout":
        settings.HTTP_READ_TIMEOUT = 0.4
    seconds = ":seconds=0.6" if fault == "timeout" else ""
    box.control.fault(f"{fault}:{endpoint}:x1{seconds}")
    run = drive_to_the_end(take_in(lead_for(endpoint, lead), sending))
    assert run.outcome == "drafted"
    assert box.control.faults()[0]["fired"] == 1
    assert_once(box, run, endpoint)


def test_all_replies_lost_at_once_are_no_worse(box: Any, lead: Make, sending: Workspace, hasty: None) -> None:
    for endpoint in WRITES:
        box.control.fault(f"drop-after:{endpoint}:x2")
    run = drive_to_the_end(take_in(lead(), sending))
    assert_once(box, run, "")


@pytest.mark.parametrize("endpoint", ["gmail.drafts.create", "gmail.labels.create", "gmail.threads.modify"])
def test_a_draft_is_found_again_though_gmail_changed_its_headers(
    box: Any, lead: Make, sending: Workspace, hasty: None, endpoint: str
) -> None:
    box.control.settings(rewrite_message_id=True, strip_x_headers=True)
    box.control.fault(f"drop-after:{endpoint}:x1")
    assert_once(box, drive_to_the_end(take_in(lead(), sending)), endpoint)


@pytest.mark.parametrize("endpoint", DOUBLES)
def test_a_look_that_fails_is_made_again(box: Any, lead: Make, sending: Workspace, hasty: None, endpoint: str) -> None:
    box.control.fault(f"drop-after:{endpoint}:x1")
    box.control.fault(f"500:{LOOKS.get(endpoint, 'hubspot.associations.list')}:x2")
    run = drive_to_the_end(take_in(lead(), sending))
    assert [fault["left"] for fault in box.control.faults()] == [0, 0]
    assert_once(box, run, endpoint)


def test_a_search_that_lags_makes_no_second_company(box: Any, lead: Make, sending: Workspace, hasty: None) -> None:
    box.control.settings(search_lag_ms=60_000)
    box.control.fault("drop-after:hubspot.companies.create:x1")
    assert_once(box, drive_to_the_end(take_in(lead(), sending)), "")


@pytest.mark.parametrize("endpoint", DOUBLES)
def test_without_looking_first_the_same_writes_are_doubled(
    box: Any, lead: Make, sending: Workspace, hasty: None, settings: Any, endpoint: str
) -> None:
    settings.LOOK_BEFORE_REPEAT = False
    box.control.fault(f"drop-after:{endpoint}:x1")
    drive_to_the_end(take_in(lead(), sending))
    assert made(box)[WRITES[endpoint]] == 2


@pytest.mark.parametrize("mode", ["DRAFT_ONLY", "SEND"])
def test_a_run_left_between_intent_and_call_is_settled_by_looking(
    box: Any, lead: Make, sending: Workspace, settings: Any, mode: str
) -> None:
    settings.WORKFLOW_MODE = mode
    run, lease = take_in(lead(), sending), settings.LEASE
    settings.LEASE = timedelta(seconds=1)  # too short for a call, so the intent is all that gets done
    run = drive_once(run)
    assert (run.state, run.error) == ("running", "")
    assert Effect.objects.filter(run=run, state="intended").exists()
    assert not calls(box, writes=True)
    settings.LEASE = lease
    run = drive_to_the_end(run)
    assert run.outcome == "drafted"
    looked = "gmail.drafts.list" if mode == "DRAFT_ONLY" else "hubspot.contacts.get"
    assert calls(box)[looked] >= 1
    assert made(box)["drafts"] == 1
    if mode == "SEND":
        assert_once(box, run, "")


@pytest.mark.parametrize("endpoint", WRITES)
@pytest.mark.django_db(transaction=True)
def test_a_run_taken_over_in_mid_call_is_finished_by_the_new_owner_alone(
    box: Any, lead: Make, sending: Workspace, endpoint: str
) -> None:
    run = take_in(lead_for(endpoint, lead), sending)
    box.control.fault(f"timeout:{endpoint}:x1:seconds=0.5")  # the vendor does the work; the reply never comes
    with beside(drive_once, run):
        until(lambda: box.control.count(endpoint))
        second = claim_now(run)
        drive(second, CALLERS)
        finished = WorkflowRun.objects.get(pk=run.pk)
        steps = list(StepRun.objects.filter(run=run).order_by("pk").values())
    run.refresh_from_db()
    assert (run.outcome, run.finished_at) == ("drafted", finished.finished_at)
    assert list(StepRun.objects.filter(run=run).order_by("pk").values()) == steps
    assert not Event.objects.filter(run=run, kind__in=["effect_failed", "run_waits"]).exists()
    assert_once(box, run, endpoint)


def test_what_is_done_is_not_done_again(box: Any, lead: Make, sending: Workspace, hasty: None) -> None:
    box.control.fault("500:gmail.threads.list:x1")
    run = drive_once(take_in(lead(), sending))
    assert (run.state, run.failed_step) == ("waiting", "search_threads")
    first = calls(box)
    run = drive_once(run)
    assert run.outcome == "drafted"
    again = {name: times - first[name] for name, times in calls(box).items()}
    assert again["gmail.threads.list"] == 1
    for name in ("hubspot.contacts.get", "hubspot.companies.search"):
        assert (name, first[name] > 0, again[name]) == (name, True, 0)
    attempts = dict(StepRun.objects.filter(run=run).values_list("name", "attempt"))
    assert attempts.pop("search_threads") == 2
    assert set(attempts.values()) == {1}
    assert_once(box, run, "")


def test_a_retry_goes_on_from_the_step_that_failed(box: Any, lead: Make, sending: Workspace) -> None:
    box.control.fault("403:hubspot.tasks.create:x1")
    run = drive_once(take_in(lead(), sending))
    assert (run.state, run.failed_step) == ("dead", "create_task")
    assert Effect.objects.get(run=run, kind="create_task").error
    before = calls(box)
    runs.retry(run, actor="olga")
    run = drive_once(run)
    assert (run.outcome, run.failed_step, run.error) == ("drafted", "", "")
    again = {name for name, times in calls(box).items() if times > before[name]}
    assert again <= {"hubspot.tasks.create", "gmail.labels.create", "gmail.threads.modify"}
    assert_once(box, run, "")


# Two at once


@pytest.mark.parametrize("faults", [(), ("drop-after:hubspot.companies.create:x1",)], ids=["calm", "lost reply"])
@pytest.mark.django_db(transaction=True)
def test_two_leads_of_a_new_company_at_once_make_one_company(
    box: Any, lead: Make, sending: Workspace, hasty: None, monkeypatch: pytest.MonkeyPatch, faults: tuple[str, ...]
) -> None:
    # The drain's threads keep their connections for the next bell; the test's database must be let go of.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    box.control.settings(search_lag_ms=60_000, latency_ms=10)
    for spec in faults:
        box.control.fault(spec)
    for number in range(4):
        take_in(lead(number), sending)

    def drained() -> bool:
        Drain().work(None, 5.0)
        return not WorkflowRun.objects.filter(finished_at=None).exists()

    until(drained)
    assert set(WorkflowRun.objects.values_list("outcome", flat=True)) == {"drafted"}
    created = box.control.created()
    assert (len(created["contacts"]), len(created["companies"])) == (4, 1)
    company = created["companies"][0]["id"]
    ties = [{tie["from_id"], tie["to_id"]} for tie in created["associations"]]
    for contact in created["contacts"]:
        assert {company, contact["id"]} in ties


def test_a_company_that_was_deleted_since_is_made_again(box: Any, lead: Make, sending: Workspace) -> None:
    box.control.settings(search_lag_ms=60_000)
    drive_once(take_in(lead(1), sending))
    Effect.objects.filter(kind="create_company").update(result={"company": "424242"})
    run = drive_once(take_in(lead(2), sending))
    assert run.outcome == "drafted"
    assert made(box)["companies"] == 2


# Failures


def test_a_failure_waits_within_its_bounds_and_goes_on(
    box: Any, lead: Make, workspace: Workspace, settings: Any
) -> None:
    settings.BACKOFF_BASE, settings.BACKOFF_CAP = timedelta(seconds=40), timedelta(seconds=100)
    box.control.fault("500:hubspot.contacts.get:x4")
    run = take_in(lead(), workspace)
    for attempt, ceiling in enumerate((40, 80, 100, 100), start=1):
        run = drive_once(run)
        wait = (run.due_at - timezone.now()).total_seconds()
        assert (run.state, run.attempt, run.failed_step) == ("waiting", attempt, "resolve_contact")
        assert (run.error_kind, run.lease, run.holder) == ("Transient", None, "")
        assert -5 < wait <= ceiling
        assert Event.objects.filter(run=run).latest("pk").kind == "run_waits"
    assert drive_once(run).outcome == "drafted"


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 2), (2, 4), (5, 32), (30, 600), (10_000, 600)])
def test_backoff_is_spread_over_all_of_its_range(settings: Any, attempt: int, ceiling: int) -> None:
    settings.BACKOFF_BASE, settings.BACKOFF_CAP = timedelta(seconds=2), timedelta(seconds=600)
    waits = [retries.backoff(attempt).total_seconds() / ceiling for _ in range(400)]
    assert 0 <= min(waits) < 0.1
    assert 0.9 < max(waits) <= 1
    assert 0.4 < sum(waits) / len(waits) < 0.6


@pytest.mark.parametrize("service", ["hubspot.contacts.get", "gmail.threads.list", "hubspot.notes.create"])
def test_a_vendor_that_says_when_is_believed(
    box: Any, lead: Make, sending: Workspace, settings: Any, service: str
) -> None:
    settings.BACKOFF_BASE = timedelta(seconds=3)
    box.control.fault(f"429:{service}:x1:retry_after=50")
    run = drive_once(take_in(lead(), sending))
    assert (run.state, run.error_kind) == ("waiting", "RateLimited")
    assert 45 < (run.due_at - timezone.now()).total_seconds() <= 53


@pytest.mark.parametrize("fault", ["403:gmail.drafts.create:x1", "400:gmail.threads.list:x1"])
def test_what_cannot_get_better_by_itself_is_dead_at_once(
    box: Any, lead: Make, workspace: Workspace, fault: str
) -> None:
    box.control.fault(fault)
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.attempt) == ("dead", 1)
    assert run.error_kind in {"PermissionDenied", "Permanent"}
    assert run.finished_at is not None
    assert run.lease is None
    assert not due().exists()
    assert Event.objects.filter(run=run).latest("pk").kind == "run_died"


def test_too_many_attempts_are_the_end(box: Any, lead: Make, workspace: Workspace, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 3
    box.control.fault("500:hubspot.contacts.get")
    run = take_in(lead(), workspace)
    states = []
    for _ in range(3):
        run = drive_once(run)
        states.append(run.state)
    assert states == ["waiting", "waiting", "dead"]
    assert (run.attempt, run.error_kind, run.failed_step) == (3, "Transient", "resolve_contact")
    assert box.control.count("hubspot.contacts.get") == 3


def test_a_step_forward_gives_all_attempts_back(box: Any, lead: Make, sending: Workspace, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 3
    box.control.fault("500:hubspot.contacts.get:x2")
    box.control.fault("503:hubspot.notes.create:x2")
    run = take_in(lead(), sending)
    attempts = []
    for _ in range(4):
        run = drive_once(run)
        attempts.append(run.attempt)
    assert attempts == [1, 2, 1, 2]
    assert drive_once(run).outcome == "drafted"


def test_a_run_that_kills_its_workers_is_given_up(box: Any, lead: Make, workspace: Workspace, settings: Any) -> None:
    settings.MAX_CLAIMS = 3
    run = take_in(lead(), workspace)
    for _ in range(3):
        claim_now(run)
    assert WorkflowRun.objects.get(pk=run.pk).claims == 3
    run = drive_once(run)
    assert (run.state, run.error_kind) == ("dead", "NoProgress")
    assert "4 workers" in run.error
    assert not calls(box)


def test_a_claim_that_gets_somewhere_starts_the_count_anew(
    box: Any, lead: Make, workspace: Workspace, settings: Any
) -> None:
    settings.MAX_CLAIMS = 3
    box.control.fault("500:hubspot.contacts.get:x1")
    run = take_in(lead(), workspace)
    claim_now(run)
    claim_now(run)
    assert drive_once(run).claims == 0


def test_no_credentials_are_waited_for(box: Any, lead: Make, workspace: Workspace, settings: Any) -> None:
    token, settings.HUBSPOT_ACCESS_TOKEN = settings.HUBSPOT_ACCESS_TOKEN, ""
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.error_kind, run.attempt) == ("waiting", "NotConfigured", 0)
    assert "HUBSPOT_ACCESS_TOKEN" in run.error
    settings.HUBSPOT_ACCESS_TOKEN = token
    assert drive_once(run).outcome == "drafted"


def test_a_lost_key_is_waited_for(box: Any, lead: Make, workspace: Workspace, settings: Any) -> None:
    credentials.seal(workspace, "hubspot", {"access_token": "sandbox-token"})
    keys, settings.CREDENTIALS_KEYS = settings.CREDENTIALS_KEYS, [Fernet.generate_key().decode()]
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.error_kind, run.attempt) == ("waiting", "KeyLost", 0)
    assert "CREDENTIALS_KEYS" in run.error
    settings.CREDENTIALS_KEYS = [*settings.CREDENTIALS_KEYS, *keys]
    assert drive_once(run).outcome == "drafted"


def test_a_workspace_without_a_sender_waits_for_one(box: Any, lead: Make, workspace: Workspace) -> None:
    Workspace.objects.update(sender_email="")
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.error_kind, run.attempt) == ("waiting", "NotConfigured", 0)


def spoil_step(run: WorkflowRun) -> None:
    StepRun.objects.filter(run=run, name="validate_submission").update(result={"email": 7})


def spoil_effect(run: WorkflowRun) -> None:
    Effect.objects.filter(run=run, kind="create_contact").update(args={"contact": "somebody"})


def spoil_submission(run: WorkflowRun) -> None:
    Submission.objects.filter(pk=run.submission_id).update(payload={"fields": []})


@pytest.mark.parametrize(
    ("spoil", "named"), [(spoil_step, "Enquiry"), (spoil_effect, "CreateContact"), (spoil_submission, "Submitted")]
)
def test_what_is_stored_and_cannot_be_read_is_the_end_and_says_what(
    box: Any, lead: Make, sending: Workspace, spoil: Callable[[WorkflowRun], None], named: str
) -> None:
    box.control.fault("500:gmail.threads.list:x1")
    run = drive_once(take_in(lead(), sending))
    spoil(run)
    run = drive_once(run)
    assert (run.state, run.error_kind) == ("dead", "Unreadable")
    assert run.error.startswith(named)


def test_an_error_with_a_nul_byte_is_kept_without_it(lead: Make, workspace: Workspace, box: Any) -> None:
    Workspace.objects.update(timezone="Europe/\x01Nowhere")
    run = drive_once(take_in(lead(), workspace))
    assert run.state == "waiting"
    assert run.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AuthFailed("x", service="s", endpoint="e"), retries.Retry),
        (ConnectionBroken("google", "x"), retries.Retry),
        (NotConfigured("x"), retries.Retry),
        (credentials.KeyLost("x"), retries.Retry),
        (Transient("x", service="s", endpoint="e"), retries.GiveUp),
        (RateLimited("x", service="s", endpoint="e", retry_after=1.0), retries.Retry),
        (Permanent("x", service="s", endpoint="e"), retries.GiveUp),
        (PermissionDenied("x", service="s", endpoint="e"), retries.GiveUp),
        (Unreadable("x"), retries.GiveUp),
        (ValueError("x"), retries.GiveUp),
    ],
)
def test_after_the_last_attempt_only_a_connection_or_a_limit_is_waited_for(
    settings: Any, error: Exception, expected: type[object]
) -> None:
    assert type(retries.decide(error, settings.MAX_ATTEMPTS)) is expected


# What it costs


def test_reads_that_need_nothing_of_each_other_overlap(box: Any, lead: Make, workspace: Workspace) -> None:
    drive_once(take_in(lead("warm"), workspace))  # tokens and connections
    box.control.latency(100)
    run = drive_once(take_in(lead(), workspace))
    layer = StepRun.objects.filter(
        run=run, name__in=["resolve_contact", "resolve_company", "search_threads", "find_assets", "propose_slots"]
    )
    took = [(step.finished_at - step.started_at).total_seconds() for step in layer]
    whole = max(step.finished_at for step in layer) - min(step.started_at for step in layer)
    assert sum(took) > 0.5
    assert whole.total_seconds() < 0.35
    assert whole.total_seconds() < 0.7 * sum(took)


@pytest.mark.parametrize(("mode", "most", "transactions"), [("DRAFT_ONLY", 45, 7), ("SEND", 70, 10)])
def test_a_run_keeps_to_its_statements(
    box: Any, lead: Make, sending: Workspace, settings: Any, mode: str, most: int, transactions: int
) -> None:
    settings.WORKFLOW_MODE = mode
    mine = claim(1, take_in(lead(), sending).pk)[0]
    with CaptureQueriesContext(connection) as spoken:
        drive(mine, CALLERS)
    statements = [query["sql"] for query in spoken if "SAVEPOINT" not in query["sql"]]
    begun = [query["sql"] for query in spoken if query["sql"].startswith("SAVEPOINT")]
    assert WorkflowRun.objects.get(pk=mine.run_id).outcome == "drafted"
    assert len(statements) <= most, "\n".join(statements)
    assert len(begun) <= transactions


# What a look must not miss


def test_a_dead_workers_runs_are_free_at_once_but_for_those_that_were_writing(
    box: Any, lead: Make, sending: Workspace, settings: Any
) -> None:
    reading, writing = claim_now(take_in(lead(1), sending)), claim_now(take_in(lead(2), sending))
    Effect.objects.create(
        run_id=writing.run_id,
        workspace=sending,
        step="create_draft",
        kind="create_draft",
        state="intended",
        args={},
        planned_at=timezone.now(),
    )
    assert release_of(holder()) == 2
    assert [one.run_id for one in claim(5)] == [reading.run_id]
    waits = WorkflowRun.objects.get(pk=writing.run_id).due_at - timezone.now()
    assert 0 < waits.total_seconds() <= settings.HTTP_READ_TIMEOUT


@pytest.mark.django_db(transaction=True)
def test_a_switch_turned_on_during_a_look_holds_the_write_back(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    box.control.fault("500:hubspot.tasks.create:x1")
    run = drive_once(take_in(lead(), sending))
    assert Effect.objects.get(run=run, kind="create_task").state == "intended"
    box.control.fault("slow:hubspot.associations.list:x1:seconds=1")
    looked = box.control.count("hubspot.associations.list")
    with beside(lambda: drive_once(run)):
        until(lambda: box.control.count("hubspot.associations.list") > looked)
        Workspace.objects.update(draft_only=True)
    effect = Effect.objects.get(run=run, kind="create_task")
    assert (effect.state, effect.withheld) == ("planned", "the workspace is DRAFT_ONLY")
    assert made(box).get("tasks", 0) == 0


def test_a_company_that_a_given_up_run_may_have_made_is_looked_for(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    box.control.fault("drop-after:hubspot.companies.create:x1")
    first = drive_once(take_in(lead(1), sending))
    WorkflowRun.objects.filter(pk=first.pk).update(state="cancelled", lease=None)
    assert drive_to_the_end(take_in(lead(2), sending)).outcome == "drafted"
    assert made(box)["companies"] == 1


def test_waiting_for_another_runs_turn_costs_no_attempt() -> None:
    decision = retries.decide(turns.Contended("x"), 10_000)
    assert isinstance(decision, retries.Retry)
    assert not decision.costs_attempt


def test_a_result_that_cannot_be_stored_is_stored_without_what_is_wrong_with_it() -> None:
    assert codec.decode(codec.encode({"a": "x\ud800y\x00"}), dict[str, str]) == {"a": "x?y"}
