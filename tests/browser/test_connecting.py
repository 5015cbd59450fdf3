"""Somebody new, with accounts of their own and nothing but the admin, gets from an empty installation to a draft."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from leads.models import Draft, WorkflowRun, Workspace
from tests.browser.operator import Operator
from tests.browser.test_settings import fits
from tests.conftest import FORM_ID
from tests.leads.driving import drive_to_the_end

CLARA = "clara@northwind.example"


@pytest.fixture
def empty(box: Any, settings: Any) -> Any:
    """An installation that nobody has touched. The sandbox is where the accounts are; nothing of them is known."""
    Workspace.objects.get_or_create(slug="default", defaults={"name": "Northwind"})
    settings.HUBSPOT_ACCESS_TOKEN = settings.HUBSPOT_CLIENT_SECRET = settings.GOOGLE_CREDENTIALS = ""
    settings.GOOGLE_OAUTH_CLIENT_ID, settings.GOOGLE_OAUTH_CLIENT_SECRET = "our-client", "our-secret"
    return box


def begins(operator: Operator, step: str) -> None:
    """Press a first step on the home page."""
    operator.opens("/admin/")
    operator.clicks(operator.page.get_by_role("region", name="First steps").get_by_role("link", name=step))


def says(operator: Operator, text: str) -> None:
    expect(operator.page.get_by_text(text).first).to_be_visible()


def test_from_an_empty_installation_to_the_first_draft(operator: Operator, empty: Any) -> None:
    operator.watch.expect(re.escape(f"request to another host: {empty.url}/o/oauth2/"))
    page = operator.page

    begins(operator, "Connect HubSpot")
    operator.fills_in({"HubSpot access token": "sandbox-token", "HubSpot client secret": "a-secret-of-our-app"})
    operator.clicks(operator.button("Store the credentials for HubSpot"))
    says(operator, "HubSpot answers, and nothing is missing.")

    begins(operator, "Say whose drafts these are")
    operator.fills_in({"Sender": "Clara Jensen", "Mailbox": CLARA})
    operator.clicks(operator.button("Save"))
    says(operator, "Saved.")

    begins(operator, "Connect Google")
    operator.clicks(operator.button("Connect Google"))
    expect(page.get_by_role("radio", name=CLARA)).to_be_checked()
    operator.clicks(operator.button("Allow"))
    says(operator, f"Google is connected: drafts are made in {CLARA}.")
    says(operator, "Google answers, and nothing is missing.")
    assert fits(operator) == []

    begins(operator, "Allow a form")
    operator.fills_in({"Form id": FORM_ID, "Name": "Contact sales"}, sends=True)
    says(operator, "“Contact sales” is answered from now on.")

    operator.opens("/admin/leads/delivery/")
    operator.clicks(operator.button("Send a test delivery"))
    says(operator, "its signature was good, and it was accepted, as a test.")
    drive_to_the_end(WorkflowRun.objects.get())

    begins(operator, "Review the first draft")
    draft = Draft.objects.get()
    expect(page.get_by_role("main")).to_contain_text(draft.subject)
    assert {kind for kind, made in empty.control.created().items() if made} == {"drafts"}


def test_who_denies_the_consent_comes_back_and_is_told(operator: Operator, empty: Any) -> None:
    operator.watch.expect(re.escape(f"request to another host: {empty.url}/o/oauth2/"))
    Workspace.objects.update(sender_email=CLARA)
    operator.opens("/admin/settings/default/connections/")
    operator.clicks(operator.button("Connect Google"))
    operator.clicks(operator.button("Deny"))
    says(operator, "The consent was denied at Google")


def test_what_is_missing_is_shown_with_the_scope_to_copy(operator: Operator, empty: Any) -> None:
    empty.control.settings(hubspot_scopes=["crm.objects.contacts.read", "crm.objects.contacts.write"])
    operator.opens("/admin/settings/default/connections/")
    operator.fills_in({"HubSpot access token": "sandbox-token", "HubSpot client secret": "a-secret-of-our-app"})
    operator.clicks(operator.button("Store the credentials for HubSpot"))
    says(operator, "crm.objects.companies.read")
    assert fits(operator) == []
    empty.control.settings(hubspot_scopes=None)
    operator.clicks(operator.button("Test connection to HubSpot"))
    says(operator, "HubSpot answers, and nothing is missing.")
    operator.clicks(operator.page.get_by_text("Forget these credentials …"))
    operator.clicks(operator.button("Forget the credentials for HubSpot"))
    says(operator, "The credentials for HubSpot are forgotten.")
