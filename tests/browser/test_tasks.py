"""What operators come for, each from the home page, with the number of actions that it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from leads.models import AllowedForm, Draft, Event, WorkflowRun, Workspace
from tests.browser.operator import Operator
from tests.browser.world import UNKNOWN_FORM, deliver, submission
from tests.conftest import FORM_ID, default_workspace
from tests.leads.driving import drive_once, drive_to_the_end, take_in, until


def test_finding_why_a_prospect_got_no_draft_and_mending_it(box: Any, operator: Operator, settings: Any) -> None:
    good = settings.GOOGLE_CREDENTIALS
    settings.GOOGLE_CREDENTIALS = json.dumps(json.loads(good) | {"refresh_token": "revoked"})
    run = drive_once(take_in(submission(1, "Priya", "Raman", "Harbor Health"), default_workspace()))
    assert run.state == "waiting"
    operator.opens("/admin/")
    operator.clicks(operator.link("Priya@harborhealth.example").or_(operator.link("Priya Raman")))
    expect(operator.page.get_by_role("main")).to_contain_text("Google refuses the credentials.")
    operator.fills_in({"Google credentials": good})
    operator.clicks(operator.button("Save and retry"))
    expect(operator.page.get_by_role("main")).to_contain_text("Pending")
    drive_to_the_end(run)
    expect(operator.page.get_by_role("main")).to_contain_text("Drafted")
    operator.took("find why a prospect got no draft, mend it and retry", at_most=3)


def test_turning_draft_only_off_and_on_again(operator: Operator, settings: Any) -> None:
    settings.WORKFLOW_MODE = "SEND"
    workspace = default_workspace()
    operator.opens("/admin/")
    operator.clicks(operator.button("Turn DRAFT_ONLY off …"))
    operator.fills_in({"Type SEND to confirm": "SEND", "Why (it stands in the audit)": "Tried for a week"}, sends=True)
    expect(operator.page.get_by_role("region", name="DRAFT_ONLY")).to_contain_text("DRAFT_ONLY is off for Northwind")
    workspace.refresh_from_db()
    assert not workspace.draft_only
    operator.clicks(operator.button("Back to drafts only"))
    expect(operator.page.get_by_role("region", name="DRAFT_ONLY")).to_contain_text("DRAFT_ONLY is on")
    workspace.refresh_from_db()
    assert workspace.draft_only
    assert Event.objects.filter(kind="draft_only_switched", actor="olga").count() == 2
    operator.took("turn DRAFT_ONLY off and on again", at_most=3)


@pytest.mark.parametrize("number", [5, 20])
def test_reviewing_drafts_by_keyboard_without_a_mouse_or_another_page(
    box: Any, operator: Operator, number: int
) -> None:
    workspace = default_workspace()
    names = [(f"Mara{chr(97 + place)}", "Okafor", f"Bright Freight {place}") for place in range(number)]
    for place, who in enumerate(names):
        drive_to_the_end(take_in(submission(place, *who), workspace))
    operator.opens("/admin/")
    operator.presses("g")
    operator.page.keyboard.press("d")
    loads: list[str] = []
    draft = operator.page.locator("#review-draft")
    expect(draft).to_be_visible()
    operator.page.wait_for_load_state("load")
    operator.page.on("request", lambda one: loads.append(one.url) if one.is_navigation_request() else None)
    for place, (first, *_) in enumerate(names):
        expect(draft).to_contain_text(first)
        operator.presses("r" if place % 5 == 2 else "a")
        if place % 5 == 2:
            operator.presses("2")
    expect(operator.page.get_by_text("All drafts are reviewed", exact=True)).to_be_visible()
    until(lambda: not Draft.objects.filter(status="ready").exists())
    assert Draft.objects.filter(status="approved").count() == number * 4 // 5
    assert [one for one in loads if "/letter/" not in one] == []
    operator.took(f"review {number} drafts by keyboard", at_most=2 * number)


def test_finding_a_prospect_by_name_and_mending_what_stopped_their_run(operator: Operator, box: Any) -> None:
    workspace = default_workspace()
    Workspace.objects.filter(pk=workspace.pk).update(sender_email="")
    run = drive_once(take_in(submission(1, "Mara", "Okafor", "Bright Freight"), workspace))
    operator.opens("/admin/")
    operator.presses("/")
    operator.fills_in({"A prospect, a run id or a page": "mara@"}, sends=True)
    expect(operator.page.get_by_text("has no sender address")).to_be_visible()
    operator.fills_in({"Mailbox": "clara@northwind.example"}, sends=True)
    expect(operator.page.get_by_text("goes on now")).to_be_visible()
    assert drive_to_the_end(run).outcome == "drafted"
    operator.took("find a prospect by name, mend what stopped their run, and retry", at_most=3)


def test_retrying_many_says_first_what_it_would_do(operator: Operator) -> None:
    workspace = default_workspace()
    dead = [take_in(submission(number, "Mara", "Okafor", "Bright Freight"), workspace) for number in range(30)]
    WorkflowRun.objects.filter(pk__in=[run.pk for run in dead[1:]]).update(state="dead")
    operator.opens("/admin/leads/workflowrun/")
    operator.clicks("#action-toggle")
    operator.page.get_by_label("Select action to run").select_option("retry_selected")
    operator.clicks("button[name=index]")
    expect(operator.page.get_by_role("heading", name="29 runs will be retried")).to_be_visible()
    expect(operator.page.get_by_text("1 will be left alone")).to_be_visible()
    operator.clicks(operator.button("Retry runs"))
    expect(operator.page.get_by_text("That is all. 29 retried.")).to_be_visible()
    assert not WorkflowRun.objects.filter(state="dead").exists()


def test_replaying_a_webhook(operator: Operator) -> None:
    workspace = default_workspace()
    AllowedForm.objects.filter(form_id=FORM_ID).update(enabled=False)
    deliver(workspace, submission(1, "Mara", "Okafor", "Bright Freight"))
    AllowedForm.objects.filter(form_id=FORM_ID).update(enabled=True)
    operator.opens("/admin/")
    operator.clicks(operator.link("ignored"))
    operator.clicks(operator.button("Replay"))
    expect(operator.page.get_by_text("Replayed as Delivery")).to_be_visible()
    assert WorkflowRun.objects.get().lead.email == "mara@brightfreight.example"
    operator.took("replay a webhook", at_most=2)


def test_allowing_a_new_form(operator: Operator) -> None:
    workspace = default_workspace()
    deliver(workspace, submission(1, "Ines", "Marques", "Lisbon Legal") | {"formId": UNKNOWN_FORM})
    operator.opens("/admin/")
    operator.clicks(operator.link("Settings"))
    operator.clicks(operator.link("Forms"))
    operator.clicks(operator.button("Allow this form"))
    expect(operator.page.get_by_role("region", name="Allowed")).to_contain_text(UNKNOWN_FORM)
    assert AllowedForm.objects.get(form_id=UNKNOWN_FORM).enabled
    operator.took("allow a new form", at_most=4)
