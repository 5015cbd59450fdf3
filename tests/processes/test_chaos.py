"""The chaos test: that it is passed, and that it could be failed."""

from __future__ import annotations

import math
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connection
from django.utils import timezone

from leads.models import Draft, WorkflowRun
from ops.chaos import chaos
from ops.clocks import Clocks
from ops.door import Door
from ops.mischief import plan
from ops.recovery import Setting, Trouble, recoveries, righted
from ops.stack import Stack, free_port
from ops.verdict import count, judge
from tests.conftest import default_workspace
from tests.leads.driving import take_in

Make = Callable[..., dict[str, Any]]


@pytest.mark.processes
@pytest.mark.timeout(600)  # a product that does not settle is to be told of by the verdict
def test_ten_kills_lose_nothing_and_double_nothing(worker_id: str) -> None:
    verdict = chaos(10, rate=3, seed=20, look=True, send=30, name=f"chaos_{worker_id}", longest_away=10)
    assert (verdict.lost, verdict.doubled) == ([], [])
    assert re.fullmatch(r"kills=\d+ accepted=30 done=30 sent=30 lost=0 doubled=0 recover_p95=[\d.]+s", verdict.line())


def accounts_of(*runs: WorkflowRun) -> dict[str, list[dict[str, Any]]]:
    """What the sandbox holds when each of these runs did everything once."""
    return {
        "drafts": [{"run": str(run.key)} for run in runs],
        "notes": [{"properties": {"hs_note_body": f"<p>Sales Agent run {run.key}</p>"}} for run in runs],
        "tasks": [{"properties": {"hs_task_body": f"<p>Sales Agent run {run.key}</p>"}} for run in runs],
        "contacts": [{"properties": {"email": run.submission.payload["fields"]["email"]}} for run in runs],
        "companies": [{"properties": {"domain": "brightfreight.example"}}],
        "sent": [{"recipients": [run.submission.payload["fields"]["email"]]} for run in runs],
    }


@pytest.fixture
def ended(transactional_db: None, lead: Make) -> list[WorkflowRun]:
    workspace = default_workspace()
    runs = [take_in(lead(number), workspace) for number in (1, 2)]
    WorkflowRun.objects.update(state="done", outcome="drafted")
    return runs


def verdict_on(runs: list[WorkflowRun], created: dict[str, list[dict[str, Any]]], *, send: bool = False) -> Any:
    parameters = connection.get_connection_params()
    url = f"postgresql://postgres@/{parameters['dbname']}?host={parameters['host']}"
    product = SimpleNamespace(environment={"DATABASE_URL": url}, control=SimpleNamespace(created=lambda: created))
    accepted = {number: run.pk for number, run in enumerate(runs, start=1)}
    verdict = judge(cast("Stack", product), accepted, 3, send=send)
    verdict.recovered = [1.0, 2.0]
    return verdict


def test_all_there_once_is_clean(ended: list[WorkflowRun]) -> None:
    verdict = verdict_on(ended, accounts_of(*ended))
    assert verdict.is_clean
    assert verdict.line() == "kills=3 accepted=2 done=2 lost=0 doubled=0 recover_p95=2.0s"


@pytest.mark.parametrize("kind", ["drafts", "notes", "tasks", "contacts", "companies"])
def test_whatever_is_there_twice_is_counted_as_doubled(ended: list[WorkflowRun], kind: str) -> None:
    created = accounts_of(*ended)
    created[kind].append(created[kind][0])
    verdict = verdict_on(ended, created)
    assert (len(verdict.lost), len(verdict.doubled)) == (0, 1)
    assert not verdict.is_clean


@pytest.mark.parametrize("kind", ["drafts", "notes", "tasks", "contacts"])
def test_whatever_is_missing_is_counted_as_lost(ended: list[WorkflowRun], kind: str) -> None:
    created = accounts_of(*ended)
    del created[kind][0]
    verdict = verdict_on(ended, created)
    assert (len(verdict.lost), len(verdict.doubled)) == (1, 0)
    assert not verdict.is_clean


@pytest.mark.parametrize("state", ["dead", "pending", "waiting", "cancelled"])
def test_a_run_that_has_not_ended_well_is_lost(ended: list[WorkflowRun], state: str) -> None:
    WorkflowRun.objects.filter(pk=ended[0].pk).update(state=state, outcome="")
    verdict = verdict_on(ended, accounts_of(*ended))
    assert (verdict.done, len(verdict.lost)) == (1, 1)
    assert not verdict.is_clean


def test_a_run_that_was_acknowledged_and_is_gone_is_lost(ended: list[WorkflowRun]) -> None:
    created = accounts_of(*ended)
    WorkflowRun.objects.filter(pk=ended[0].pk).delete()
    assert not verdict_on(ended, created).is_clean


@pytest.fixture
def all_sent(ended: list[WorkflowRun]) -> list[WorkflowRun]:
    for run in ended:
        said = {"recipient": "lee@company.example", "subject": "Your question", "body": "Hi Lee,", "is_sound": True}
        Draft.objects.create(workspace=run.workspace, run=run, status="sent", sent_at=timezone.now(), **said)
    return ended


def test_all_sent_once_is_clean(all_sent: list[WorkflowRun]) -> None:
    verdict = verdict_on(all_sent, accounts_of(*all_sent), send=True)
    assert verdict.is_clean
    assert verdict.line() == "kills=3 accepted=2 done=2 sent=2 lost=0 doubled=0 recover_p95=2.0s"


def test_a_prospect_who_got_two_mails_is_counted_as_doubled(all_sent: list[WorkflowRun]) -> None:
    created = accounts_of(*all_sent)
    created["sent"].append(created["sent"][0])
    verdict = verdict_on(all_sent, created, send=True)
    assert (len(verdict.lost), len(verdict.doubled)) == (0, 1)


def test_a_draft_that_never_left_or_of_which_nobody_knows_is_lost(all_sent: list[WorkflowRun]) -> None:
    created = accounts_of(*all_sent)
    created["sent"].pop()
    assert len(verdict_on(all_sent, created, send=True).lost) == 1
    Draft.objects.filter(run=all_sent[0]).update(status="uncertain")
    verdict = verdict_on(all_sent, accounts_of(*all_sent), send=True)
    assert (verdict.sent, len(verdict.lost)) == (1, 1)
    assert not verdict.is_clean


def test_a_chaos_in_which_nothing_was_accepted_proves_nothing(transactional_db: None) -> None:
    empty = {kind: [] for kind in ("drafts", "notes", "tasks", "contacts", "companies", "sent")}
    assert not verdict_on([], cast("dict[str, list[dict[str, Any]]]", empty)).is_clean


def test_marks_are_told_apart_by_their_whole_length() -> None:
    body = "<p>Sales Agent run 0b3f6b1e-0000-4000-8000-00000000000{}</p>"
    notes = [{"properties": {"hs_note_body": body.format(number)}} for number in (1, 2, 2)]
    found = count({"drafts": [], "notes": notes, "tasks": [], "contacts": [], "companies": [], "sent": []})["notes"]
    assert sorted(found.values()) == [1, 2]


@pytest.mark.parametrize("recovered", [[], [0.5] * 9 + [5.1], [0.5, math.inf]])
def test_a_product_that_stands_still_for_too_long_or_was_not_measured_fails(
    ended: list[WorkflowRun], recovered: list[float]
) -> None:
    verdict = verdict_on(ended, accounts_of(*ended))
    verdict.recovered = recovered
    assert not verdict.is_clean


def test_one_slow_recovery_in_twenty_is_let_pass(ended: list[WorkflowRun]) -> None:
    verdict = verdict_on(ended, accounts_of(*ended))
    verdict.recovered = [0.5] * 19 + [30.0]
    assert verdict.is_clean


def test_a_recovery_lasts_until_all_that_was_hit_makes_progress() -> None:
    made = {"web": [1.0, 9.0], "worker": [2.0, 7.0]}
    troubles = [
        Trouble("database, fast", 1.5, ("web", "worker")),
        Trouble("killed", 10.0, ("worker",)),
        Trouble("killed", 10.0, ()),
        Trouble("killed", 20.0, ("web",)),
    ]
    assert recoveries(troubles, made, until=15.0) == {"database, fast": [7.5], "killed": [math.inf]}


def test_who_is_hit_again_while_it_recovers_counts_from_the_last_hit_unless_it_was_late() -> None:
    made = {"worker": [6.0, 30.0]}
    troubles = [Trouble("killed", at, ("worker",)) for at in (1.0, 4.0, 10.0, 16.0, 26.0)]
    assert recoveries(troubles, made, until=100.0) == {"killed": [2.0, 20.0, 14.0, 4.0]}


def test_what_was_done_by_a_clock_that_was_off_counts_from_when_it_was_done() -> None:
    off = [Setting("worker", 100.0, 105.0, 3600), Setting("worker", 200.0, 203.0, -1800)]
    assert [righted(at, off) for at in (99.0, 102.0, 3702.0, -1599.0, 202.0)] == [99.0, 102.0, 102.0, 201.0, 202.0]


@pytest.mark.skipif(shutil.which("cc") is None, reason="clocks can only be set where there is a C compiler")
def test_a_clock_is_set_while_a_process_runs_and_monotonic_time_stays(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path, ["worker"])
    asks = "import time\nwhile input() == '?': print(time.time(), time.monotonic(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", asks],
        env=os.environ | clocks.environment("worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for off in (0, 3600, -600):
            clocks.set("worker", off)
            process.stdin.write("?\n")
            process.stdin.flush()
            wall, monotonic = map(float, process.stdout.readline().split())
            assert wall - time.time() == pytest.approx(off, abs=2)
            assert monotonic == pytest.approx(time.monotonic(), abs=2)
        process.stdin.write("\n")


def test_a_plan_has_all_that_it_says_and_each_kind_of_mischief() -> None:
    def of(kills: int, seed: int) -> list[str]:
        return plan(kills, random.Random(seed))  # noqa: S311  reproducible, not secret

    assert Counter(of(300, 1)) == {"kill": 300, "stop": 20, "database": 10, "vendors": 3, "clock": 10}
    assert Counter(of(10, 1)) == {"kill": 10, "stop": 1, "database": 1, "vendors": 1, "clock": 1}
    assert of(30, 1) == of(30, 1) != of(30, 2)


@pytest.mark.parametrize("way", ["refusing", "hanging"])
def test_what_was_said_to_a_shut_door_is_never_passed_on(box: Any, way: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/_sandbox/settings"
    with Door(port, urlsplit(box.url).port or 0) as door, requests.Session() as session:
        assert session.post(url, json={"latency_ms": 1}, timeout=5).ok  # its connection stays open
        door.shut(refusing=way == "refusing")
        error = requests.ConnectionError if way == "refusing" else requests.Timeout
        for caller in (session, requests):
            with pytest.raises(error):
                caller.post(url, json={"latency_ms": 2}, timeout=0.5)
        door.open()
        assert requests.get(f"http://127.0.0.1:{port}/_sandbox/health", timeout=5).ok
    assert box.control.settings()["latency_ms"] == 1
