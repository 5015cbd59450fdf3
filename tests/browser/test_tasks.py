"""What operators come for, each from the home page, with the number of actions that it takes."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from leads.models import Event
from tests.browser.operator import Operator
from tests.conftest import default_workspace


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
