"""Where Google is: at its own addresses, or where the settings say. Nothing else is ever sent a secret of Google's."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_TOKENS = "https://oauth2.googleapis.com/token"
_CONSENT = "https://accounts.google.com/o/oauth2/v2/auth"
_GOOGLES: Final = frozenset({"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"})


def token_endpoint(url: str) -> str:
    """Where tokens are asked for; `url` is what the settings name in Google's place, or empty."""
    return f"{url.rstrip('/')}/token" if url else _TOKENS


def consent_page(url: str) -> str:
    """Where a person is asked."""
    return f"{url.rstrip('/')}/o/oauth2/v2/auth" if url else _CONSENT


def is_known(token_uri: str, url: str) -> bool:
    """Whether a `token_uri` that somebody entered is Google's, or that of the settings; it is not called for that."""
    if token_uri == token_endpoint(url):
        return True
    parts = urlsplit(token_uri)
    return parts.scheme == "https" and parts.netloc in _GOOGLES
