"""What people can do to a workspace's connections: enter credentials, take in a consent, forget them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction

from connectors import google_places
from leads import audit, connections, credentials
from leads.meanwhile import revise
from leads.models import Checkup, Connection, Workspace

Service = Connection.Service
SECRETS = {Service.HUBSPOT: ("access_token", "client_secret"), Service.GOOGLE: ("credentials", "subject")}
GOOGLE_NEEDS = {
    "service_account": ("client_email", "private_key"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
}
ENVIRONMENT = {
    "access_token": "HUBSPOT_ACCESS_TOKEN",
    "client_secret": "HUBSPOT_CLIENT_SECRET",
    "credentials": "GOOGLE_CREDENTIALS",
    "subject": "GOOGLE_SUBJECT",
}
NOT_SET = "not set"


class BadCredentials(ValueError):
    """What was entered can't be credentials; the message says what to enter instead."""


def connect(workspace: Workspace, service: str, entered: Mapping[str, str], *, actor: str) -> bool:
    """Store what was entered over what is there; whether anything was. What is left empty stays as it is."""
    new = {name: entered[name] for name in SECRETS[Service(service)] if entered.get(name)}
    if not new:
        return False
    if "credentials" in new:
        check_google_credentials(new["credentials"])
    # Race: two people who enter one half each; the second must see what the first stored.
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        kept = stored(workspace, service)
        if "credentials" in new:
            kept = {name: value for name, value in kept.items() if name in SECRETS[Service.GOOGLE]}
        store(workspace, service, kept | new, named=sorted(new), actor=actor)
    return True


def take_consent(workspace: Workspace, *, client_id: str, refresh_token: str, mailbox: str, actor: str) -> None:
    """Store what somebody allowed our OAuth client in their mailbox, in place of other credentials of Google's."""
    kept = {"client_id": client_id, "refresh_token": refresh_token, "subject": mailbox}
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        store(workspace, Service.GOOGLE, kept, named=["consent"], actor=actor)


def store(workspace: Workspace, service: str, secrets: dict[str, str], *, named: list[str], actor: str) -> None:
    credentials.seal(workspace, service, secrets, by=actor)
    revise(workspace)
    audit.record("credentials_changed", workspace, actor=actor, service=service, names=named)
    if named != ["client_secret"]:  # which webhooks are signed with; no call takes it
        connections.mended(workspace, service, actor=actor)


def forget(workspace: Workspace, service: str, *, actor: str) -> bool:
    """Delete what was entered for an account, and its last test; whether anything was. The environment's stay."""
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        # The row stays: it also holds whether the connection is broken, for which runs may wait.
        entered = Connection.objects.filter(workspace=workspace, service=Service(service)).exclude(sealed=b"")
        gone = entered.update(sealed=b"", changed_by="")
        if gone:
            Checkup.objects.filter(workspace=workspace, service=service).delete()
            revise(workspace)
            audit.record("credentials_forgotten", workspace, actor=actor, service=service)
    return bool(gone)


def stored(workspace: Workspace, service: str) -> dict[str, str]:
    """What was entered before; nothing if it was sealed with a key that is lost."""
    connection = Connection.objects.filter(workspace=workspace, service=service).first()
    try:
        return credentials.unseal(connection) if connection else {}
    except credentials.KeyLost:
        return {}


def check_google_credentials(entered: str) -> None:
    """Raises `BadCredentials` unless it is the JSON of a service account or of an authorized user."""
    try:
        info = json.loads(entered)
    except (ValueError, RecursionError):
        raise BadCredentials("This is not JSON. Paste the whole file that Google gave you.") from None
    kind = info.get("type") if isinstance(info, dict) else None
    if not isinstance(kind, str) or kind not in GOOGLE_NEEDS:
        raise BadCredentials(
            "The JSON has no “type” that can be used. It must be service_account (Google Cloud console, a key of a "
            "service account) or authorized_user (an OAuth client, with a refresh token)."
        )
    missing = [name for name in GOOGLE_NEEDS[kind] if not info.get(name)]
    if missing:
        raise BadCredentials(f"The JSON of type {kind} lacks {', '.join(missing)}. Paste the whole file.")
    if info.get("token_uri") and not google_places.is_known(str(info["token_uri"]), settings.GOOGLE_API_URL):
        raise BadCredentials(
            "The JSON names a token_uri that is not Google's. Whoever it is would be sent the secret: paste the file "
            "as Google gave it to you."
        )


def credentials_state(workspace: Workspace) -> dict[str, str]:
    """For each secret by name whether there is one and since when; never the secret."""
    rows = {row.service: row for row in Connection.objects.filter(workspace=workspace)}
    return {
        name: secret_state(workspace, rows.get(service.value), name)
        for service, names in SECRETS.items()
        for name in names
    }


def secret_state(workspace: Workspace, connection: Connection | None, name: str) -> str:
    if connection is not None:
        changed = f"changed {connection.changed_at:%-d %b %Y %H:%M} UTC"
        by = f" by {connection.changed_by}" if connection.changed_by else ""
        try:
            entered = credentials.unseal(connection)
        except credentials.KeyLost:
            return "stored, but with a key that is not in CREDENTIALS_KEYS any more: enter it again"
        if name == "credentials" and entered.get("refresh_token"):
            return f"a person’s consent, {changed}{by}"
        if entered.get(name):
            return f"set, {changed}{by}"
    if workspace.slug == credentials.DEFAULT_SLUG and getattr(settings, ENVIRONMENT[name]):
        return f"from the environment ({ENVIRONMENT[name]})"
    return NOT_SET
