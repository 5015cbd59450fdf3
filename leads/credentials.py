"""Credentials of a workspace's accounts: sealed in the database, or from the environment for the default workspace."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Prefetch

from connectors.accounts import AccountsConfig
from connectors.errors import NotConfigured
from leads.models import Connection, Workspace
from leads.momentary import Momentary

logger = logging.getLogger(__name__)

DEFAULT_SLUG = "default"


class KeyLost(NotConfigured):
    """What is stored was sealed with a key that is not in CREDENTIALS_KEYS."""


def seal(workspace: Workspace, service: str, secrets: dict[str, str], *, by: str = "") -> None:
    """Store the credentials of one account, encrypted with the newest key."""
    sealed = keys().encrypt(json.dumps(secrets).encode())
    entered = {"sealed": sealed, "changed_by": by}
    Connection.objects.update_or_create(workspace=workspace, service=service, defaults=entered)


def unseal(connection: Connection) -> dict[str, str]:
    """The stored credentials, if there are any; `KeyLost` if no key fits."""
    if not connection.sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(keys().decrypt(bytes(connection.sealed)))
    except InvalidToken:
        raise KeyLost(
            f"{connection} was sealed with another key. Put the old key back into CREDENTIALS_KEYS, "
            "behind the new one, or enter the credentials again."
        ) from None
    return opened


def keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIALS_KEYS])


def secrets_of(workspace: Workspace) -> dict[str, str]:
    """All secrets of a workspace by name: what was entered in the admin, else the environment's for the default."""
    entered: dict[str, str] = {}
    for connection in Connection.objects.filter(workspace=workspace):
        entered |= {name: value for name, value in unseal(connection).items() if value}
    if "refresh_token" in entered:
        entered["credentials"] = consented(entered)
    if workspace.slug != DEFAULT_SLUG:
        return entered
    return {
        "access_token": settings.HUBSPOT_ACCESS_TOKEN,
        "client_secret": settings.HUBSPOT_CLIENT_SECRET,
        # A file that can't be read is no trouble to somebody who has entered its contents.
        "credentials": "" if "credentials" in entered else google_credentials(),
        "subject": settings.GOOGLE_SUBJECT,
    } | entered


def consented(entered: dict[str, str]) -> str:
    """The credentials of a mailbox that somebody connected through our OAuth client, whose secret is a setting."""
    if entered["client_id"] != settings.GOOGLE_OAUTH_CLIENT_ID or not settings.GOOGLE_OAUTH_CLIENT_SECRET:
        raise NotConfigured(
            "Google was connected through an OAuth client that GOOGLE_OAUTH_CLIENT_ID and GOOGLE_OAUTH_CLIENT_SECRET "
            "do not name any more. Set them to it again, or connect Google again."
        )
    kept = {"client_id": entered["client_id"], "client_secret": settings.GOOGLE_OAUTH_CLIENT_SECRET}
    return json.dumps({"type": "authorized_user", "refresh_token": entered["refresh_token"]} | kept)


def google_credentials() -> str:
    """The JSON of GOOGLE_CREDENTIALS, which is the JSON itself or the path of a file that holds it."""
    given: str = settings.GOOGLE_CREDENTIALS.strip()
    if not given or given.startswith("{"):
        return given
    try:
        return Path(given).read_text()
    except OSError as error:
        raise NotConfigured(
            f"GOOGLE_CREDENTIALS names the file {given}, which can't be read: {error.strerror}"
        ) from None


def accounts_config(workspace: Workspace) -> AccountsConfig:
    """How to reach the workspace's accounts."""
    secrets = secrets_of(workspace)
    return AccountsConfig(
        hubspot_token=secrets.get("access_token", ""),
        hubspot_url=settings.HUBSPOT_API_URL,
        google_credentials=secrets.get("credentials", ""),
        google_subject=secrets.get("subject", "") or workspace.sender_email,
        google_url=settings.GOOGLE_API_URL,
        connect_timeout=settings.HTTP_CONNECT_TIMEOUT,
        read_timeout=settings.HTTP_READ_TIMEOUT,
    )


_signing = Momentary[str, dict[str, list[Workspace]]]()


def client_secrets() -> dict[str, list[Workspace]]:
    """Every webhook secret, and the workspaces that it signs for; as they were SETTINGS_SECONDS ago at most."""
    return _signing.recall("", settings.SETTINGS_SECONDS, read_client_secrets)


def read_client_secrets() -> dict[str, list[Workspace]]:
    signing: dict[str, list[Workspace]] = {}
    hubspot = Prefetch("connections", Connection.objects.filter(service=Connection.Service.HUBSPOT))
    for workspace in Workspace.objects.order_by("pk").prefetch_related(hubspot):
        secret = settings.HUBSPOT_CLIENT_SECRET if workspace.slug == DEFAULT_SLUG else ""
        try:
            for connection in workspace.connections.all():
                secret = unseal(connection).get("client_secret", "") or secret
        except NotConfigured as error:
            # One workspace's lost key must not close the door to the others.
            logger.error("%s", error)  # noqa: TRY400
            continue
        if secret:
            signing.setdefault(secret, []).append(workspace)
    return signing
