"""The chaos test: that it is passed, and that it could be failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import connection
from django.utils import timezone

from leads.models import Draft, WorkflowRun
from ops.chaos import chaos
from ops.stack import Stack
from ops.verdict import count, judge
from tests.conftest import default_workspace
from tests.leads.driving import take_in

Make = Callable[..., dict[str, Any]]


@pytest.mark.processes
def test_ten_kills_lose_nothing_and_double_nothing(worker_id: str) -> None:
    verdict = chaos(10, rate=3, seed=20, look=True, send=30, name=f"chaos_{worker_id}")
    assert (verdict.lost, verdict.doubled) == ([], [])
    assert verdict.is_clean
    assert re.fullmatch(r"kills=10 accepted=30 done=30 sent=30 lost=0 doubled=0", verdict.line())


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
    return judge(cast("Stack", product), accepted, 3, send=send)


def test_all_there_once_is_clean(ended: list[WorkflowRun]) -> None:
    verdict = verdict_on(ended, accounts_of(*ended))
    assert verdict.is_clean
    assert verdict.line() == "kills=3 accepted=2 done=2 lost=0 doubled=0"


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
    assert verdict.line() == "kills=3 accepted=2 done=2 sent=2 lost=0 doubled=0"


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
