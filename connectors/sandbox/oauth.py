"""Google's token endpoint, and which tokens are alive."""

from __future__ import annotations

import binascii
import time
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from connectors.sandbox.wire import Answer, Call, Json, RefusedError, Route

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FIRST_TOKEN = "google-sandbox-token"  # noqa: S105 - a made-up one, accepted by the sandbox only
LIFETIME = 3600
LONGEST_ASSERTION = 3600 + 60


class Tokens:
    """One token at a time per user; `expire` makes all of them invalid, the next request for one gets a fresh one."""

    def __init__(self, users: list[str]) -> None:
        self._users = users
        self._generation = 1

    def expire(self) -> None:
        self._generation += 1

    def issue(self, user: str) -> str:
        place = self._users.index(user)
        return (
            FIRST_TOKEN + (f"-u{place + 1}" if place else "") + (f"-{self._generation}" if self._generation > 1 else "")
        )

    def user_of(self, token: str) -> str | None:
        return next((user for user in self._users if self.issue(user) == token), None)

    @property
    def users(self) -> list[str]:
        return self._users


def issue_token(box: Box, call: Call) -> Answer:
    """The grants that a service account and a stored refresh token use."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
    match form.get("grant_type"):
        case "refresh_token":
            user = _user_of_refresh_token(box, form)
        case grant if grant == JWT_BEARER:
            user = _user_of_assertion(box, form.get("assertion", ""))
        case grant:
            raise _denied("unsupported_grant_type", f"Invalid grant_type: {grant}")
    answer: Json = {"access_token": box.tokens.issue(user), "expires_in": LIFETIME, "token_type": "Bearer"}
    return Answer(answer)


def _user_of_refresh_token(box: Box, form: dict[str, str]) -> str:
    """A refresh token that is a mailbox's address stands for that user, every other one for the first."""
    if not form.get("client_id"):
        raise _denied("invalid_request", "Could not determine client ID from request.")
    token = form.get("refresh_token", "")
    if not token or token == "revoked":  # noqa: S105 - the name of a case
        raise _denied("invalid_grant", "Token has been expired or revoked.")
    return token if token in box.tokens.users else box.tokens.users[0]


def _user_of_assertion(box: Box, assertion: str) -> str:
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
    return user


def _claims(assertion: str) -> dict[str, Any]:
    try:
        _, claims, _ = assertion.split(".")
        return msgspec.json.decode(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)), type=dict[str, Any])
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise _denied("invalid_grant", "Invalid JWT") from error


def _denied(error: str, description: str) -> RefusedError:
    return RefusedError(400, {"error": error, "error_description": description})


ROUTES = [Route("oauth", "token", "POST", "/token", issue_token)]
