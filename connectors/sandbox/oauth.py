"""The vendors' token services: what was granted to whom, and which tokens are alive."""

from __future__ import annotations

import binascii
import hashlib
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from itertools import count
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.sandbox.scopes import HUBSPOT_SCOPES, opens_all, refused_scopes
from connectors.sandbox.wire import Answer, Call, Json, RefusedError, Route, hubspot_error

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FIRST_TOKEN = "google-sandbox-token"  # noqa: S105 - a made-up one, accepted by the sandbox only
LIFETIME = 3600
LONGEST_ASSERTION = 3600 + 60


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody was allowed: whose mailbox, and with which scopes; None for all that there are."""

    user: str
    scopes: frozenset[str] | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A consent that was given and not yet exchanged."""

    grant: Grant
    redirect_uri: str
    challenge: str
    is_offline: bool
    ends: float


class Tokens:
    """One token at a time for what was granted; `expire` kills all, the next request for one gets a fresh one."""

    def __init__(self, users: list[str]) -> None:
        self.users = users
        self.codes: dict[str, Code] = {}
        self.refresh: dict[str, Grant] = {}
        self._generation = 0
        self._made = count(1)
        self.expire()

    def expire(self) -> None:
        self._generation += 1
        self._alive: dict[str, Grant] = {}
        self._known: dict[Grant, str] = {}
        for user in self.users:
            self.issue(Grant(user))

    def issue(self, grant: Grant) -> str:
        """The access token of a grant; those that may do everything have names that tests know."""
        known = self._known.get(grant)
        if known is None:
            place = self.users.index(grant.user)
            known = FIRST_TOKEN + (f"-u{place + 1}" if place else "")
            known += f"-{self._generation}" if self._generation > 1 else ""
            known += "" if grant.scopes is None else f"-s{next(self._made)}"
            self._known[grant], self._alive[known] = known, grant
        return known

    def grant_of(self, token: str) -> Grant | None:
        return self._alive.get(token)

    def new_code(self, code: Code) -> str:
        made = f"4/0sandbox-{next(self._made)}-{token_urlsafe(16)}"
        self.codes[made] = code
        return made

    def new_refresh_token(self, grant: Grant) -> str:
        made = f"1//sandbox-{next(self._made)}-{token_urlsafe(16)}"
        self.refresh[made] = grant
        return made


def issue_token(box: Box, call: Call) -> Answer:
    """The grants that a service account, a stored refresh token and a fresh consent use."""
    form = call.form()
    more: Json = {}
    match form.get("grant_type"):
        case "refresh_token":
            grant = _of_refresh_token(box, form)
        case kind if kind == JWT_BEARER:
            grant = _of_assertion(box, form.get("assertion", ""))
        case "authorization_code":
            code = _exchanged(box, form)
            grant = code.grant
            if code.is_offline and box.settings.refresh_tokens:
                more = {"refresh_token": box.tokens.new_refresh_token(grant)}
        case kind:
            raise _denied("unsupported_grant_type", f"Invalid grant_type: {kind}")
    if grant.scopes is not None:
        more["scope"] = " ".join(sorted(grant.scopes))
    answer: Json = {"access_token": box.tokens.issue(grant), "expires_in": LIFETIME, "token_type": "Bearer"}
    return Answer(answer | more)


def _exchanged(box: Box, form: dict[str, str]) -> Code:
    """A code works once, for the client and the address that it was made for, with the verifier of its challenge."""
    if not form.get("client_secret"):
        raise _denied("invalid_request", "client_secret is missing.")
    code = box.tokens.codes.pop(form.get("code", ""), None)
    if code is None or code.ends < time.time():
        raise _denied("invalid_grant", "Malformed auth code.")
    if form.get("client_id") != code.grant.client:
        raise _denied("invalid_client", "The OAuth client was not found.", 401)
    if form.get("redirect_uri") != code.redirect_uri:
        raise _denied("redirect_uri_mismatch", "Bad Request")
    if code.challenge:
        verifier = form.get("code_verifier", "")
        if not verifier:
            raise _denied("invalid_grant", "Missing code verifier.")
        if s256(verifier) != code.challenge:
            raise _denied("invalid_grant", "Invalid code verifier.")
    return code


def s256(verifier: str) -> str:
    """The challenge of a verifier, https://www.rfc-editor.org/rfc/rfc7636#section-4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _of_refresh_token(box: Box, form: dict[str, str]) -> Grant:
    """One that came with a consent; of others, a mailbox's address stands for that user, the rest for the first."""
    if not form.get("client_id"):
        raise _denied("invalid_request", "Could not determine client ID from request.")
    token = form.get("refresh_token", "")
    if not token or token == "revoked":  # noqa: S105 - the name of a case
        raise _denied("invalid_grant", "Token has been expired or revoked.")
    if token.startswith("1//sandbox-"):
        grant = box.tokens.refresh.get(token)
        if grant is None:
            raise _denied("invalid_grant", "Token has been expired or revoked.")
        if grant.client != form["client_id"]:
            raise _denied("unauthorized_client", "Unauthorized", 401)
        return grant
    return Grant(token if token in box.tokens.users else box.tokens.users[0])


def _of_assertion(box: Box, assertion: str) -> Grant:
    """The claims are checked as Google checks them, but for the signature: the sandbox knows no keys."""
    claims = _claims(assertion)
    now = time.time()
    missing = [name for name in ("iss", "scope", "aud", "exp", "iat") if not claims.get(name)]
    if missing:
        raise _denied("invalid_grant", f"Invalid JWT: missing {', '.join(missing)}")
    if not now - 60 < claims["exp"] <= claims["iat"] + LONGEST_ASSERTION:
        raise _denied("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
    user = str(claims.get("sub") or box.tokens.users[0]).lower()
    if user not in box.tokens.users:
        raise _denied("invalid_grant", "Invalid email or User ID")
    asked = frozenset(str(claims["scope"]).split())
    if refused := refused_scopes(asked, box.settings.delegated_scopes):
        raise refused
    return Grant(user, None if opens_all(asked) else asked)


def _claims(assertion: str) -> dict[str, Any]:
    try:
        _, claims, _ = assertion.split(".")
        return msgspec.json.decode(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)), type=dict[str, Any])
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise _denied("invalid_grant", "Invalid JWT") from error


def _denied(error: str, description: str, status: int = 400) -> RefusedError:
    return RefusedError(status, {"error": error, "error_description": description})


def revoke(box: Box, call: Call) -> Answer:
    """Take a refresh token back, with the access tokens that it made."""
    grant = box.tokens.refresh.pop(call.form().get("token", ""), None)
    if grant is None:
        raise _denied("invalid_token", "Token expired or revoked")
    box.tokens.expire()
    return Answer({})


def token_info(box: Box, call: Call) -> Answer:
    """HubSpot tells of a private app's token which portal it is for, and with which scopes."""
    if call.json().get("tokenKey") not in box.crm.tokens:
        raise hubspot_error(404, "No private app found for the token")
    scopes = box.settings.hubspot_scopes
    held = [*(HUBSPOT_SCOPES if scopes is None else scopes)]
    return Answer({"userId": 7001, "hubId": box.crm.portal_id, "appId": 4200, "scopes": held})


ROUTES = [
    Route("oauth", "token", "POST", "/token", issue_token),
    Route("oauth", "revoke", "POST", "/revoke", revoke),
    Route("oauth", "private-app", "POST", "/oauth/v2/private-apps/get/access-token-info", token_info),
]
