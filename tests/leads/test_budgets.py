"""Budgets of calls: shared by all, never overdrawn in any stretch of time, and waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.errors import Transient
from connectors.sandbox.limits import Window
from connectors.watch import Operation
from leads import budgets, call_log, permits, vendor_gate
from leads.budgets import GMAIL, HUBSPOT, SEARCH, Purse, Rank, Reserved
from leads.credentials import accounts_config
from leads.effects import RemoveDouble
from leads.models import Budget, Event, WorkflowRun, Workspace
from leads.permits import BudgetSpent, Permits
from tests.conftest import default_workspace
from tests.leads.driving import calls, drive_once, drive_to_the_end, made, take_in

CALL = Operation("hubspot", "contacts.get")
LOOK = Operation("hubspot", "companies.search")


@pytest.fixture
def shared(transactional_db: None, settings: Any) -> Iterator[Workspace]:
    """A workspace that several threads see."""
    settings.WORKFLOW_MODE = "SEND"
    yield default_workspace(draft_only=False)
    permits.PERMITS.keeper.rest()
    permits.PERMITS.forget()


@pytest.fixture
def process(shared: Workspace) -> Iterator[Callable[[], Permits]]:
    """Makes what stands for another process: it shares nothing but the database."""
    made: list[Permits] = []

    def make() -> Permits:
        made.append(Permits())
        return made[-1]

    yield make
    for one in made:
        one.keeper.rest()


def taken(purse: Purse, rank: Rank = Rank.RUN, *, least: int = 1, asked: int = 1, back: Reserved | None = None) -> int:
    return budgets.reserve(purse, rank, least=least, asked=asked, back=back).units


def all_there_is(purse: Purse, rank: Rank) -> list[int]:
    """What somebody gets who asks for much as long as there is any room."""
    blocks: list[int] = []
    while (got := budgets.reserve(purse, rank, least=1, asked=50)).room_in < 1:
        blocks += [got.units] if got.units else []
        time.sleep(got.room_in)
    return blocks


def test_a_limit_is_never_overdrawn_and_blocks_shrink_towards_its_end(workspace: Workspace, settings: Any) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    blocks = all_there_is(Purse(workspace.pk, HUBSPOT), Rank.RUN)
    assert sum(blocks) == 100
    assert (blocks[0], blocks[-1]) == (25, 1)


def test_who_comes_too_late_is_told_when_there_is_room(workspace: Workspace, settings: Any) -> None:
    settings.HUBSPOT_SEARCHES_PER_SECOND = 1
    purse = Purse(workspace.pk, SEARCH)
    assert taken(purse) == 1
    late = budgets.reserve(purse, Rank.RUN, least=1, asked=1)
    assert late.units == 0
    assert 1.0 < late.room_in < 1.5
    time.sleep(late.room_in)
    assert taken(purse) == 1


def test_new_runs_and_background_work_leave_room_for_runs_under_way(workspace: Workspace, settings: Any) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 20
    purse = Purse(workspace.pk, HUBSPOT)
    got = [sum(all_there_is(purse, rank)) for rank in (Rank.BACKGROUND, Rank.NEW, Rank.RUN)]
    assert got == [10, 9, 1]


def test_a_call_that_is_larger_than_the_limit_passes_alone(workspace: Workspace, settings: Any) -> None:
    settings.GMAIL_UNITS_PER_MINUTE = 60
    purse = Purse(workspace.pk, GMAIL)
    assert taken(purse, least=100, asked=100) == 100
    assert taken(purse, least=100, asked=100) == 0


def test_what_is_left_of_a_block_is_given_back(workspace: Workspace, settings: Any) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    purse = Purse(workspace.pk, HUBSPOT)
    block = budgets.reserve(purse, Rank.RUN, least=1, asked=20)
    taken(purse, asked=5, back=Reserved(12, block.slot))
    assert used(workspace, "hubspot") == 20 - 12 + 5


def test_each_workspace_has_a_budget_of_its_own(workspace: Workspace, settings: Any) -> None:
    settings.HUBSPOT_SEARCHES_PER_SECOND = 1
    other = Workspace.objects.create(slug="other", name="Other")
    assert [taken(Purse(one.pk, SEARCH)) for one in (workspace, other, workspace, other)] == [1, 1, 0, 0]


def test_no_vendor_sees_more_than_its_limit_in_any_second(process: Callable[[], Permits], settings: Any) -> None:
    settings.HUBSPOT_SEARCHES_PER_SECOND = 12
    purse = Purse(Workspace.objects.get(slug="default").pk, SEARCH)
    vendor, lock, refused = Window(1.0), threading.Lock(), []
    ends = time.monotonic() + 30

    def search(which: Permits) -> None:
        which.take(LOOK, purse, Rank.RUN, ends)
        with lock:
            if not vendor.takes(1, 12):
                refused.append(time.monotonic())

    processes = [process(), process()]
    begun = time.monotonic()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(search, processes * 24))
    assert not refused
    # 48 in windows of 12: three waits of a second are what the vendor makes necessary.
    assert 3.0 < time.monotonic() - begun < 3 * 2


def test_a_search_waits_for_both_of_its_budgets_and_is_late_for_none(
    process: Callable[[], Permits], settings: Any
) -> None:
    settings.HUBSPOT_SEARCHES_PER_SECOND, settings.HUBSPOT_CALLS_PER_10_SECONDS = 4, 12
    workspace = Workspace.objects.get(slug="default")
    purses = [Purse(workspace.pk, meter) for meter in budgets.meters_of(LOOK)]
    assert [purse.meter for purse in purses] == [SEARCH, HUBSPOT]
    by_second, by_ten, lock, refused = Window(1.0), Window(10.0), threading.Lock(), []
    ends = time.monotonic() + 30

    def search(which: Permits) -> None:
        which.take_all(LOOK, purses, Rank.RUN, ends)
        with lock:
            if not (by_second.takes(1, 4) and by_ten.takes(1, 12)):
                refused.append(time.monotonic())

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(search, [process(), process()] * 8))
    assert not refused


def test_one_statement_serves_many_calls(
    process: Callable[[], Permits], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 1_000_000
    asked: list[int] = []
    reserve = budgets.reserve

    def counted(*arguments: Any, **options: Any) -> Reserved:
        asked.append(1)
        return reserve(*arguments, **options)

    monkeypatch.setattr(budgets, "reserve", counted)
    purse, mine = Purse(Workspace.objects.get(slug="default").pk, HUBSPOT), process()
    for _ in range(1000):
        mine.take(CALL, purse, Rank.RUN, time.monotonic() + 5)
    assert len(asked) < 20


def test_who_would_wait_too_long_is_turned_away_at_once(process: Callable[[], Permits], settings: Any) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 1
    purse, mine = Purse(Workspace.objects.get(slug="default").pk, HUBSPOT), process()
    mine.take(CALL, purse, Rank.RUN, time.monotonic() + 1)
    begun = time.monotonic()
    with pytest.raises(BudgetSpent) as spent:
        mine.take(CALL, purse, Rank.RUN, time.monotonic() + 5)
    assert time.monotonic() - begun < 2
    assert 9 < (spent.value.retry_after or 0) < 25


def test_a_run_without_budget_waits_and_spends_no_attempt(
    shared: Workspace, box: Any, lead: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendor_gate, "PATIENCE", 0.5)
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 3
    run = drive_once(take_in(lead(), shared))
    assert (run.state, run.error_kind, run.attempt) == (WorkflowRun.State.WAITING, "BudgetSpent", 0)
    assert 1 < (run.due_at - timezone.now()).total_seconds() < 30
    assert not Event.objects.filter(kind="effect_failed", facts__may_be_done=True)
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 0
    assert drive_to_the_end(run).state == WorkflowRun.State.DONE
    assert made(box)["drafts"] == 1


def test_a_refusal_by_the_vendor_stops_all_workers_for_as_long_as_it_asks(
    shared: Workspace, process: Callable[[], Permits], box: Any, lead: Any, settings: Any
) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    box.control.fault("429:hubspot.contacts.get:x1:retry_after=30")
    drive_once(take_in(lead(), shared))
    permits.PERMITS.keeper.rest()
    before = calls(box)
    with pytest.raises(BudgetSpent) as spent:
        process().take(CALL, Purse(shared.pk, HUBSPOT), Rank.RUN, time.monotonic() + 5)
    assert 25 < (spent.value.retry_after or 0) < 45
    assert calls(box) == before
    assert budgets.in_use(shared.pk)[0].paused_until is not None


def test_a_draft_does_without_what_the_vendor_stopped_for_longer_than_it_would_wait(
    shared: Workspace, box: Any, lead: Any, settings: Any
) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    box.control.fault("429:hubspot.contacts.get:x1:retry_after=90")
    first = drive_once(take_in(lead(1), shared))
    permits.PERMITS.keeper.rest()
    second = drive_once(take_in(lead(2), shared))
    assert (first.error_kind, second.error_kind) == ("BudgetSpent", "BudgetSpent")  # of what is to be written there
    assert made(box)["drafts"] == 2


def test_an_absurd_wait_stops_a_workspace_for_an_hour_at_the_most(
    shared: Workspace, box: Any, lead: Any, settings: Any
) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    box.control.fault("429:hubspot.contacts.get:x1:retry_after=31536000")
    drive_once(take_in(lead(), shared))
    permits.PERMITS.keeper.rest()
    until = budgets.in_use(shared.pk)[0].paused_until
    assert until is not None
    assert timedelta(minutes=55) < until - timezone.now() <= timedelta(hours=1)


def test_a_switch_that_is_turned_while_a_write_waits_for_its_permit_holds(
    shared: Workspace, box: Any, lead: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    take_all = permits.PERMITS.take_all

    def wait_long(operation: Operation, *more: Any) -> None:
        take_all(operation, *more)
        if operation.writes and operation.service == "hubspot":
            workspaces = Workspace.objects.filter(pk=shared.pk)
            permits.PERMITS.keeper.ask(lambda: workspaces.update(draft_only=True), 5)
            time.sleep(vendor_gate.A_MOMENT)

    monkeypatch.setattr(permits.PERMITS, "take_all", wait_long)
    run = drive_to_the_end(take_in(lead(), shared))
    assert run.state == WorkflowRun.State.DONE
    there = made(box)
    assert (there["drafts"], there.get("contacts"), there.get("notes")) == (1, None, None)
    assert {effect.withheld for effect in run.effects.filter(kind="create_contact")} == {"the workspace is DRAFT_ONLY"}


def test_neither_is_a_double_removed_then(
    shared: Workspace, box: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    monkeypatch.setattr(vendor_gate, "A_MOMENT", -1.0)  # every write had to wait
    accounts = open_accounts(accounts_config(shared))
    with pytest.raises(Transient, match="may not be made"), call_log.noted(shared, "test", may_write=lambda: False):
        RemoveDouble("note", "1").perform(accounts, {})
    assert not calls(box)


def used(workspace: Workspace, meter: str) -> int:
    return sum(Budget.objects.get(workspace=workspace, meter=meter).used)
