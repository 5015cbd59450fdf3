"""Circuits: opened by failures, known to all workers, tried by one, closed by an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.errors import NotConfigured, RateLimited, Transient
from connectors.watch import Operation
from leads import breakers, call_log, connections, drafts, editing, permits, polling, ways
from leads.breakers import CircuitOpen
from leads.credentials import accounts_config
from leads.engine import mailbox
from leads.models import Breaker, Draft, Event, FormPoll, MailboxUpdate, Sending, WorkflowRun, Workspace
from tests.conftest import default_workspace
from tests.leads.driving import calls, drive_once, drive_to_the_end, made, take_in
from tests.leads.outgoing import send
from tests.leads.test_drafts import wording_of

READ = Operation("hubspot", "contacts.get")
LOST = Transient("no answer", service="hubspot", endpoint="contacts.get")
LIMITED = RateLimited("too many", service="hubspot", endpoint="contacts.get")
State = Breaker.State


@pytest.fixture
def shared(transactional_db: None, box: Any, settings: Any) -> Iterator[Workspace]:
    """A workspace that several threads see, in which four calls are enough to judge a service by."""
    settings.WORKFLOW_MODE = "SEND"
    settings.BREAKER_MIN_CALLS = 4
    yield default_workspace(draft_only=False)
    permits.PERMITS.keeper.rest()


def hear(workspace: Workspace, *errors: Any) -> None:
    """Calls to HubSpot that ended so, and what a process makes of them."""
    for error in errors:
        breakers.count(workspace.pk, READ, error)
    breakers.beat()


def circuit(service: str = "hubspot") -> Breaker:
    return Breaker.objects.get(service=service)


def look(workspace: Workspace) -> None:
    with call_log.noted(workspace, "test"):
        open_accounts(accounts_config(workspace)).crm.contact_by_email("nobody@nowhere.example")


def time_for_a_try() -> None:
    Breaker.objects.update(probe_at=Now() - timedelta(seconds=1))
    breakers.read()


def test_it_opens_when_half_of_enough_calls_failed(shared: Workspace) -> None:
    hear(shared, LOST, LOST, None)
    assert circuit().state == State.CLOSED
    hear(shared, None)
    assert circuit().state == State.OPEN
    event = Event.objects.get(kind="breaker_opened")
    assert event.facts == {"service": "hubspot", "why": "2 of 4 calls within a minute failed."}


def test_refusals_are_no_failures(shared: Workspace) -> None:
    hear(shared, LIMITED, LIMITED, LIMITED, LIMITED, None, LOST)
    assert circuit().state == State.CLOSED


def test_what_was_long_ago_does_not_count(shared: Workspace) -> None:
    hear(shared, LOST, LOST, LOST)
    Breaker.objects.update(slot=circuit().slot - breakers.SLOTS)
    hear(shared, LOST)
    assert (circuit().state, sum(circuit().calls)) == (State.CLOSED, 1)


def test_what_other_processes_counted_counts(shared: Workspace) -> None:
    for _ in range(4):
        breakers.MEMORY.forget()
        hear(shared, LOST)
    assert circuit().state == State.OPEN


def test_another_workspace_and_another_service_go_on(shared: Workspace) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    other = Workspace.objects.create(slug="other", name="Other")
    assert breakers.circuit_of(shared.pk, "hubspot")
    assert not breakers.circuit_of(shared.pk, "gmail")
    assert not breakers.circuit_of(other.pk, "hubspot")


def test_while_it_is_open_no_call_is_made_and_a_run_waits_without_an_attempt(
    shared: Workspace, box: Any, lead: Any
) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    run = drive_once(take_in(lead(), shared))
    assert (run.state, run.error_kind, run.failed_service) == (WorkflowRun.State.WAITING, "CircuitOpen", "hubspot")
    assert (run.attempt, run.claims) == (0, 0)
    assert not [name for name in calls(box) if name.startswith("hubspot.")]


def test_a_draft_does_without_documents_while_drive_is_left_alone(shared: Workspace, box: Any, lead: Any) -> None:
    breakers.switch_off(shared, "drive", reason="it moves", by="olga")
    run = drive_to_the_end(take_in(lead(), shared))
    assert (run.state, run.attempt) == (WorkflowRun.State.DONE, 0)
    assert made(box)["drafts"] == 1
    assert box.control.count("drive.files.list") == 0


def test_one_call_tries_and_its_answer_sends_on_what_waits(shared: Workspace, box: Any, lead: Any) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    runs = [drive_once(take_in(lead(number), shared)) for number in (1, 2)]
    time_for_a_try()
    connections.try_circuit(breakers.due().get())
    permits.PERMITS.keeper.rest()
    assert circuit().state == State.CLOSED
    assert breakers.circuit_of(shared.pk, "hubspot") is None
    assert Event.objects.get(kind="breaker_closed").facts["runs"] == 2
    first, second = WorkflowRun.objects.filter(pk__in=[run.pk for run in runs]).order_by("pk")
    assert first.due_at <= timezone.now() + timedelta(seconds=1)
    assert first.due_at < second.due_at
    assert drive_to_the_end(first).state == WorkflowRun.State.DONE
    assert (made(box)["drafts"], made(box)["notes"]) == (2, 1)  # no draft waits for HubSpot


def test_of_many_who_would_try_one_may(shared: Workspace) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    time_for_a_try()
    assert [breakers.win_probe(circuit().pk) for _ in range(3)] == [True, False, False]
    assert circuit().state == State.HALF_OPEN


def test_another_may_try_when_who_tried_was_never_heard_of_again(shared: Workspace) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    time_for_a_try()
    breakers.win_probe(circuit().pk)
    time_for_a_try()
    assert breakers.win_probe(circuit().pk)


def test_a_try_that_fails_keeps_it_open_for_longer(shared: Workspace, box: Any) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    box.control.fault("503:hubspot")
    pauses = []
    for _ in range(4):
        time_for_a_try()
        connections.try_circuit(breakers.due().get())
        permits.PERMITS.keeper.rest()
        assert circuit().state == State.OPEN
        pauses.append(round((circuit().probe_at - timezone.now()).total_seconds()))  # type: ignore[operator]
    assert pauses == [10, 20, 30, 30]
    assert box.control.count("hubspot.contacts.get") == 4


def test_a_run_that_hears_of_it_as_it_closes_does_not_wait_for_it(
    shared: Workspace, lead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    monkeypatch.setattr(breakers, "beat", lambda: None)  # this process does not know yet
    Breaker.objects.update(state=State.CLOSED)
    run = drive_once(take_in(lead(), shared))
    assert run.error_kind == "CircuitOpen"
    assert (run.due_at - timezone.now()).total_seconds() < 60


@pytest.fixture
def draft(shared: Workspace, lead: Any, hasty: None) -> Draft:
    return Draft.objects.get(run=drive_to_the_end(take_in(lead(), shared)))


@pytest.fixture
def unheard(shared: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Gmail's circuit closes, and this process does not hear of it."""

    def close() -> None:
        breakers.switch_off(shared, "gmail", reason="it moves", by="olga")
        breakers.read()
        monkeypatch.setattr(breakers, "beat", lambda: None)
        Breaker.objects.update(state=State.CLOSED)

    return close


def test_neither_does_a_sending(draft: Draft, unheard: Callable[[], None]) -> None:
    drafts.approve(draft, version=draft.version, by=User.objects.create_user("anna"))
    unheard()
    send()
    row = Sending.objects.get()
    assert (row.error_kind, row.attempt) == ("CircuitOpen", 0)
    assert (row.due_at - timezone.now()).total_seconds() < 60  # type: ignore[operator]


def test_neither_does_an_edit(draft: Draft, unheard: Callable[[], None]) -> None:
    wording, dossier = wording_of(draft)
    by = User.objects.create_user("anna")
    editing.save(draft, replace(wording, subject="Seats"), dossier, version=draft.version, by=by)
    unheard()
    (held,) = mailbox.claim(5)
    mailbox.bring(held)
    row = MailboxUpdate.objects.get()
    assert (row.error_kind, row.attempt) == ("CircuitOpen", 0)
    assert (row.due_at - timezone.now()).total_seconds() < 60


def test_nobody_waits_for_it_for_longer_than_a_day(shared: Workspace, lead: Any) -> None:
    breakers.switch_off(shared, "gmail", reason="it moves", by="olga")
    breakers.read()
    run = take_in(lead(), shared)
    WorkflowRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=25))
    run = drive_once(run)
    assert (run.state, run.error_kind) == (WorkflowRun.State.DEAD, "CircuitOpen")


def test_a_poll_that_it_refused_goes_on_as_soon_as_it_closes(shared: Workspace, settings: Any) -> None:
    settings.POLL_MINUTES = 5.0
    hear(shared, LOST, LOST, LOST, LOST)
    held = polling.claim()
    assert held is not None
    polling.poll(held)
    refused = FormPoll.objects.filter(pk=held.form_id, error_kind="CircuitOpen")
    assert refused.get().due_at > timezone.now() + timedelta(minutes=4)
    form = refused.select_related("form__workspace").get().form
    assert ways.poll_state(form).advice.startswith("HubSpot failed too often")
    breakers.switch_on(shared, "hubspot", reason="it is well", by="olga")
    assert refused.get().due_at <= timezone.now()


def test_what_opened_by_itself_a_person_may_keep_open(shared: Workspace) -> None:
    hear(shared, LOST, LOST, LOST, LOST)
    time_for_a_try()
    assert breakers.win_probe(circuit().pk)
    assert breakers.switch_off(shared, "hubspot", reason="they are moving us", by="olga")
    assert not breakers.switch_off(shared, "hubspot", reason="they are moving us", by="olga")
    breakers.probed(circuit().pk, None)
    assert (circuit().state, circuit().probe_at, circuit().opened_by) == (State.OPEN, None, "olga")
    assert breakers.switch_on(shared, "hubspot", reason="they have", by="olga")


def test_an_account_that_was_taken_out_is_not_tried_every_second(
    shared: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: Any) -> None:
        raise NotConfigured("there is no token")

    hear(shared, LOST, LOST, LOST, LOST)
    time_for_a_try()
    monkeypatch.setitem(connections.ASK, "hubspot", nobody)
    connections.try_circuit(breakers.due().get())
    assert not breakers.due().exists()


def test_real_failures_open_it(shared: Workspace, box: Any) -> None:
    box.control.fault("503:hubspot")
    for _ in range(4):
        with pytest.raises(Transient):
            look(shared)
    with pytest.raises(CircuitOpen):
        look(shared)
    assert box.control.count("hubspot.contacts.get") == 4


def test_a_person_opens_and_closes_it_with_a_reason(shared: Workspace) -> None:
    assert breakers.switch_off(shared, "gmail", reason="Google is moving us", by="olga")
    assert not breakers.due()
    breakers.read()
    assert breakers.circuit_of(shared.pk, "gmail")
    assert breakers.switch_on(shared, "gmail", reason="done", by="olga")
    events = Event.objects.filter(kind__startswith="breaker_").order_by("pk")
    assert [(event.kind, event.actor) for event in events] == [("breaker_opened", "olga"), ("breaker_closed", "olga")]


def test_counting_costs_a_process_one_statement_a_second(
    shared: Workspace, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.SETTINGS_SECONDS = 60.0
    breakers.MEMORY.forget()
    for _ in range(50):
        breakers.count(shared.pk, READ, None)
    with django_assert_num_queries(2):  # to note, and to read what is open
        breakers.beat()
        breakers.beat()


def test_none_opens_when_it_is_switched_off(shared: Workspace, settings: Any) -> None:
    settings.BREAKER_MIN_CALLS = 0
    hear(shared, *[LOST] * 20)
    assert not Breaker.objects.exists()


def test_one_that_a_person_opens_is_kept_to_all_the_same(shared: Workspace, box: Any, settings: Any) -> None:
    settings.BREAKER_MIN_CALLS = 0
    breakers.switch_off(shared, "hubspot", reason="it moves", by="olga")
    with pytest.raises(CircuitOpen):
        look(shared)
