"""The target: a draft within so many minutes of working hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads import runs
from leads.console.target import Kept, kept
from leads.models import Submission, WorkflowRun, Workspace

FRIDAY_EVENING = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 3, 9, 9, 10, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def took(workspace: Workspace, make_run: Callable[..., WorkflowRun]) -> Callable[..., WorkflowRun]:
    Workspace.objects.filter(pk=workspace.pk).update(timezone="UTC", opens="09:00", closes="17:00", target_minutes=15)
    numbers = iter(range(100))

    def make(created: datetime, drafted: datetime | None, state: str = "done", **fields: Any) -> WorkflowRun:
        run = make_run(state, email=f"lead{next(numbers)}@b.example", **fields)
        WorkflowRun.objects.filter(pk=run.pk).update(created_at=created, drafted_at=drafted)
        Submission.objects.filter(pk=run.submission_id).update(received_at=created)
        return run

    return make


def test_a_quick_draft_is_in_time_and_a_slow_one_is_not(took: Any) -> None:
    noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    took(noon, noon + timedelta(minutes=14))
    took(noon, noon + timedelta(minutes=16))
    assert kept(WorkflowRun.objects.all(), LONG_AGO) == Kept(owed=2, within=1)


def test_a_weekend_does_not_count(took: Any) -> None:
    took(FRIDAY_EVENING, MONDAY_MORNING)
    assert kept(WorkflowRun.objects.all(), LONG_AGO) == Kept(owed=1, within=1)


def test_what_died_is_late_what_is_screened_out_owes_nothing_and_what_runs_is_not_late_yet(took: Any) -> None:
    took(FRIDAY_EVENING, None, "dead")
    took(FRIDAY_EVENING, None, "cancelled")
    took(timezone.now(), None, "running")
    assert kept(WorkflowRun.objects.all(), LONG_AGO) == Kept(owed=1, within=0)


def test_the_card_leads_to_exactly_the_late_ones(client: Client, took: Any) -> None:
    now = timezone.now()
    Workspace.objects.update(opens="00:00", closes="23:59:59", workdays=[0, 1, 2, 3, 4, 5, 6])
    took(now - timedelta(hours=1), now - timedelta(minutes=59))
    late = took(now - timedelta(hours=2), now - timedelta(minutes=59))
    address = reverse("admin:leads_workflowrun_changelist")
    assert f"{address}?in_time=no" in client.get(reverse("admin:index")).content.decode()
    assert [run.pk for run in client.get(f"{address}?in_time=no").context["cl"].result_list] == [late.pk]


def test_home_shows_it(client: Client, took: Any) -> None:
    now = timezone.now()
    took(now - timedelta(hours=1), now - timedelta(minutes=59))
    assert "Draft in time" in client.get(reverse("admin:index")).content.decode()


def test_a_run_that_was_started_again_is_one_lead_whose_clock_goes_on(took: Any) -> None:
    dead = took(FRIDAY_EVENING, None, "dead")
    runs.start_again(dead, actor="anna")
    again = WorkflowRun.objects.latest("pk")
    WorkflowRun.objects.filter(pk=again.pk).update(drafted_at=timezone.now())
    assert kept(WorkflowRun.objects.all(), LONG_AGO) == Kept(owed=1, within=0)


def test_no_draft_in_time_at_all_is_a_warning(client: Client, took: Any) -> None:
    took(timezone.now() - timedelta(days=3), None, "dead")
    assert "sa-figure--warn" in client.get(reverse("admin:index")).content.decode()
