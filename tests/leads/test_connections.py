"""An account that refuses our credentials: broken once, told once, waited for without an attempt, mended by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ

from leads import connecting, connections, credentials, messages, notices, waking
from leads.alerts import watch
from leads.connections import broke, mended
from leads.engine import driver
from leads.engine.driver import drive
from leads.engine.leases import claim
from leads.models import AlertRule, ApiCall, Connection, Event, Notice, NoticeAddress, WorkflowRun, Workspace
from leads.supervisor import Supervisor
from tests.leads.driving import CALLERS, PATIENCE, beside, calls, drive_once, take_in, until

Make = Callable[..., Any]
type Breaks = Callable[[Any, Any], None]


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def address(workspace: Workspace) -> NoticeAddress:
    """Somebody who is told."""
    olga = User.objects.create_user("olga")
    return notices.add(workspace, url="json://127.0.0.1:9/", name="Sales", by=olga)


def events(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("facts", flat=True))


def told() -> list[str]:
    """What the team would hear of it by now."""
    AlertRule.objects.update(due_at=Now())
    watch.look(["connection_broken"])
    return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


def now_due() -> None:
    """As if the minute were over."""
    Connection.objects.update(look_at=Now())


def look() -> None:
    now_due()
    for one in connections.claim():
        connections.look(one)


def fault(spec: str) -> Breaks:
    return lambda box, _: box.control.fault(spec)


def without_token(spec: str = "", **fields: str) -> Breaks:
    """Google gives no access token; other credentials than before, for which none is kept."""

    def breaks(box: Any, settings: Any) -> None:
        google = json.loads(settings.GOOGLE_CREDENTIALS) | {"client_id": uuid4().hex}
        settings.GOOGLE_CREDENTIALS = json.dumps(google | fields)
        if spec:
            box.control.fault(spec)

    return breaks


MATRIX: list[tuple[Breaks, str, str]] = [
    (fault("401:gmail"), "google", "gmail"),
    (fault("401:drive"), "google", "drive"),
    (fault("401:calendar"), "google", "calendar"),
    (without_token("400:oauth:reason=invalid_grant"), "google", ""),
    (without_token("401:oauth:reason=unauthorized_client"), "google", ""),
    (without_token(refresh_token="revoked"), "google", ""),
]
ONE_CALL: list[tuple[Breaks, str, str]] = [
    (fault("401:gmail.drafts.create"), "google", "gmail"),
    (fault("401:gmail.threads.list"), "google", "gmail"),
]


@pytest.mark.parametrize(("breaks", "service", "api"), MATRIX + ONE_CALL)
def test_credentials_that_a_vendor_refuses_break_their_connection_and_cost_no_attempt(
    box: Any,
    lead: Make,
    workspace: Workspace,
    address: NoticeAddress,
    settings: Any,
    breaks: Breaks,
    service: str,
    api: str,
) -> None:
    settings.MAX_ATTEMPTS = settings.MAX_CLAIMS = 2
    breaks(box, settings)
    run = take_in(lead(), workspace)
    for _ in range(4):
        run = drive_once(run)
        assert (run.state, run.error_kind, run.attempt, run.claims) == ("waiting", "ConnectionBroken", 0, 0)
    broken = Connection.objects.get(state="broken")
    assert (broken.service, run.failed_service, run.failed_step) == (service, service, "")
    assert broken.refused_by == api or not api
    [facts] = events("connection_broken")
    assert facts == {"service": service, "api": broken.refused_by}
    assert told() == ["alert"]


@pytest.mark.parametrize("spec", ["403:hubspot", "403:gmail", "403:drive", "403:calendar"])
def test_a_right_that_is_missing_breaks_no_connection(
    box: Any, lead: Make, workspace: Workspace, address: NoticeAddress, spec: str
) -> None:
    box.control.fault(spec)
    run = drive_once(take_in(lead(), workspace))
    # Only without Gmail there is no draft.
    assert (run.state, run.error_kind) == (("dead", "PermissionDenied") if "gmail" in spec else ("done", ""))
    assert not Connection.objects.filter(state="broken").exists()
    assert told() == ([] if "gmail" in spec else ["draft_ready"])


@pytest.mark.parametrize("api", ["gmail.threads.list", "drive", "calendar", "gmail.drafts.create"])
def test_an_access_token_that_dies_before_its_time_is_replaced_and_nobody_waits(
    box: Any, lead: Make, workspace: Workspace, api: str
) -> None:
    box.control.fault(f"expired-token:{api}:x1")
    assert drive_once(take_in(lead(), workspace)).outcome == "drafted"
    assert not Connection.objects.filter(state="broken").exists()


def test_no_vendor_is_called_for_runs_that_come_while_a_connection_is_broken(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    broke(workspace, "gmail", "It said no.")
    runs = [drive_once(take_in(lead(number), workspace)) for number in (1, 2, 3)]
    assert {run.error for run in runs} == {"Google is not connected any more. It said no."}
    assert not calls(box)
    assert min(run.due_at for run in runs) > timezone.now() + timedelta(minutes=50)
    assert events("run_started") == []


def test_dead_credentials_explain_what_else_failed_beside_them(
    box: Any, lead: Make, workspace: Workspace, settings: Any
) -> None:
    settings.MAX_ATTEMPTS = 1
    for spec in ("500:hubspot", "403:drive", "401:gmail"):
        box.control.fault(spec)
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.error_kind, run.attempt) == ("waiting", "ConnectionBroken", 0)


def test_it_breaks_once_and_is_mended_once(workspace: Workspace, address: NoticeAddress) -> None:
    assert [broke(workspace, "gmail", "No."), broke(workspace, "drive", "No.")] == [True, False]
    workspace.refresh_from_db()
    assert [broke(workspace, "calendar", "No.")] == [False]
    assert told() == ["alert"]
    assert [mended(workspace, "google"), mended(workspace, "google"), mended(workspace, "hubspot")] == [
        True,
        False,
        False,
    ]
    assert (len(events("connection_broken")), len(events("connection_mended"))) == (1, 1)
    assert told() == ["alert", "resolved"]


@pytest.mark.parametrize("api", ["hubspot", "gmail"])
def test_a_refusal_of_credentials_that_were_replaced_meanwhile_breaks_nothing(
    box: Any, lead: Make, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    box.control.fault(f"401:{api}:x5")
    run = take_in(lead(), workspace)
    real = driver.answer_lead

    def replaced(*arguments: Any) -> Any:
        connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token"}, actor="olga")
        return real(*arguments)

    monkeypatch.setattr(driver, "answer_lead", replaced)
    run = drive_once(run)
    assert (run.state, run.attempt) == ("waiting", 0)
    assert run.due_at < timezone.now() + timedelta(minutes=1)
    assert events("connection_broken") == []


def waiting(lead: Make, workspace: Workspace, number: int) -> list[WorkflowRun]:
    """So many runs that wait for a connection which broke before them."""
    broke(workspace, "gmail", "It said no.")
    return [drive_once(take_in(lead(one), workspace)) for one in range(1, number + 1)]


def test_what_waited_goes_on_oldest_first_and_not_all_at_once(lead: Make, box: Any, workspace: Workspace) -> None:
    runs = waiting(lead, workspace, 5)
    assert mended(workspace, "google", actor="olga")
    due = list(WorkflowRun.objects.order_by("due_at").values_list("pk", "due_at"))
    assert [pk for pk, _ in due] == [run.pk for run in runs]
    assert {later[1] - sooner[1] for sooner, later in pairwise(due)} == {waking.PACE}
    assert due[0][1] <= timezone.now()
    assert OrmQ.objects.exists()
    assert events("connection_mended") == [{"service": "google", "runs": 5}]
    assert all(drive_once(run).outcome == "drafted" for run in runs)


def test_only_runs_of_this_account_and_workspace_are_woken(lead: Make, box: Any, workspace: Workspace) -> None:
    [run] = waiting(lead, workspace, 1)
    other = Workspace.objects.create(name="Other", slug="other")
    broke(workspace, "hubspot", "No.")
    broke(other, "hubspot", "No.")
    mended(workspace, "hubspot")
    mended(other, "hubspot")
    assert WorkflowRun.objects.get().due_at == run.due_at


def test_new_credentials_mend_at_once_and_the_secret_of_webhooks_alone_does_not(
    lead: Make, box: Any, sending: Workspace
) -> None:
    workspace = sending
    broke(workspace, "hubspot", "It said no.")
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.failed_service) == ("waiting", "hubspot")
    connecting.connect(workspace, "hubspot", {"client_secret": "another-secret"}, actor="olga")
    assert connections.broken_of(workspace)
    connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token"}, actor="olga")
    assert not connections.broken_of(workspace)
    assert Event.objects.get(kind="connection_mended").actor == "olga"
    assert drive_once(run).outcome == "drafted"


@pytest.mark.parametrize("breaks", [row[0] for row in MATRIX])
def test_a_connection_that_is_put_right_at_the_vendor_heals_by_itself(
    box: Any, lead: Make, workspace: Workspace, settings: Any, breaks: Breaks
) -> None:
    google = settings.GOOGLE_CREDENTIALS
    breaks(box, settings)
    run = drive_once(take_in(lead(), workspace))
    before = calls(box)
    look()
    assert connections.broken_of(workspace)
    asked = calls(box) - before
    assert 1 <= asked.total() - asked["oauth.token"] <= 2 or asked.keys() == {"oauth.token"}
    box.control.clear_faults()
    settings.GOOGLE_CREDENTIALS = google
    look()
    assert not connections.broken_of(workspace)
    assert drive_once(run).outcome == "drafted"
    assert {call.step for call in ApiCall.objects.filter(run=None)} == {"connection"}


def test_a_broken_connection_is_asked_once_a_minute_by_one_worker(workspace: Workspace) -> None:
    broke(workspace, "hubspot", "No.")
    assert connections.claim() == []
    now_due()
    assert connections.due().exists()
    assert len(connections.claim()) == 1
    assert connections.claim() == []
    wait = Connection.objects.get().look_at - timezone.now()
    assert timedelta(seconds=55) < wait <= timedelta(minutes=1)


def test_a_worker_that_starts_asks_at_once_since_the_environment_may_have_changed(
    box: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    broke(workspace, "hubspot", "No.")
    assert not connections.due().exists()
    monkeypatch.setattr("leads.supervisor.Cluster", lambda: SimpleNamespace(stop=lambda: None, holder="host:1"))
    monkeypatch.setattr("leads.supervisor.signal.signal", lambda *_: None)
    supervisor = Supervisor()
    supervisor.stopping = True
    supervisor.run()
    assert connections.due().exists()


def test_one_that_breaks_again_at_once_is_asked_less_often(workspace: Workspace) -> None:
    broke(workspace, "hubspot", "No.")
    mended(workspace, "hubspot")
    workspace.refresh_from_db()
    broke(workspace, "hubspot", "No.")
    assert Connection.objects.get().look_at > timezone.now() + timedelta(minutes=9)


@pytest.mark.parametrize("spec", ["500:hubspot", "429:hubspot", "drop-before:hubspot", "html:hubspot"])
def test_a_vendor_that_is_down_or_busy_mends_nothing(box: Any, workspace: Workspace, spec: str) -> None:
    broke(workspace, "hubspot", "No.")
    box.control.fault(spec)
    look()
    assert connections.broken_of(workspace)


def test_a_vendor_that_forbids_what_was_asked_takes_the_credentials(box: Any, workspace: Workspace) -> None:
    broke(workspace, "drive", "No.")
    box.control.fault("403:drive")
    look()
    assert not connections.broken_of(workspace)


def test_credentials_from_the_environment_have_a_state_and_no_secret(box: Any, workspace: Workspace) -> None:
    broke(workspace, "hubspot", "No.")
    row = Connection.objects.get()
    assert (bytes(row.sealed), credentials.unseal(row)) == (b"", {})
    assert credentials.secrets_of(workspace)["access_token"] == "sandbox-token"
    assert connecting.credentials_state(workspace)["access_token"].startswith("from the environment")


def test_the_messages_say_which_account_and_where_to_mend_it(workspace: Workspace, address: NoticeAddress) -> None:
    broke(workspace, "drive", "drive files.list answered 401: Invalid Credentials")
    told()
    said = messages.message(Notice.objects.get())
    assert said is not None
    assert said.title == "Google is not connected any more"
    assert "answered 401: Invalid Credentials" in said.body
    assert "/settings/default/connections/" in said.body
    mended(workspace, "google")
    Notice.objects.update(state="sent")
    told()
    stale, news = Notice.objects.order_by("pk")
    assert messages.message(stale) is None
    assert "connected again" in messages.message(news).body  # type: ignore[union-attr]


def test_an_address_that_does_not_want_to_hear_of_it_is_not_told(workspace: Workspace, address: NoticeAddress) -> None:
    NoticeAddress.objects.update(alerts_off=["connection_broken"])
    broke(workspace, "hubspot", "No.")
    assert told() == []


def released() -> None:
    """As the supervisor gives back what a dead worker held."""
    WorkflowRun.objects.filter(state="running").update(due_at=Now())


@pytest.mark.parametrize("at", ["leads.connections.revise", "leads.engine.driver.give_back"])
def test_a_worker_that_is_killed_while_it_breaks_a_connection_loses_nothing(
    box: Any, lead: Make, workspace: Workspace, address: NoticeAddress, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    box.control.fault("401:gmail")
    run = take_in(lead(), workspace)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(at, killed)
        with pytest.raises(Killed):
            drive_once(run)
    released()
    run = drive_once(run)
    assert (run.state, run.error_kind, run.attempt) == ("waiting", "ConnectionBroken", 0)
    assert (len(events("connection_broken")), told()) == (1, ["alert"])


@pytest.mark.parametrize("at", ["wake", "revise", "ring"])
def test_a_worker_that_is_killed_while_it_mends_one_loses_nothing(
    box: Any, lead: Make, workspace: Workspace, address: NoticeAddress, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    runs = waiting(lead, workspace, 2)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(connections, at, killed)
        with pytest.raises(Killed):
            look()
    assert connections.broken_of(workspace)
    assert told() == ["alert"]
    look()
    assert told() == ["alert", "resolved"]
    assert all(drive_once(run).outcome == "drafted" for run in runs)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_goes_to_wait_while_the_connection_is_mended_is_not_forgotten(
    box: Any, lead: Make, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    broke(workspace, "gmail", "No.")
    run = take_in(lead(), workspace)
    real = driver.park

    def after_the_mending(*arguments: Any) -> None:
        with beside(mended, workspace, "google"):
            pass
        real(*arguments)

    monkeypatch.setattr(driver, "park", after_the_mending)
    run = drive_once(run)
    assert run.due_at < timezone.now() + timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_twenty_runs_of_four_workers_wait_for_one_connection_and_all_end_well(
    box: Any, lead: Make, workspace: Workspace, address: NoticeAddress, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SETTINGS_SECONDS = 1.0
    monkeypatch.setattr(waking, "PACE", timedelta(milliseconds=10))
    monkeypatch.setattr("leads.connections.LOOK_EVERY", timedelta(seconds=1))
    box.control.latency(30)
    for number in range(1, 21):
        take_in(lead(number), workspace)
    ended = {"done", "dead"}

    def work() -> None:
        ends = time.monotonic() + PATIENCE
        while WorkflowRun.objects.exclude(state__in=ended).exists() and time.monotonic() < ends:
            for one in claim(1):
                drive(one, CALLERS)
            for one in connections.claim():
                connections.look(one)
        database.close()

    def standing(state: str) -> int:
        return WorkflowRun.objects.filter(state=state, error_kind="ConnectionBroken").count()

    with ThreadPoolExecutor(4) as threads:
        workers = [threads.submit(work) for _ in range(4)]
        until(lambda: WorkflowRun.objects.filter(state="done").count() >= 4)
        box.control.fault("401:gmail")
        until(lambda: not WorkflowRun.objects.exclude(state="done").exclude(state="waiting").exists())
        waited = standing("waiting")
        box.control.clear_faults()
        for worker in workers:
            worker.result(30)
    assert 10 < waited <= 16
    assert WorkflowRun.objects.filter(state="done", outcome="drafted").count() == 20
    assert {facts["error"] for facts in events("run_waits")} == {"ConnectionBroken"}
    assert not WorkflowRun.objects.exclude(attempt=0).exists()
    assert (len(events("connection_broken")), len(events("connection_mended"))) == (1, 1)
