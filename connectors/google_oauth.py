"""Google's OAuth for a person: ask for consent, and turn the code that comes back into a refresh token.

The authorisation-code flow with PKCE: https://developers.google.com/identity/protocols/oauth2/web-server
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.errors import AuthFailed
from connectors.google import GoogleClient
from connectors.google_auth import SCOPES, TokenTransport
from connectors.google_errors import google_error
from connectors.google_places import consent_page, token_endpoint
from connectors.vendor_errors import unreadable
from connectors.watch import Operation, Watch

_EXCHANGE = Operation("google", "token.exchange")
_PROFILE = Operation("gmail", "profile.get")
_OK = 200
_PLAIN_WORD = 40


@dataclass(frozen=True, slots=True)
class Granted:
    """What a person allowed. `refresh_token` is empty when Google gave none, `missing` names scopes left out."""

    refresh_token: str = field(repr=False)
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The OAuth client that asks, and the one address at which it takes answers. Timeouts are in seconds."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    google_url: str = ""
    timeout: tuple[float, float] = (5.0, 10.0)

    def consent_address(self, *, state: str, verifier: str, mailbox: str) -> str:
        """Where to send the browser. `prompt=consent` has Google give a refresh token also the second time."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": " ".join(SCOPES),
            "access_type": "offline",
            "prompt": "consent",
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            "login_hint": mailbox,
        }
        return f"{consent_page(self.google_url)}?{urlencode(asked)}"

    def exchange(self, code: str, verifier: str) -> Granted:
        """Raises `AuthFailed` with Google's word in `reasons`, or what the way there raises."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        with Watch(_EXCHANGE, google_error) as watch:
            answer = TokenTransport(self.timeout)(
                token_endpoint(self.google_url),
                "POST",
                urlencode(form).encode(),
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
            watch.status = answer.status
            told = _object(answer.data)
            if answer.status != _OK:
                word = str(told.get("error", "refused"))[:_PLAIN_WORD]
                raise AuthFailed(
                    f"the code was not accepted: {word}", service="google", endpoint=_EXCHANGE.endpoint, reasons={word}
                )
            if not isinstance(told.get("access_token"), str):
                raise unreadable(_EXCHANGE, "the answer has no access_token", answer.status)
        # Left out, it is what was asked for: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
        given = str(told.get("scope") or " ".join(SCOPES)).split()
        return Granted(str(told.get("refresh_token") or ""), tuple(one for one in SCOPES if one not in given))

    def mailbox_of(self, refresh_token: str) -> str:
        """Whose mailbox the token opens, asked of Gmail."""
        credentials = json.dumps(authorized_user(self.client_id, self.client_secret, refresh_token))
        client = GoogleClient(credentials, "", self.google_url, self.timeout)
        told = client.ask(_PROFILE, client.users.getProfile(userId="me"), "emailAddress")
        return str(told["emailAddress"]).lower()


def challenge(verifier: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorized_user(client_id: str, client_secret: str, refresh_token: str) -> dict[str, str]:
    """Google's own format for a consent that is kept."""
    kept = {"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token}
    return {"type": "authorized_user"} | kept


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
