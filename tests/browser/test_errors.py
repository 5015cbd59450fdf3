"""Errors as an operator deals with them, and the page that approves a draft from a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import expect

from leads import approval, notices
from leads.models import Draft, Notice, WorkflowRun
from tests.browser.operator import Operator
from tests.browser.world import submission
from tests.conftest import default_workspace
from tests.leads.driving import drive_to_the_end, take_in


def fail(box: Any, number: int, first: str) -> WorkflowRun:
    """A run that Gmail refuses for good."""
    box.control.fault("400:gmail.drafts.create:x1")
    return drive_to_the_end(take_in(submission(number, first, "Raman", "Harbor Health"), default_workspace()))


def test_a_cause_is_resolved_and_comes_back_by_itself(box: Any, operator: Operator) -> None:
    fail(box, 1, "Priya")
    operator.opens("/admin/")
    operator.clicks(operator.link("Errors"))
    operator.clicks(operator.link("Permanent"))
    operator.clicks(operator.button("Resolve"))
    expect(operator.page.get_by_text("It is resolved.")).to_be_visible()
    operator.took("resolve what is mended", at_most=3)
    operator.opens("/admin/errors/")
    expect(operator.page.get_by_text("Nothing fails")).to_be_visible()
    fail(box, 2, "Luis")
    expect(operator.page.get_by_text("Came back")).to_be_visible()


def test_a_group_is_retried_after_it_was_said_what_that_does(box: Any, operator: Operator) -> None:
    run = fail(box, 1, "Priya")
    operator.opens("/admin/errors/")
    operator.clicks(operator.link("Permanent"))
    operator.clicks(operator.link("Retry …"))
    expect(operator.page.get_by_text("the 1 dead, which wait for a person")).to_be_visible()
    operator.clicks(operator.button("Retry them now"))
    expect(operator.page.get_by_text("1 run(s) go on now.")).to_be_visible()
    operator.took("retry all runs of one cause", at_most=3)
    assert drive_to_the_end(run).outcome == "drafted"


def test_dead_letters_are_chosen_and_discarded_with_a_reason(box: Any, operator: Operator) -> None:
    runs = [fail(box, 1, "Priya"), fail(box, 2, "Luis")]
    operator.opens("/admin/errors/letters/")
    expect(operator.button("Retry")).to_be_disabled()
    operator.clicks(operator.page.get_by_label("All on this page"))
    expect(operator.page.get_by_text("2 chosen")).to_be_visible()
    operator.clicks(operator.button("Discard …"))
    operator.fills_in({"Reason": "Tests of ours"})
    operator.clicks(operator.button("Discard these runs"))
    expect(operator.page.get_by_text("No dead letters")).to_be_visible()
    operator.took("discard all dead letters of a page", at_most=4)
    assert {WorkflowRun.objects.get(pk=run.pk).state for run in runs} == {"cancelled"}


def test_a_draft_is_approved_on_a_phone_by_the_link_in_a_message(
    box: Any, boss: User, opened: Callable[..., Operator]
) -> None:
    workspace = default_workspace()
    notices.add(workspace, url="json://127.0.0.1:9", name="Olga’s mail", person=boss, by=boss)
    drive_to_the_end(take_in(submission(1, "Mara", "Okafor", "Bright Freight"), workspace))
    draft = Draft.objects.get()
    link = approval.link(Notice.objects.get(), draft, boss)
    anybody = opened(width=390)
    address = link.removeprefix(anybody.origin)
    anybody.finds_fit(address)
    anybody.clicks(anybody.button("Approve as olga"))
    expect(anybody.page.get_by_role("heading", name="Approved")).to_be_visible()
    anybody.took("approve from e-mail", at_most=1)
    assert Draft.objects.get().status == "approved"
