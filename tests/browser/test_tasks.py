"""What operators come for, each from the home page, with the number of actions that it takes."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from leads.models import AllowedForm, Event, WorkflowRun
from tests.browser.operator import Operator
from tests.browser.world import UNKNOWN_FORM, deliver, submission
from tests.conftest import FORM_ID, default_workspace
from tests.leads.driving import drive_once, drive_to_the_end, take_in


def test_finding_why_a_prospect_got_no_draft_and_mending_it(box: Any, operator: Operator, settings: Any) -> None:
    settings.HUBSPOT_ACCESS_TOKEN = "revoked-token"
    run = drive_once(take_in(submission(1, "Priya", "Raman", "Harbor Health"), default_workspace()))
    assert run.state == "waiting"
    operator.opens("/admin/")
    operator.clicks(operator.link("Priya@harborhealth.example").or_(operator.link("Priya Raman")))
    expect(operator.page.get_by_role("main")).to_contain_text("HubSpot refuses the token.")
    operator.fills_in({"HubSpot access token": "sandbox-token"})
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
