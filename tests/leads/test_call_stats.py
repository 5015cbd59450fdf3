"""How the calls to each endpoint went lately."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import call_stats
from leads.models import ApiCall, Workspace

pytestmark = pytest.mark.django_db


def call(workspace: Workspace, endpoint: str, ms: float, *, error: str = "", hours: float = 0) -> None:
    at = timezone.now() - timedelta(hours=hours)
    ApiCall.objects.create(workspace=workspace, service="gmail", endpoint=endpoint, ms=ms, error=error, at=at)


def test_calls_are_summed_up_by_endpoint(workspace: Workspace) -> None:
    for ms in range(1, 101):
        call(workspace, "threads.get", ms, error="Transient" if ms > 95 else "")
    call(workspace, "drafts.create", 7, hours=23)
    call(workspace, "drafts.create", 900, hours=25)
    found = call_stats.lately()
    create, get = found.endpoints
    assert (get.service, get.endpoint, get.calls, get.errors, get.error_rate) == ("gmail", "threads.get", 100, 5, 5.0)
    assert (get.p50, round(get.p95, 2)) == (50.5, 95.05)
    assert (create.calls, create.p95) == (1, 7)
    assert (found.calls, found.errors, found.is_cut) == (101, 5, False)


def test_all_workspaces_count(workspace: Workspace) -> None:
    call(workspace, "e", 1)
    call(Workspace.objects.create(slug="other", name="Globex"), "e", 3)
    assert call_stats.lately().endpoints[0].p50 == 2


def test_no_calls_are_no_endpoints(workspace: Workspace) -> None:
    assert call_stats.lately().endpoints == []


def test_of_very_many_the_newest_are_looked_at(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_stats, "MOST", 2)
    for hours in (3, 2, 1):
        call(workspace, "e", hours, hours=hours)
    found = call_stats.lately()
    assert (found.calls, found.is_cut) == (2, True)
    assert timedelta(hours=1.9) < timezone.now() - found.since < timedelta(hours=2.1)
    # Figures link to their rows by this moment.
    assert ApiCall.objects.filter(at__gte=found.since).count() == 2


def test_it_is_one_statement(workspace: Workspace) -> None:
    with CaptureQueriesContext(connection) as queries:
        call_stats.lately()
    assert len(queries) == 1
