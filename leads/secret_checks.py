"""What is set, missing or malformed among the secrets. Nothing here ever returns a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from connectors.errors import NotConfigured
from connectors.llm import open_model
from leads import model_account
from leads.connecting import BadCredentials, check_google_credentials
from leads.credentials import DEFAULT_SLUG, secrets_of
from leads.models import Checkup, Connection, Workspace
from leads.rotation import is_current


@dataclass(frozen=True, slots=True)
class Finding:
    """One secret, or a connection: `state` is ok, missing, malformed or failing; `hint` says what to do."""

    name: str
    workspace: str
    state: str
    hint: str = ""


def check_all() -> list[Finding]:
    """Each secret of the deployment, then of each workspace."""
    findings = [Finding("SECRET_KEY", "", "ok"), Finding("CREDENTIALS_KEYS", "", "ok")]
    if settings.WORKFLOW_MODE == "SEND" and not settings.PRODUCTION:
        findings.append(
            Finding("ENVIRONMENT", "", "malformed", "WORKFLOW_MODE=SEND belongs with ENVIRONMENT=production")
        )
    client = {name: getattr(settings, name) for name in ("GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET")}
    if any(client.values()):  # without either, “Connect Google” is not offered, which is fine
        half = "it goes with the other half of the OAuth client"
        findings += [Finding(name, "", *(("ok",) if value else ("missing", half))) for name, value in client.items()]
    findings += of_model()
    for workspace in Workspace.objects.order_by("pk"):
        findings += of_workspace(workspace)
    return findings


def of_model() -> list[Finding]:
    """The language model's settings, where there are any."""
    if not (settings.LLM_BASE_URL or settings.LLM_MODEL):
        return []
    try:
        open_model(model_account.config())
    except NotConfigured as error:
        return [Finding("LLM_…", "", "malformed", str(error))]
    return [Finding("LLM_…", "", "ok")]


def of_workspace(workspace: Workspace) -> list[Finding]:
    try:
        secrets = secrets_of(workspace)
    except NotConfigured as error:
        return [Finding("connections", workspace.slug, "malformed", str(error))]
    looks: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("HUBSPOT_ACCESS_TOKEN", "access_token", token_fault),
        ("HUBSPOT_CLIENT_SECRET", "client_secret", token_fault),
        ("GOOGLE_CREDENTIALS", "credentials", google_fault),
    )
    findings = [judge(name, workspace, secrets.get(key, ""), fault) for name, key, fault in looks]
    findings += of_connections(workspace)
    if not workspace.sender_email:
        findings.append(
            Finding("sender address", workspace.slug, "missing", "set it in the admin, under Settings, Voice")
        )
    return findings


def of_connections(workspace: Workspace) -> list[Finding]:
    """What is wrong with an account although its secrets look right."""
    findings: list[Finding] = []
    for row in Connection.objects.filter(workspace=workspace).order_by("pk"):
        if row.state == Connection.State.BROKEN:
            findings.append(Finding(f"{row.get_service_display()} connection", workspace.slug, "failing", row.why))
        if row.sealed and not is_current(bytes(row.sealed)):
            hint = "sealed with an older key: run `manage.py rotate_credentials`"
            findings.append(Finding(f"{row.get_service_display()} credentials", workspace.slug, "failing", hint))
    for checkup in Checkup.objects.filter(workspace=workspace, passed=False).order_by("pk"):
        hint = f"the test of {checkup.at:%-d %b %Y %H:%M} UTC found something missing: see Settings, Connections"
        findings.append(Finding(f"{checkup.get_service_display()} test", workspace.slug, "failing", hint))
    return findings


def judge(name: str, workspace: Workspace, value: str, fault: Callable[[str], str]) -> Finding:
    if not value:
        # The environment's are the default workspace's.
        where = "in the environment, or " if workspace.slug == DEFAULT_SLUG else ""
        return Finding(name, workspace.slug, "missing", f"set it {where}in the admin under Settings, Connections")
    hint = fault(value)
    return Finding(name, workspace.slug, "malformed" if hint else "ok", hint)


def token_fault(value: str) -> str:
    if value != value.strip() or any(letter.isspace() for letter in value):
        return "it has white space in or around it"
    return "" if len(value) >= 8 else "it is too short to be one"


def google_fault(value: str) -> str:
    try:
        check_google_credentials(value)
    except BadCredentials as bad:
        return str(bad)
    return ""
