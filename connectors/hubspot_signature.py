"""HubSpot's webhook signatures, verified over the raw body and the URL as HubSpot knows it.

Source: HubSpot's "Validating requests" page. The SDK's own helper accepts future timestamps and crashes on a
missing header, so it isn't used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

TOLERANCE = 300  # seconds, either way

# HubSpot signs the URI with these, and only these, escapes decoded.
DECODED = {"%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$"} | {
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
ESCAPE = re.compile("|".join(DECODED), re.IGNORECASE)


class BadSignature(Exception):
    """The request is not provably HubSpot's; the message says which part is wrong, and no secret."""


def sign_v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """base64(HMAC-SHA256(secret, METHOD + URI + body + timestamp in ms))."""
    return sign_v3_as_is(
        secret, method, ESCAPE.sub(lambda escape: DECODED[escape.group().upper()], uri), body, timestamp
    )


def sign_v3_as_is(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """The same with no escape decoded."""
    signed = f"{method}{uri}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def sign_v2(secret: str, method: str, uri: str, body: bytes) -> str:
    """hex(SHA256(secret + METHOD + URI + body))."""
    return hashlib.sha256(f"{secret}{method}{uri}".encode() + body).hexdigest()


def sign_v1(secret: str, body: bytes) -> str:
    """hex(SHA256(secret + body)): proves nothing of the URL, and is only known here to be told from the others."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def verify(secret: str, method: str, uri: str, body: bytes, headers: Mapping[str, str], now: float | None) -> str:
    """The version that proved the request ("v3" or "v2"). Raises `BadSignature`.

    `now` in seconds; None takes a request of any age, for one that was kept and is looked at later.
    """
    if signature := headers.get("X-HubSpot-Signature-v3", ""):
        timestamp = headers.get("X-HubSpot-Request-Timestamp", "")
        signed_at = moment_of(timestamp)
        if now is not None:
            check_age(now - signed_at)
        return matched("v3", signature, sign_v3(secret, method, uri, body, timestamp))
    if signature := headers.get("X-HubSpot-Signature", ""):
        version = headers.get("X-HubSpot-Signature-Version", "v2")
        if version != "v2":
            raise BadSignature(f"X-HubSpot-Signature-Version is {version[:20]!r}; only v2 and v3 are accepted")
        return matched("v2", signature, sign_v2(secret, method, uri, body))
    raise BadSignature("neither X-HubSpot-Signature-v3 nor X-HubSpot-Signature is set")


def moment_of(timestamp: str) -> float:
    """When the request was signed, in seconds since 1970."""
    if not re.fullmatch(r"[0-9]{1,16}", timestamp):
        raise BadSignature("X-HubSpot-Request-Timestamp is missing or is not a number of milliseconds")
    return int(timestamp) / 1000


def check_age(age: float) -> None:
    if abs(age) > TOLERANCE:
        side = "old" if age > 0 else "in the future"
        raise BadSignature(f"X-HubSpot-Request-Timestamp is {abs(age):.0f} s {side}; {TOLERANCE} s are allowed")


def matched(version: str, given: str, expected: str) -> str:
    # compare_digest takes text of ASCII only.
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise BadSignature(
            f"the {version} signature does not match: the client secret, the URL (PUBLIC_URL) or the body differs"
        )
    return version
