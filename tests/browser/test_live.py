"""What comes in while somebody looks, and how it leaves them at what they look at."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.operator import Operator
from tests.browser.world import submission
from tests.conftest import default_workspace
from tests.leads.driving import drive_to_the_end, take_in


def test_the_row_under_the_pointer_stays_where_it_is(operator: Operator, box: Any) -> None:
    workspace = default_workspace()
    for number in range(12):
        take_in(submission(number, f"Lead{number}", "Novak", "Brno Bikes"), workspace)
    operator.opens("/admin/")
    row = operator.page.locator(".sa-runs tbody tr").filter(has_text="lead5@")
    row.scroll_into_view_if_needed()
    row.hover()
    before = row.bounding_box()
    take_in(submission(20, "Newcomer", "Novak", "Brno Bikes"), workspace)
    expect(operator.page.locator(".sa-runs")).to_contain_text("newcomer@", ignore_case=True)
    after = row.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) <= 1


def test_a_draft_that_comes_in_is_told_everywhere_but_where_drafts_are_reviewed(operator: Operator, box: Any) -> None:
    workspace = default_workspace()
    drive_to_the_end(take_in(submission(1, "Mara", "Okafor", "Bright Freight"), workspace))
    for number, (address, is_told) in enumerate([("/admin/review/", False), ("/admin/errors/", True)], 2):
        operator.opens(address)
        drive_to_the_end(take_in(submission(number, f"Lead{number}", "Novak", "Brno Bikes"), workspace))
        badge = operator.page.locator(".sa-nav [data-count=review]")
        expect(badge).to_have_text(str(number))
        expect(operator.page.locator(".sa-toast")).to_have_count(int(is_told))
