"""API calls: figures by endpoint, each of which leads to its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leads.models import ApiCall, Workspace

LIST = "/admin/leads/apicall/"


@pytest.fixture
def calls(workspace: Workspace) -> None:
    for ms in range(1, 21):
        error = "Transient" if ms > 18 else ""
        at = timezone.now() - timedelta(minutes=ms)
        status = 503 if error else 200
        fields: dict[str, Any] = {"ms": ms, "error": error, "status": status, "at": at, "run_id": None}
        ApiCall.objects.create(workspace=workspace, service="gmail", endpoint="threads.get", **fields)
    old = timezone.now() - timedelta(hours=30)
    ApiCall.objects.create(workspace=workspace, service="gmail", endpoint="threads.get", ms=9, at=old)


def test_each_figure_leads_to_exactly_its_rows(client: Client, calls: None) -> None:
    (row,) = client.get(LIST).context["endpoints"]
    assert (row.figures.calls, row.figures.errors) == (20, 2)
    for page, number in ((row.calls, 20), (row.errors, 2), (row.slow, 10), (row.slowest, 1)):
        assert len(client.get(page).context["cl"].result_list) == number
    assert row.tone == "warn"


def test_the_page_shows_figures_and_calls(client: Client, calls: None) -> None:
    page = client.get(LIST).content.decode()
    assert "20 calls, 2 failed" in page
    assert "503 · Transient" in page
    assert "Last 24 hours" in page


def test_without_calls_the_page_says_what_will_be_here(client: Client, workspace: Workspace) -> None:
    assert "No account was called in the last 24 hours" in client.get(LIST).content.decode()
