"""Times on offer in one draft are not offered in another, even if both are written at once, until they expire."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import drafts, holds, offers, runs
from leads.engine.driver import drive
from leads.hours import week_of
from leads.models import Draft, HeldTime, WorkflowRun, Workspace
from tests.leads.driving import CALLERS, claim_now, drive_once, take_in

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga")


def draft_for(number: int, lead: Make, workspace: Workspace, **fields: str) -> Draft:
    email = fields.pop("email", f"person{number}@company{number}.example")
    run = drive_once(take_in(lead(number, email=email, **fields), workspace))
    assert run.outcome == "drafted", run.error
    return Draft.objects.get(run=run)


def times_of(draft: Draft) -> set[datetime]:
    return {slot.start for slot in offers.on_offer([draft.pk])[draft.pk]}


def test_two_drafts_offer_different_times_and_hold_them(box: Any, lead: Make, workspace: Workspace) -> None:
    first, second = draft_for(1, lead, workspace), draft_for(2, lead, workspace)
    assert len(times_of(first)) == len(times_of(second)) == 3
    assert not times_of(first) & times_of(second)
    assert set(HeldTime.objects.filter(run=first.run).values_list("at", flat=True)) == times_of(first)


def test_they_are_held_for_as_many_working_days_as_the_workspace_wants(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    Workspace.objects.update(hold_days=4)
    workspace.refresh_from_db()
    draft = draft_for(1, lead, workspace)
    until = set(HeldTime.objects.filter(run=draft.run).values_list("until", flat=True))
    assert len(until) == 1
    assert abs(until.pop() - week_of(workspace).later(draft.created_at, 4)) < timedelta(minutes=1)


def test_what_has_expired_is_offered_again(box: Any, lead: Make, workspace: Workspace) -> None:
    first = draft_for(1, lead, workspace)
    HeldTime.objects.update(until=timezone.now())
    second = draft_for(2, lead, workspace)
    assert times_of(second) == times_of(first)
    assert set(HeldTime.objects.values_list("run", flat=True)) == {second.run_id}


def test_a_run_that_waited_too_long_looks_for_times_again(box: Any, lead: Make, workspace: Workspace) -> None:
    box.control.fault("503:drive.files.list:x1")
    waiting = drive_once(take_in(lead(1, email="person1@company1.example"), workspace))
    held = set(HeldTime.objects.filter(run=waiting).values_list("at", flat=True))
    assert (waiting.state, len(held)) == ("waiting", 3)
    HeldTime.objects.update(until=timezone.now())
    waiting.steps.update(finished_at=timezone.now() - holds.WHILE_WRITING)
    second = draft_for(2, lead, workspace)
    assert times_of(second) == held
    assert drive_once(waiting).outcome == "drafted"
    assert not times_of(Draft.objects.get(run=waiting)) & held


def test_a_rejected_draft_lets_its_times_go_and_one_opened_again_takes_them_back(
    box: Any, lead: Make, workspace: Workspace, olga: User
) -> None:
    first = draft_for(1, lead, workspace)
    drafts.reject(first, version=first.version, reason="No.", by=olga)
    assert not HeldTime.objects.exists()
    first.refresh_from_db()
    drafts.reopen(first, version=first.version, by=olga)
    assert set(HeldTime.objects.values_list("at", flat=True)) == times_of(first)


def test_an_approved_draft_keeps_its_times(box: Any, lead: Make, workspace: Workspace, olga: User) -> None:
    first = draft_for(1, lead, workspace)
    drafts.approve(first, version=first.version, by=olga)
    assert not times_of(first) & times_of(draft_for(2, lead, workspace))


def test_nobody_stands_in_their_own_way(box: Any, lead: Make, workspace: Workspace) -> None:
    first = draft_for(1, lead, workspace, email="sam@brightfreight.example")
    again = draft_for(2, lead, workspace, email="sam@brightfreight.example")
    assert times_of(first) == times_of(again)


def test_a_run_that_is_started_again_offers_the_same_times(box: Any, lead: Make, workspace: Workspace) -> None:
    first = draft_for(1, lead, workspace)
    again = drive_once(runs.start_again(first.run, actor="olga"))
    assert times_of(Draft.objects.get(run=again)) == times_of(first)


def test_another_workspace_is_not_asked(workspace: Workspace) -> None:
    other = Workspace.objects.create(name="Other", slug="other")
    run = WorkflowRun(workspace=other)
    assert not holds.held(run.workspace_id, 0).exists()


def test_where_all_is_held_the_same_time_is_offered_and_said_to_be(box: Any, lead: Make, workspace: Workspace) -> None:
    first = draft_for(1, lead, workspace)
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    half_hours = (now + timedelta(minutes=30 * step) for step in range(48 * 30))
    known = set(HeldTime.objects.values_list("at", flat=True))
    HeldTime.objects.bulk_create(
        HeldTime(workspace=workspace, run=first.run, lead=first.lead, at=at, until=now + timedelta(days=9))
        for at in half_hours
        if at not in known
    )
    second = draft_for(2, lead, workspace)
    assert times_of(second)
    assert second.run.steps.get(name="propose_slots").result["is_shared"] is True


def test_a_workspace_that_holds_nothing_offers_the_best_times_to_all(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    Workspace.objects.update(hold_days=0)
    workspace.refresh_from_db()
    assert times_of(draft_for(1, lead, workspace)) == times_of(draft_for(2, lead, workspace))
    assert not HeldTime.objects.exists()


def test_holding_costs_a_run_one_statement(box: Any, lead: Make, workspace: Workspace) -> None:
    run = take_in(lead(), workspace)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        drive_once(run)
    assert sum("INSERT INTO leads_heldtime" in query["sql"] for query in seen.captured_queries) == 1
    assert not [query for query in seen.captured_queries if query["sql"].startswith('SELECT "leads_heldtime"')]


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_never_offer_the_same_time(box: Any, lead: Make, workspace: Workspace) -> None:
    claims = [
        claim_now(take_in(lead(number, email=f"person{number}@company{number}.example"), workspace))
        for number in range(1, 6)
    ]

    def work(claim: Any) -> None:
        try:
            drive(claim, CALLERS)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(claims)) as workers:
        list(workers.map(work, claims))
    offered = [times_of(draft) for draft in Draft.objects.all()]
    assert len(offered) == len(claims)
    assert all(offered)
    assert sum(map(len, offered)) == len(set.union(*offered))
    assert HeldTime.objects.count() >= sum(map(len, offered))
