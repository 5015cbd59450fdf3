"""Settings that two people change at once, and the lock of a form."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from leads import notices, workspaces
from leads.models import AllowedForm
from tests.browser.operator import COLOURS, WIDTHS, Operator, axe, overflow
from tests.conftest import default_workspace


def fits(operator: Operator) -> list[str]:
    """What is wrong with the page that a form was answered with, at any width and in both themes."""
    found = []
    for width, height in WIDTHS.items():
        operator.page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {one}" for one in axe(operator.page)]
        if wide := overflow(operator.page):
            found.append(f"{width}: {wide} pixels too wide")
    operator.page.evaluate("document.documentElement.classList.add('dark')")
    found += [f"dark: {one}" for one in axe(operator.page, COLOURS)]
    operator.page.evaluate("document.documentElement.classList.remove('dark')")
    return found


def test_an_old_page_says_what_a_colleague_changed_and_keeps_what_was_typed(operator: Operator) -> None:
    workspace = default_workspace()
    operator.opens("/admin/settings/default/voice/")
    workspaces.change(workspace, {"closing": "Cheers,"}, actor="mia")
    operator.fills_in({"Greeting": "Hey {first_name},"}, sends=True)
    expect(operator.page.get_by_role("alert")).to_contain_text("mia changed workspace")
    expect(operator.page.get_by_label("Greeting")).to_have_value("Hey {first_name},")
    assert fits(operator) == []
    operator.fills_in({"Closing": "Cheers,"}, sends=True)
    expect(operator.page.get_by_text("Saved.")).to_be_visible()
    workspace.refresh_from_db()
    assert (workspace.greeting, workspace.closing) == ("Hey {first_name},", "Cheers,")


def test_a_forms_own_lock_is_opened_with_a_word_and_a_reason(operator: Operator) -> None:
    form = default_workspace().forms.order_by("-enabled", "name")[0]
    workspaces.change_form(form, {"draft_only": True}, actor="mia")
    operator.opens("/admin/settings/default/forms/")
    row = operator.page.get_by_role("region", name="Allowed").get_by_role("listitem").first
    row.get_by_label("Draft only").uncheck()
    operator.clicks(row.get_by_role("button"))
    expect(operator.page.get_by_text("This opens the form’s own lock.")).to_be_visible()
    assert fits(operator) == []
    operator.fills_in({"Type SEND to confirm": "SEND", "Reason": "The first week went well."})
    operator.clicks(row.get_by_role("button"))
    expect(operator.page.get_by_text("is saved.")).to_be_visible()
    assert AllowedForm.objects.get(pk=form.pk).draft_only is False


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_an_address_fits(operator: Operator, boss: User, width: int) -> None:
    address = notices.add(default_workspace(), url="json://127.0.0.1:9", name="Olga’s mail", person=boss, by=boss)
    operator.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    operator.finds_fit(f"/admin/notifications/{address.pk}/")
