"""Northwind, the customer of the demo and the tests: what its operators would have entered in the admin."""

from __future__ import annotations

from leads.facts import Intent
from leads.models import AllowedForm, Answer, Rep, Workspace
from leads.samples import FORMS

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
GERMAN_ANSWERS = {
    Intent.PRICING: (
        "Die Pakete beginnen bei 49 Euro pro Nutzer und Monat, ab 50 Nutzern gilt ein Staffelpreis. "
        "Eine Einrichtungsgebühr gibt es nicht."
    ),
    Intent.DEMO: "In einer halben Stunde gehen wir Ihren eigenen Ablauf durch, keine fertige Vorführung.",
    Intent.INTEGRATION: (
        "Northwind verbindet sich ohne Zusatzaufwand mit HubSpot und Salesforce, mit allem anderen über unsere "
        "offene API. Die meisten Teams sind nach einem Tag angebunden."
    ),
    Intent.SECURITY: (
        "Ihre Daten bleiben in der EU und sind immer verschlüsselt. Single Sign-on ist in jedem Paket enthalten. "
        "Wir werden jedes Jahr nach SOC 2 geprüft."
    ),
    Intent.SUPPORT: "Unser Support antwortet an Werktagen binnen vier Stunden.",
    Intent.PARTNERSHIP: "Wir arbeiten mit Agenturen und Wiederverkäufern, unser Partnerprogramm ist offen.",
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
    named = {"name": "Clara Jensen", "email": "clara@northwind.example"}
    Rep.objects.update_or_create(workspace=workspace, owner_id="7001", defaults=named)
    for language, answers in (("en", ANSWERS), ("de", GERMAN_ANSWERS)):
        for intent, text in answers.items():
            Answer.objects.update_or_create(
                workspace=workspace, intent=intent, language=language, defaults={"text": text}
            )
