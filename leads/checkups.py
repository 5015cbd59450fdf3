"""A connection put to the test: a harmless call for each thing that runs will need, and in words what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

from django.db import transaction
from django.utils import timezone

from connectors.accounts import AccountsConfig
from connectors.errors import NotConfigured
from connectors.probes import Found, Probe, Report
from leads import audit, connections, policy
from leads.credentials import accounts_config, secrets_of
from leads.effects import CreateContact
from leads.models import Checkup, Connection, Workspace

Service = Connection.Service
GOOD, WARN, BAD = "good", "warn", "bad"
SIGNS = "Client secret"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was tried: how it stands (good, warn, bad), and what to do about it; `add` is to be copied."""

    title: str
    tone: str = GOOD
    says: str = ""
    add: str = ""


def run(workspace: Workspace, service: str, *, actor: str) -> Checkup:
    """Test an account, and keep what was found in place of what was known. Takes seconds; no transaction is open."""
    found = list(LINES[Service(service)](workspace))
    passed = all(line.tone != BAD for line in found)
    missing = [line.add for line in found if line.tone == BAD and line.add]
    now = {"at": timezone.now(), "passed": passed, "lines": [asdict(line) for line in found]}
    with transaction.atomic():
        checkup, _ = Checkup.objects.update_or_create(workspace=workspace, service=service, defaults=now)
        audit.record(
            "connection_tested",
            workspace,
            actor=actor,
            service=service,
            verdict="it works" if passed else "something is missing",
            missing=missing,
        )
    if not any(line.tone == BAD for line in found if line.title != SIGNS):
        connections.mended(workspace, service, actor=actor)
    return checkup


def known(workspace: Workspace) -> dict[str, tuple[Checkup, list[Line]]]:
    """The last test of each account, by service."""
    rows = Checkup.objects.filter(workspace=workspace)
    return {row.service: (row, [Line(**line) for line in row.lines]) for row in rows}


def hubspot(workspace: Workspace) -> Iterator[Line]:
    report, problem = probed(workspace, try_hubspot)
    if problem:
        yield Line("Credentials", BAD, problem)
        return
    drafts_only = policy.withheld_by(CreateContact, workspace_draft_only=workspace.draft_only, form_draft_only=False)
    for probe in report.probes:
        line = in_words(probe, HUBSPOT, "")
        if line.tone == BAD and drafts_only and probe.what.endswith(".write"):
            line = replace(line, tone=WARN, says=f"{line.says} Nothing is written there while DRAFT_ONLY is on.")
        yield line
    if report.account and workspace.portal_id not in {"", report.account}:
        yield Line(
            "Portal",
            BAD,
            f"The token belongs to portal {report.account}, and deliveries are taken for {workspace.portal_id}. Put "
            f"the right id under Organisation, or use the token of that portal.",
        )
    elif report.account:
        yield Line("Portal", GOOD, report.account)
    if not secrets_of(workspace).get("client_secret"):
        yield Line(SIGNS, BAD, "It is not set, so no webhook can be believed. It stands beside the token.")


def google(workspace: Workspace) -> Iterator[Line]:
    report, problem = probed(workspace, try_google)
    if problem:
        yield Line("Credentials", BAD, problem)
        return
    advice = SERVICE_ACCOUNT if is_service_account(workspace) else PERSON
    yield from (in_words(probe, advice, workspace.sender_email) for probe in report.probes)
    if report.account and report.account != workspace.sender_email.lower():
        yield Line(
            "Whose mailbox",
            BAD,
            f"The credentials open {report.account}, and drafts are made for {workspace.sender_email or 'nobody yet'}. "
            "Connect the other mailbox, or change it under Voice.",
        )


def probed(workspace: Workspace, probe: Callable[[Workspace, AccountsConfig], Report]) -> tuple[Report, str]:
    try:
        return probe(workspace, accounts_config(workspace)), ""
    except NotConfigured as error:
        return Report(()), str(error)


def try_hubspot(workspace: Workspace, config: AccountsConfig) -> Report:
    from connectors import hubspot_probes  # noqa: PLC0415  a second of imports, for this only

    return hubspot_probes.probe(config)


def try_google(workspace: Workspace, config: AccountsConfig) -> Report:
    from connectors import google_probes  # noqa: PLC0415

    if not workspace.sender_email:
        raise NotConfigured("Say under Voice which mailbox drafts are made in; then it can be looked into.")
    return google_probes.probe(config, workspace.folder_ids, workspace.calendar_ids or [workspace.sender_email])


def is_service_account(workspace: Workspace) -> bool:
    credentials: object = json.loads(secrets_of(workspace)["credentials"])
    return isinstance(credentials, dict) and credentials.get("type") == "service_account"


LINES: dict[str, Callable[[Workspace], Iterator[Line]]] = {Service.HUBSPOT: hubspot, Service.GOOGLE: google}
TITLES = {
    "contacts.read": "Read contacts",
    "companies.read": "Read companies",
    "associations.read": "Read who belongs to which company",
    "notes.read": "Read notes",
    "tasks.read": "Read tasks",
    "owners.read": "Read owners",
    "forms.read": "Read forms and what was submitted",
    "contacts.write": "Create contacts, notes and tasks",
    "companies.write": "Create companies",
    "mailbox": "Open the mailbox",
    "labels": "Read labels",
    "drafts": "Read drafts",
    "files": "Search files in Drive",
    "folder": "Open the folder {which}",
    "calendar": "Ask when {which} is free",
}
APIS = {"gmail.modify": "Gmail API", "drive.metadata.readonly": "Google Drive API"}
SAYS_NOTHING = (
    "HubSpot does not tell which scopes the token has, and only a write would show it. See that the app has the scope."
)
HUBSPOT = {
    Found.SCOPE_MISSING: "The private app lacks a scope. Edit it in HubSpot, add the scope, and commit the change; the "
    "token stays the same.",
    Found.NOT_SHOWN: SAYS_NOTHING,
    Found.DEAD: "HubSpot does not accept the token. Copy it from the app’s Auth tab, and enter it again.",
    Found.NO_ACCESS: "HubSpot refuses this: {detail}.",
    Found.NO_ANSWER: "HubSpot does not answer as it should: {detail}. Test again in a minute.",
    Found.REFUSED: "HubSpot refuses this: {detail}.",
}
GOOGLES = {
    Found.API_OFF: "The {api} is off in the Google Cloud project of the credentials. Enable it there, under APIs & "
    "Services, Library.",
    Found.NO_ANSWER: "Google does not answer as it should: {detail}. Test again in a minute.",
    Found.REFUSED: "Google refuses this: {detail}.",
}
SERVICE_ACCOUNT = GOOGLES | {
    Found.SCOPE_MISSING: "The scope is not delegated to the service account. In the Google Admin console, under "
    "Security, API controls, Domain-wide delegation, add it to the account’s client id. It may take minutes to count.",
    Found.DEAD: "Google does not accept the key, or has no mailbox {mailbox}: {detail}.",
    Found.NO_ACCESS: "Not there, or not shared with {mailbox}. Share it, or take it out of the settings.",
}
PERSON = GOOGLES | {
    Found.SCOPE_MISSING: "It was not allowed. Connect Google again, and leave its box ticked.",
    Found.DEAD: "The consent does not hold any more: {detail}. Connect Google again.",
    Found.NO_ACCESS: "Not there, or not shared with {mailbox}. Share it, or take it out of the settings.",
}
COPIED = {Found.SCOPE_MISSING, Found.NOT_SHOWN}


def in_words(probe: Probe, advice: dict[Found, str], mailbox: str) -> Line:
    title = TITLES[probe.what].format(which=probe.which)
    if probe.found is Found.FINE:
        return Line(title)
    says = advice[probe.found].format(
        detail=probe.detail.rstrip("."),
        mailbox=mailbox,
        api=APIS.get(probe.scope.rpartition("/")[2], "Google Calendar API"),
    )
    tone = WARN if probe.found is Found.NOT_SHOWN else BAD
    return Line(title, tone, says, probe.scope if probe.found in COPIED else "")
