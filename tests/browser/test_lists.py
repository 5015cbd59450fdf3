"""Lists say what is new, and move no row by themselves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from leads.models import Event, WorkflowRun
from tests.browser.operator import Operator
from tests.browser.world import deliver, submission
from tests.conftest import default_workspace
from tests.leads.driving import take_in

RUNS = "/admin/leads/workflowrun/"


def rows(operator: Operator) -> Locator:
    return operator.page.locator("#result_list tbody")


def pill(operator: Operator) -> Locator:
    return operator.button("New activity")


@pytest.mark.parametrize("by", ["press", "key"])
def test_what_is_new_is_shown_when_it_is_asked_for_and_filters_stay(operator: Operator, by: str) -> None:
    workspace = default_workspace()
    take_in(submission(1, "Mara", "Okafor", "Bright Freight"), workspace)
    operator.opens(f"{RUNS}?state__exact=pending")
    expect(rows(operator)).to_have_count(1)
    expect(pill(operator)).to_be_hidden()
    top = rows(operator).first.bounding_box()
    deliver(workspace, submission(2, "Jonas", "Lindqvist", "Fjord Tools"))
    expect(pill(operator)).to_be_visible()
    expect(rows(operator)).to_have_count(1)
    assert rows(operator).first.bounding_box() == top
    if by == "key":
        operator.presses(".")
    else:
        operator.clicks(pill(operator))
    expect(rows(operator)).to_have_count(2)
    expect(pill(operator)).to_be_hidden()
    assert operator.page.url.endswith("?state__exact=pending")


def test_an_older_page_is_not_told_what_is_new(operator: Operator) -> None:
    run = take_in(submission(1, "Mara", "Okafor", "Bright Freight"), default_workspace())
    operator.opens(f"{RUNS}?before={run.pk + 1}")
    expect(rows(operator)).to_have_count(1)
    Event.objects.create(kind="run_started", workspace=run.workspace, run=run)
    operator.page.wait_for_timeout(3000)
    expect(pill(operator)).to_have_count(0)


def test_new_dead_letters_are_told(operator: Operator) -> None:
    run = take_in(submission(1, "Mara", "Okafor", "Bright Freight"), default_workspace())
    operator.opens("/admin/errors/letters/")
    WorkflowRun.objects.filter(pk=run.pk).update(state="dead", error_kind="Permanent", error="refused")
    Event.objects.create(kind="run_died", workspace=run.workspace, run=run)
    operator.clicks(pill(operator))
    expect(operator.page.locator(".sa-letters li")).to_have_count(1)
