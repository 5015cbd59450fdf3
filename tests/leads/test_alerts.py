"""Alerts: each rule fires and resolves, over real HTTP to a local receiver; none is told twice for one cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from leads import breakers, connections, heartbeat, messages, notices, outbox, problems, runs
from leads.alerts import decisions, outside, rules, watch
from leads.causes import Cause
from leads.models import (
    Alert,
    AlertRule,
    Delivery,
    Draft,
    Event,
    ModelSpend,
    Notice,
    NoticeAddress,
    Submission,
    Worker,
    WorkflowRun,
    Workspace,
)
from leads.supervisor import Supervisor
from tests.conftest import default_workspace
from tests.leads.driving import cluster
from tests.leads.listener import Listener, listening

Kind = AlertRule.Kind


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def address(listener: Listener, workspace: Workspace, olga: User) -> NoticeAddress:
    """Somebody who is told."""
    return notices.add(workspace, url=listener.url, name="Team", by=olga)


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender's own thread would close the test's."""
    monkeypatch.setattr("leads.outbox.connection.close", lambda: None)


def look(*kinds: str) -> None:
    """What a supervisor does when the time of these rules has come, and a worker after it."""
    AlertRule.objects.update(due_at=Now())
    watch.look(kinds or watch.ALL)
    outbox.send_due()


def rule(workspace: Workspace, kind: str, **values: Any) -> AlertRule:
    watch.make_rules()
    found = AlertRule.objects.filter(workspace=workspace, kind=kind)
    found.update(**values)
    return found.get()


def run_of(workspace: Workspace, state: str = "pending", *, ago: float = 0, **fields: Any) -> WorkflowRun:
    """A run whose form came so many minutes ago."""
    came = timezone.now() - timedelta(minutes=ago)
    submission = Submission.objects.create(workspace=workspace, dedupe_key=str(uuid4()), source="form", payload={})
    Submission.objects.filter(pk=submission.pk).update(received_at=came)
    outcome = "drafted" if state == "done" else ""
    fields = {"state": state, "outcome": outcome, "created_at": came, "due_at": came} | fields
    return WorkflowRun.objects.create(workspace=workspace, submission=submission, **fields)


def dead(workspace: Workspace, **fields: Any) -> WorkflowRun:
    cause = {"error_kind": "PermissionDenied", "failed_step": "resolve_contact", "failed_service": "hubspot"}
    return run_of(workspace, "dead", **cause | {"finished_at": timezone.now()} | fields)


def earlier(**passed: float) -> None:
    """As if what is known of alerts were older by so much."""
    ago = timedelta(**passed)
    Alert.objects.update(opened_at=F("opened_at") - ago, told_at=F("told_at") - ago)


# --- each rule: what makes it fire, what ends it, and what the message says -------------------------------------------


@dataclass(frozen=True)
class Row:
    """`hurt` makes the rule's condition hold, `heal` ends it; `says` stands in the title of the message."""

    kind: Kind
    hurt: Callable[[Workspace], object]
    heal: Callable[[Workspace], object]
    says: str


def busy(workspace: Workspace) -> None:
    for number in range(12):
        run_of(workspace, "waiting" if number < 4 else "done", error_kind="Transient" if number < 4 else "")


def always_open(workspace: Workspace) -> None:
    Workspace.objects.update(workdays=[0, 1, 2, 3, 4, 5, 6], opens="00:00", closes="23:59", holiday_country="")
    Workspace.objects.update(own_hours=[], days_off=[])


def nothing_came(workspace: Workspace) -> None:
    always_open(workspace)
    run_of(workspace, "done", ago=40 * 60)


def draft_left(workspace: Workspace) -> None:
    always_open(workspace)
    fields = {"recipient": "a@b.example", "subject": "s", "body": "b", "writer": "templates", "is_sound": True}
    Draft.objects.create(workspace=workspace, run=run_of(workspace, "done"), **fields)
    Draft.objects.update(created_at=timezone.now() - timedelta(hours=9))


def lead_waits(workspace: Workspace) -> None:
    always_open(workspace)
    run_of(workspace, "waiting", ago=60, due_at=timezone.now() + timedelta(minutes=5), error_kind="Transient")


def budget_spent(workspace: Workspace) -> None:
    Workspace.objects.update(writer="model", model_budget=Decimal(1))
    ModelSpend.objects.create(workspace=workspace, month=timezone.now().date().replace(day=1), cost=2_000_000)


TABLE = [
    Row(
        Kind.DEAD_LETTER,
        lambda workspace: [dead(workspace), dead(workspace)],
        lambda _: WorkflowRun.objects.update(state="cancelled"),
        "2 runs are dead: PermissionDenied · Find the contact, or plan it · hubspot",
    ),
    Row(
        Kind.CONNECTION_BROKEN,
        lambda workspace: connections.broke(workspace, "gmail", "gmail answered 401: no."),
        lambda workspace: connections.mended(workspace, "google"),
        "Google is not connected any more",
    ),
    Row(
        Kind.BREAKER_OPEN,
        lambda workspace: breakers.switch_off(workspace, "drive", reason="it moves", by="olga"),
        lambda workspace: breakers.switch_on(workspace, "drive", reason="it has moved", by="olga"),
        "Drive is left alone",
    ),
    Row(
        Kind.UNKNOWN_ERROR,
        lambda workspace: [dead(workspace, error_kind="Unknown"), dead(workspace, error_kind="Unknown")],
        lambda _: WorkflowRun.objects.update(state="cancelled"),
        "An answer that nobody knows, at “Find the contact, or plan it” from hubspot",
    ),
    Row(Kind.ERROR_RATE, busy, lambda _: WorkflowRun.objects.update(error_kind=""), "33 % of runs fail"),
    Row(
        Kind.BACKLOG,
        lambda workspace: [run_of(workspace, ago=10), run_of(workspace, ago=2)],
        lambda _: WorkflowRun.objects.update(due_at=Now()),
        "1 run is due, and nobody takes it",
    ),
    Row(
        Kind.NO_WORKER,
        lambda _: Alert.objects.filter(kind="no_worker").update(opened_at=timezone.now() - timedelta(minutes=2)),
        lambda _: heartbeat.beat("worker", 2),
        "No worker is alive",
    ),
    Row(
        Kind.SPEED_TO_LEAD,
        lead_waits,
        lambda _: WorkflowRun.objects.update(state="done", outcome="drafted"),
        "1 lead has no draft in time",
    ),
    Row(
        Kind.DRAFT_WAITING,
        draft_left,
        lambda _: Draft.objects.update(status="approved"),
        "1 draft waits for review",
    ),
    Row(
        Kind.NO_DELIVERIES,
        nothing_came,
        lambda workspace: Delivery.objects.create(workspace=workspace, body=b"{}", verdict="ignored"),
        "No submission for ",
    ),
    Row(
        Kind.MODEL_BUDGET,
        budget_spent,
        lambda _: Workspace.objects.update(model_budget=Decimal(5)),
        "The model’s budget of Northwind is used up",
    ),
]


def test_every_rule_is_in_the_table() -> None:
    assert [row.kind for row in TABLE] == list(rules.RULES)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind)
def test_each_rule_fires_once_and_resolves_once(
    workspace: Workspace, address: NoticeAddress, listener: Listener, row: Row
) -> None:
    if row.kind != Kind.NO_WORKER:
        heartbeat.beat("worker", 2)
    look(row.kind)
    assert listener.heard == []
    row.hurt(workspace)
    for _ in range(3):
        look(row.kind)
    earlier(days=8)  # longer than any quiet period
    look(row.kind)
    [fired] = listener.heard
    assert fired["title"].startswith(row.says)
    assert fired["type"] == "failure"
    assert "https://sales.northwind.example/admin/" in fired["message"]
    [alert] = Alert.objects.filter(kind=row.kind)
    assert (alert.resolved_at, alert.told_number) == (None, alert.number)
    row.heal(workspace)
    for _ in range(3):
        look(row.kind)
    _, over = listener.heard
    assert over["title"].startswith(f"Over: {row.says.split(':')[0]}")
    assert (over["type"], rules.RULES[row.kind].over in over["message"]) == ("success", True)
    kinds = Event.objects.filter(kind__startswith="alert_", facts__rule=row.kind).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["alert_opened", "alert_resolved"]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind)
def test_a_rule_that_is_off_finds_nothing_and_one_of_another_workspace_is_not_told(
    workspace: Workspace, address: NoticeAddress, listener: Listener, row: Row
) -> None:
    Workspace.objects.create(name="Other", slug="other")
    rule(workspace, row.kind, is_on=False)
    row.hurt(workspace)
    look(row.kind)
    assert (listener.heard, Alert.objects.filter(workspace=workspace).count()) == ([], 0)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind)
def test_an_address_is_not_told_of_a_rule_that_it_does_not_want(
    workspace: Workspace, address: NoticeAddress, olga: User, listener: Listener, row: Row
) -> None:
    notices.change(address, alerts_off=[row.kind], by=olga)
    look(row.kind)
    row.hurt(workspace)
    look(row.kind)
    assert (listener.heard, Alert.objects.filter(kind=row.kind).count()) == ([], 1)


# --- episodes ---------------------------------------------------------------------------------------------------------


def test_dead_letters_of_one_cause_are_one_alert_that_counts_up(
    workspace: Workspace, address: NoticeAddress, listener: Listener
) -> None:
    dead(workspace)
    look(Kind.DEAD_LETTER)
    for _ in range(3):
        dead(workspace)
        look(Kind.DEAD_LETTER)
    alert = Alert.objects.get()
    assert (alert.number, alert.told_number, len(listener.heard)) == (4, 1, 1)
    dead(workspace, failed_step="create_task")
    look(Kind.DEAD_LETTER)
    assert (Alert.objects.count(), len(listener.heard)) == (2, 2)


def test_it_is_told_again_when_it_has_grown_and_the_quiet_period_is_over(
    workspace: Workspace, address: NoticeAddress, listener: Listener
) -> None:
    dead(workspace)
    look(Kind.DEAD_LETTER)
    dead(workspace)
    earlier(minutes=14)
    look(Kind.DEAD_LETTER)
    assert len(listener.heard) == 1
    earlier(minutes=2)
    look(Kind.DEAD_LETTER)
    assert listener.heard[1]["title"].startswith("2 runs are dead")
    earlier(minutes=30)  # it has not grown since
    look(Kind.DEAD_LETTER)
    assert len(listener.heard) == 2


def test_a_clock_that_is_not_the_databases_shortens_no_quiet_period(
    workspace: Workspace, address: NoticeAddress, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead(workspace)
    look(Kind.DEAD_LETTER)
    dead(workspace)
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: tomorrow)
    look(Kind.DEAD_LETTER)
    assert (Alert.objects.get().number, len(listener.heard)) == (2, 1)


def test_what_comes_and_goes_is_told_once_in_a_quiet_period(
    workspace: Workspace, address: NoticeAddress, listener: Listener
) -> None:
    for _ in range(4):
        run = dead(workspace)
        look(Kind.DEAD_LETTER)
        runs.retry(run, actor="olga")
        look(Kind.DEAD_LETTER)
    assert [heard["type"] for heard in listener.heard] == ["failure", "success"]
    dead(workspace)
    look(Kind.DEAD_LETTER)
    assert len(listener.heard) == 2
    earlier(minutes=16)
    look(Kind.DEAD_LETTER)
    assert len(listener.heard) == 3


def test_who_acknowledges_it_hears_no_more_until_it_is_over(
    workspace: Workspace, address: NoticeAddress, listener: Listener, olga: User
) -> None:
    run = dead(workspace)
    look(Kind.DEAD_LETTER)
    decisions.acknowledge(Alert.objects.get(), by=olga)
    with pytest.raises(decisions.NotPossible, match="somebody acknowledged it already"):
        decisions.acknowledge(Alert.objects.get(), by=olga)
    second = dead(workspace)
    earlier(hours=1)
    look(Kind.DEAD_LETTER)
    assert len(listener.heard) == 1
    for one in (run, second):
        runs.discard(one, reason="test", actor="olga")
    look(Kind.DEAD_LETTER)
    assert listener.heard[1]["title"].startswith("Over: ")
    [facts] = Event.objects.filter(kind="alert_acknowledged", actor="olga").values_list("facts", flat=True)
    assert facts == {"alert": Alert.objects.get().pk, "rule": "dead_letter"}


def test_a_threshold_holds_it_back(workspace: Workspace, address: NoticeAddress, listener: Listener) -> None:
    rule(workspace, Kind.DEAD_LETTER, threshold=3)
    for number in range(3):
        assert Alert.objects.count() == 0, number
        dead(workspace)
        look(Kind.DEAD_LETTER)
    assert Alert.objects.get().number == 3


def test_a_worker_that_is_gone_for_a_moment_is_no_news(
    workspace: Workspace, address: NoticeAddress, listener: Listener
) -> None:
    look(Kind.NO_WORKER)
    heartbeat.beat("worker", 2)
    look(Kind.NO_WORKER)
    assert (listener.heard, Alert.objects.get().resolved_at is not None) == ([], True)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_that_is_not_the_databases_makes_no_worker_dead_or_alive(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    wrong = timezone.now() + timedelta(minutes=minutes)
    monkeypatch.setattr("django.utils.timezone.now", lambda: wrong)
    heartbeat.beat("worker", 2)
    assert heartbeat.alive().exists()
    Worker.objects.update(seen_at=Now() - timedelta(seconds=30))
    assert not heartbeat.alive().exists()


def test_runs_that_wait_for_an_account_are_one_alert_not_three(workspace: Workspace, address: NoticeAddress) -> None:
    heartbeat.beat("worker", 2)
    always_open(workspace)
    connections.broke(workspace, "hubspot", "No.")
    waits = {"error_kind": "ConnectionBroken", "failed_service": "hubspot"}
    for _ in range(12):
        run_of(workspace, "waiting", ago=14, due_at=timezone.now() + timedelta(hours=1), **waits)
    Workspace.objects.update(target_minutes=5)
    look()
    assert [(alert.kind, alert.number) for alert in Alert.objects.all()] == [("connection_broken", 12)]


def test_a_muted_cause_opens_no_alert_and_unmuted_it_does(
    workspace: Workspace, address: NoticeAddress, listener: Listener, olga: User
) -> None:
    cause = Cause.of(dead(workspace))
    problems.mute(cause, until=None, by=olga)
    look(Kind.DEAD_LETTER)
    assert not Alert.objects.exists()
    problems.unmute(cause, by=olga)
    look(Kind.DEAD_LETTER)
    assert len(listener.heard) == 1


def test_a_death_by_an_unknown_answer_is_told_as_that_alone(workspace: Workspace, address: NoticeAddress) -> None:
    dead(workspace, error_kind="Unknown")
    look(Kind.UNKNOWN_ERROR, Kind.DEAD_LETTER)
    assert [alert.kind for alert in Alert.objects.all()] == ["unknown_error"]
    rule(workspace, Kind.UNKNOWN_ERROR, is_on=False)
    look(Kind.DEAD_LETTER)
    assert Alert.objects.filter(kind="dead_letter").exists()


@pytest.mark.parametrize("state", ["dead", "waiting"])
def test_a_fault_of_our_own_is_told_as_unknown(
    workspace: Workspace, address: NoticeAddress, listener: Listener, state: str
) -> None:
    stopped = {"failed_step": "resolve_contact", "finished_at": timezone.now()}
    run_of(workspace, state, error_kind="ZeroDivisionError", **stopped)
    run_of(workspace, state, error_kind="KeyLost", **stopped)  # known, as a kind of what is known
    look(Kind.UNKNOWN_ERROR)
    alert = Alert.objects.get()
    assert "ZeroDivisionError, a fault that nobody knows" in alert.title
    look(Kind.DEAD_LETTER)
    assert Alert.objects.filter(kind="dead_letter").count() == (1 if state == "dead" else 0)


def test_more_dead_letters_than_are_looked_at_resolve_nothing(
    workspace: Workspace, address: NoticeAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead(workspace, failed_step="create_task", finished_at=timezone.now() - timedelta(days=1))
    look(Kind.DEAD_LETTER)
    monkeypatch.setattr("leads.alerts.findings.MOST", 2)
    for _ in range(2):
        dead(workspace)
    look(Kind.DEAD_LETTER)
    assert Alert.objects.filter(resolved_at=None).count() == 2


def test_a_rule_that_is_switched_off_while_somebody_looks_opens_nothing(
    workspace: Workspace, address: NoticeAddress, olga: User
) -> None:
    dead(workspace)
    read_before = rule(workspace, Kind.DEAD_LETTER)
    decisions.change(read_before, {"is_on": False}, by=olga)
    watch.compare(read_before)
    assert (Alert.objects.count(), Notice.objects.count()) == (0, 0)


# --- messages ---------------------------------------------------------------------------------------------------------


def test_many_alerts_at_once_are_one_message(workspace: Workspace, address: NoticeAddress, listener: Listener) -> None:
    for step in ("create_task", "create_draft", "label_thread", "resolve_contact"):
        dead(workspace, failed_step=step)
    look(Kind.DEAD_LETTER)
    [heard] = listener.heard
    assert heard["title"] == "4 new alerts"


def test_many_that_could_not_be_sent_stay_one_message(
    workspace: Workspace, address: NoticeAddress, listener: Listener
) -> None:
    listener.status = 500
    for step in ("create_task", "create_draft", "label_thread", "resolve_contact"):
        dead(workspace, failed_step=step)
    look(Kind.DEAD_LETTER)
    again = Notice.objects.values_list("due_at", flat=True).distinct().get()
    listener.status = 200
    Notice.objects.update(due_at=again - timedelta(hours=1))
    outbox.send_due()
    assert [heard["title"] for heard in listener.heard] == ["4 new alerts"] * 2


def test_nobody_hears_that_something_is_over_of_which_they_never_heard(
    workspace: Workspace, address: NoticeAddress, listener: Listener
) -> None:
    listener.status = 500
    run = dead(workspace)
    look(Kind.DEAD_LETTER)
    listener.status, heard = 200, len(listener.heard)
    runs.discard(run, reason="test", actor="olga")
    look(Kind.DEAD_LETTER)
    Notice.objects.filter(state="queued").update(due_at=Now())
    outbox.send_due()
    assert len(listener.heard) == heard
    assert set(Notice.objects.values_list("state", flat=True)) == {"dropped"}


def test_what_is_over_and_begins_anew_before_it_could_be_said_is_said_to_be_over(
    workspace: Workspace, address: NoticeAddress, listener: Listener
) -> None:
    run = dead(workspace)
    look(Kind.DEAD_LETTER)
    runs.discard(run, reason="test", actor="olga")
    AlertRule.objects.update(due_at=Now())
    watch.look()
    again = dead(workspace)  # within the quiet period, so that nobody is told
    look(Kind.DEAD_LETTER)
    runs.discard(again, reason="test", actor="olga")
    look(Kind.DEAD_LETTER)
    assert [heard["type"] for heard in listener.heard] == ["failure", "success"]


@pytest.mark.parametrize(("attempts", "event"), [(1, "notice_failed"), (6, "notice_put_off")])
def test_an_alert_that_cannot_be_sent_is_seen_at_once(
    workspace: Workspace,
    address: NoticeAddress,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    attempts: int,
    event: str,
) -> None:
    monkeypatch.setattr(outbox, "ATTEMPTS", attempts)
    listener.status = 500
    dead(workspace)
    look(Kind.DEAD_LETTER)
    assert notices.unsent() == 1
    assert list(Event.objects.filter(kind__startswith="notice_").values_list("kind", flat=True)) == [
        "notice_address_added",
        event,
    ]
    listener.status = 200
    Notice.objects.update(state="queued", due_at=Now())
    outbox.send_due()
    assert notices.unsent() == 0


def test_a_message_that_nobody_takes_is_seen_and_sent_by_the_web_process(
    workspace: Workspace, address: NoticeAddress, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker lives, and its sender does not."""
    monkeypatch.setattr(outbox.SENDER, "begin", outbox.send_due)
    heartbeat.beat("worker", 2)
    dead(workspace)
    AlertRule.objects.update(due_at=Now())
    watch.look()
    outside.look_now()
    assert (notices.unsent(), listener.heard) == (0, [])
    Notice.objects.update(due_at=timezone.now() - timedelta(minutes=2))
    assert notices.unsent() == 1
    outside.look_now()
    assert (notices.unsent(), len(listener.heard)) == (0, 1)


def test_where_there_are_several_workspaces_the_message_says_whose_it_is(
    workspace: Workspace, address: NoticeAddress
) -> None:
    Workspace.objects.create(name="Other", slug="other")
    connections.broke(workspace, "hubspot", "No.")
    AlertRule.objects.update(due_at=Now())
    watch.look()
    said = messages.message(Notice.objects.get(alert__kind="connection_broken"))
    assert said is not None
    assert said.title == "HubSpot is not connected any more (Northwind)"


def test_a_test_of_a_rule_goes_to_those_who_want_the_rule(
    workspace: Workspace, address: NoticeAddress, listener: Listener, olga: User
) -> None:
    backlog = rule(workspace, Kind.BACKLOG)
    assert decisions.send_test(backlog, by=olga) == 1
    outbox.send_due()
    assert listener.heard[0]["title"] == "A test of the alert “Backlog”"
    notices.change(address, alerts_off=["backlog"], by=olga)
    with pytest.raises(decisions.NotPossible, match="No address wants to hear of this rule"):
        decisions.send_test(backlog, by=olga)
    assert not Alert.objects.exists()


# --- settings ---------------------------------------------------------------------------------------------------------


def test_a_change_of_a_rule_leaves_before_and_after_and_raises_the_revision(workspace: Workspace, olga: User) -> None:
    backlog = rule(workspace, Kind.BACKLOG)
    assert decisions.change(backlog, {"is_on": True, "threshold": 9}, by=olga)
    assert not decisions.change(backlog, {"is_on": True, "threshold": 9}, by=olga)
    [facts] = Event.objects.filter(kind="settings_changed").values_list("facts", flat=True)
    assert (facts["fields"], facts["rule"]) == ({"threshold": [5, 9]}, "backlog")
    assert Workspace.objects.get().revision == workspace.revision + 1


def test_switching_a_rule_off_ends_what_is_open_without_a_word(
    workspace: Workspace, address: NoticeAddress, listener: Listener, olga: User
) -> None:
    dead(workspace)
    look(Kind.DEAD_LETTER)
    decisions.change(rule(workspace, Kind.DEAD_LETTER), {"is_on": False}, by=olga)
    look()
    assert (len(listener.heard), Alert.objects.get(kind="dead_letter").resolved_at is None) == (1, False)


# --- who looks --------------------------------------------------------------------------------------------------------


def test_the_supervisor_looks_every_few_seconds_and_rings_for_what_is_to_be_told(
    workspace: Workspace, address: NoticeAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[None] = []
    monkeypatch.setattr("leads.supervisor.ring", lambda: rings.append(None))
    monkeypatch.setattr("leads.supervisor.close_old_connections", lambda: None)
    dead(workspace)
    supervisor = Supervisor()
    supervisor._watch()
    supervisor._sweep(cluster(complete=False))
    assert (Alert.objects.filter(kind="dead_letter").count(), rings) == (1, [None])
    dead(workspace, failed_step="create_task")
    supervisor._watch()  # at once: not yet
    assert Alert.objects.filter(kind="dead_letter").count() == 1


def test_of_several_who_look_at_the_same_time_one_does(workspace: Workspace) -> None:
    watch.make_rules()
    assert len(watch.claim(watch.ALL)) == len(rules.RULES)
    assert watch.claim(watch.ALL) == []


def test_the_trouble_of_one_rule_is_not_anothers(
    workspace: Workspace, address: NoticeAddress, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = rules.Rule("", lambda _: {}["no such key"], "")
    monkeypatch.setitem(rules.RULES, Kind.CONNECTION_BROKEN, broken)
    dead(workspace)
    look(Kind.CONNECTION_BROKEN, Kind.DEAD_LETTER)
    assert Alert.objects.get().kind == "dead_letter"
    assert "connection_broken" in caplog.text


@pytest.mark.parametrize("path", ["/health", "/health/workers"])
def test_that_no_worker_is_alive_is_found_and_told_by_the_web_process(
    workspace: Workspace, address: NoticeAddress, listener: Listener, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(outbox.SENDER, "begin", outbox.send_due)

    def asked() -> int:
        outside._looked.clear()
        AlertRule.objects.update(due_at=Now())
        return Client().get(path).status_code

    fails = 503 if path == "/health/workers" else 200
    assert (asked(), Alert.objects.get().kind, listener.heard) == (fails, "no_worker", [])
    earlier(minutes=2)
    assert (asked(), asked()) == (fails, fails)
    assert [heard["title"] for heard in listener.heard] == ["No worker is alive"]
    Worker.objects.create(name="worker", seen_at=timezone.now())
    assert asked() == 200
    outbox.send_due()
    assert listener.heard[1]["title"] == "Over: No worker is alive"


# --- races ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_who_look_at_once_open_tell_and_resolve_once(django_user_model: type[User]) -> None:
    workspace = default_workspace()
    notices.add(workspace, url="json://127.0.0.1:9", name="Team", by=django_user_model.objects.create_user("olga"))
    runs_of_one_cause = [dead(workspace) for _ in range(3)]
    row = rule(workspace, Kind.DEAD_LETTER)

    def compare(_: int) -> None:
        try:
            watch.compare(AlertRule.objects.select_related("workspace").get(pk=row.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(compare, range(40)))
        assert (Alert.objects.count(), Notice.objects.count()) == (1, 1)
        for run in runs_of_one_cause:
            runs.discard(run, reason="test", actor="olga")
        list(threads.map(compare, range(40)))
    assert [notice.kind for notice in Notice.objects.order_by("pk")] == ["alert", "resolved"]
    assert Event.objects.filter(kind__in=["alert_opened", "alert_resolved"]).count() == 2


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", ["seen", "tell", "post", "leave"])
def test_whoever_dies_while_it_looks_leaves_nothing_half_done(
    workspace: Workspace, address: NoticeAddress, listener: Listener, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    dead(workspace)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(watch, at, killed)
        with pytest.raises(Killed):
            look(Kind.DEAD_LETTER)
    look(Kind.DEAD_LETTER)
    look(Kind.DEAD_LETTER)
    assert (Alert.objects.count(), len(listener.heard)) == (1, 1)
    assert Event.objects.filter(kind="alert_opened").count() == 1


def test_an_alert_that_was_found_again_meanwhile_is_not_resolved(workspace: Workspace) -> None:
    dead(workspace)
    look(Kind.DEAD_LETTER)
    read_before = Alert.objects.get()
    look(Kind.DEAD_LETTER)
    watch.resolve(read_before)
    assert Alert.objects.get().resolved_at is None
