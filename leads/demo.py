"""Northwind, the customer of the demo and the tests: what its operators would have entered in the admin."""

from __future__ import annotations

from leads.facts import Intent
from leads.models import AllowedForm, Answer, Workspace

FORMS = {
    "8f6d7a1e-2b54-4c1e-9a53-0d6f3b7c1a01": "Contact sales",
    "8f6d7a1e-2b54-4c1e-9a53-0d6f3b7c1a02": "Request a demo",
}
ANSWERS = {
    Intent.PRICING: (
        "Plans start at 49 euros per user and month, and teams above 50 users get a volume price. "
        "There is no set-up fee."
    ),
    Intent.DEMO: "In half an hour we can walk through your own process, not a canned tour.",
    Intent.INTEGRATION: (
        "Northwind connects to HubSpot and Salesforce out of the box, and to anything else through our open API. "
        "Most teams are connected within a day."
    ),
    Intent.SECURITY: (
        "Your data stays in the EU, encrypted at rest and in transit, and single sign-on is part of every plan. "
        "We are audited for SOC 2 every year."
    ),
    Intent.SUPPORT: "Our support team answers on workdays within four hours.",
    Intent.PARTNERSHIP: "We work with agencies and resellers, and our partner programme is open.",
}


def prepare(workspace: Workspace, *, draft_only: bool = True) -> None:
    """Fill the workspace in; what is there of this is set again, what else is there is left alone."""
    Workspace.objects.filter(pk=workspace.pk).update(
        name="Northwind",
        sender_name="Clara Jensen",
        sender_email="clara@northwind.example",
        signature="Clara Jensen\nAccount Executive, Northwind",
        timezone="Europe/Copenhagen",
        folder_ids=["fld-sales-decks", "fld-case-studies"],
        link_domains=["northwind.example"],
        known_names=["Acme", "Globex"],
        draft_only=draft_only,
    )
    for form_id, name in FORMS.items():
        AllowedForm.objects.update_or_create(workspace=workspace, form_id=form_id, defaults={"name": name})
    for intent, text in ANSWERS.items():
        Answer.objects.update_or_create(workspace=workspace, intent=intent, defaults={"text": text})


def sample(number: int | str = 1) -> dict[str, object]:
    """A form submission as our flat webhook shape; each `number` is another prospect."""
    answers = {
        "email": f"mara.okafor+{number}@brightfreight.example",
        "firstname": "Mara",
        "lastname": "Okafor",
        "company": "Bright Freight",
        "jobtitle": "Head of Sales Operations",
        "country": "United Kingdom",
        "message": (
            "Hi, we are a logistics company with 40 reps. What does it cost for a team of our size, and does it "
            "connect to HubSpot? We would like to see it in action."
        ),
    }
    return {
        "portalId": 4242,
        "formId": next(iter(FORMS)),
        "formSubmissionId": f"sample-{number}",
        "pageUri": "https://northwind.example/contact",
        "pageTitle": "Contact sales",
        "fieldValues": [{"name": name, "value": value} for name, value in answers.items()],
    }
