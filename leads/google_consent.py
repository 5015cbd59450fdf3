"""“Connect Google”: send an operator to Google's consent page, and take in what comes back, once, for who asked.

What is under way is kept in the operator's session: for which workspace, until when, and what proves that the answer is
the one to this question (`state`) and for us (PKCE's verifier).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from connectors.errors import AuthFailed, ConnectorError, NotConfigured, PermissionDenied
from connectors.google_places import consent_page
from leads import connecting
from leads.models import Workspace

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

    from connectors.google_oauth import OAuthApp

KEY = "google_consent"
SECONDS = 600  # to sign in at Google and decide
PERMISSIONS = "https://myaccount.google.com/permissions"


class Refused(Exception):
    """No connection came of it; the message says why, and what to do."""


def is_offered() -> bool:
    """Whether this installation has an OAuth client of its own."""
    return bool(settings.GOOGLE_OAUTH_CLIENT_ID and settings.GOOGLE_OAUTH_CLIENT_SECRET)


def redirect_uri() -> str:
    """The one address at which answers are taken; the OAuth client must list exactly it."""
    return f"{settings.PUBLIC_URL}{reverse('admin:google_returned')}"


def origin() -> str:
    """Where the browser is sent, for the content security policy."""
    parts = urlsplit(consent_page(settings.GOOGLE_API_URL))
    return f"{parts.scheme}://{parts.netloc}"


def begin(workspace: Workspace, session: SessionBase, host: str) -> str:
    """The address of the consent page. `host` is the one under which the operator sees the console."""
    if not is_offered():
        raise Refused("This installation has no OAuth client: set GOOGLE_OAUTH_CLIENT_ID and its secret, and restart.")
    if not workspace.sender_email:
        raise Refused("Say under Voice which mailbox drafts are made in. Then it can be connected.")
    if host != urlsplit(settings.PUBLIC_URL).netloc:
        raise Refused(f"Open the console at {settings.PUBLIC_URL}: Google sends you back there, and nowhere else.")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    session[KEY] = {"state": state, "verifier": verifier, "workspace": workspace.pk, "ends": time.time() + SECONDS}
    return app().consent_address(state=state, verifier=verifier, mailbox=workspace.sender_email)


def asked_for(session: SessionBase) -> Workspace | None:
    """For which workspace somebody is at Google now."""
    return Workspace.objects.filter(pk=session[KEY]["workspace"]).first() if KEY in session else None


def finish(session: SessionBase, answer: Mapping[str, str], *, actor: str) -> Workspace:
    """Store what was allowed. Raises `Refused`; whatever comes of it, the same answer is not taken twice."""
    workspace = asked_for(session)
    under_way: dict[str, Any] | None = session.pop(KEY, None)
    if under_way is not None:
        session.save()  # before Google is asked: a page that is reloaded meanwhile, or fails, has nothing left to take
    if under_way is None or workspace is None:
        raise Refused("Nobody here was asked for this consent, or it was taken in already. Press Connect Google again.")
    if not secrets.compare_digest(answer.get("state", "").encode(), under_way["state"].encode()):
        raise Refused("This is not Google's answer to what you began here. Press Connect Google again.")
    if time.time() > under_way["ends"]:
        raise Refused(f"Google's answer came after more than {SECONDS // 60} minutes. Press Connect Google again.")
    if answer.get("error"):
        raise Refused(denied(answer["error"]))
    refresh_token = exchanged(answer.get("code", ""), under_way["verifier"])
    mailbox = mailbox_of(refresh_token)
    if mailbox != workspace.sender_email.lower():
        raise Refused(
            f"You chose {mailbox}, and drafts are made in {workspace.sender_email}. Connect again and choose that "
            "account, or change the mailbox under Voice first."
        )
    connecting.take_consent(
        workspace,
        client_id=settings.GOOGLE_OAUTH_CLIENT_ID,
        refresh_token=refresh_token,
        mailbox=mailbox,
        actor=actor,
    )
    return workspace


def denied(error: str) -> str:
    if error == "access_denied":
        return "The consent was denied at Google, so nothing was changed. Press Connect Google to be asked again."
    shown = error if error.isascii() and error.replace("_", "").isalnum() and len(error) <= 40 else "an unknown error"
    return f"Google asked nobody: {shown}. See that the OAuth client lists {redirect_uri()} as a redirect address."


def exchanged(code: str, verifier: str) -> str:
    """The refresh token for a code."""
    try:
        granted = app().exchange(code, verifier)
    except AuthFailed as failed:
        if failed.reasons & {"invalid_client", "unauthorized_client"}:
            raise Refused(
                "Google does not know the OAuth client, or not by this secret. Compare GOOGLE_OAUTH_CLIENT_ID and "
                "GOOGLE_OAUTH_CLIENT_SECRET with the Google Cloud console."
            ) from None
        word = ", ".join(sorted(failed.reasons))
        raise Refused(f"Google does not accept its answer any more ({word}). Press Connect Google again.") from None
    except ConnectorError as failed:
        raise Refused(f"Google does not answer: {failed.detail}. Press Connect Google again.") from None
    if granted.missing:
        raise Refused(f"Not allowed was {', '.join(granted.missing)}. Connect again, and leave every box ticked.")
    if not granted.refresh_token:
        raise Refused(
            f"Google gave no lasting token. Take this app's access back at {PERMISSIONS}, then connect again: Google "
            "asks anew, and gives one."
        )
    return granted.refresh_token


def mailbox_of(refresh_token: str) -> str:
    try:
        return app().mailbox_of(refresh_token)
    except PermissionDenied as failed:
        raise Refused(
            f"Gmail does not open the mailbox: {failed.detail}. Is the Gmail API on in the project?"
        ) from None
    except (ConnectorError, NotConfigured):
        raise Refused("Gmail does not say whose mailbox it is. Press Connect Google again.") from None


def app() -> OAuthApp:
    from connectors.google_oauth import OAuthApp  # noqa: PLC0415  a second of imports, for this only

    return OAuthApp(
        settings.GOOGLE_OAUTH_CLIENT_ID,
        settings.GOOGLE_OAUTH_CLIENT_SECRET,
        redirect_uri(),
        settings.GOOGLE_API_URL,
        (settings.HTTP_CONNECT_TIMEOUT, settings.HTTP_READ_TIMEOUT),
    )
