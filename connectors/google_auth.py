"""Google credentials: who we act as, with how little, and one token request at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import certifi
import urllib3
from google.auth import credentials as auth
from google.auth import exceptions, transport
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from connectors.errors import NotConfigured
from connectors.google_places import is_known, token_endpoint

# The least that serves: `gmail.modify` is one scope for reading, drafts, labels and sending, and cannot delete.
SCOPES: Final = (
    "https://www.googleapis.com/auth/gmail.modify",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
    "https://www.googleapis.com/auth/calendar.freebusy",
)
_SERVER_ERROR, _TOO_MANY, _OK = 500, 429, 200
_FOREIGN = (
    "The token_uri of the Google credentials is not an address of Google's, nor below GOOGLE_API_URL: nothing is sent "
    "there. Paste the file as Google gave it to you"
)
_NOT_JSON = "GOOGLE_CREDENTIALS is not the JSON of a service account or an authorized user; paste the whole file"


def credentials_from(text: str, subject: str, url: str, scopes: Sequence[str] = SCOPES) -> auth.Credentials:
    """The credentials in a service account's or an authorized user's JSON, for Google at `url` (empty: its own).

    The token endpoint is that of the settings: a `token_uri` in the JSON would be sent the secret.
    """
    try:
        info = json.loads(text)
        if not is_known(info.get("token_uri") or token_endpoint(url), url):
            raise NotConfigured(_FOREIGN)
        info["token_uri"] = token_endpoint(url)
        kind = info.get("type")
        if kind == "service_account":
            return _service_account(info, subject, scopes)
        if kind == "authorized_user":
            return _authorized_user(info)
    except (AttributeError, KeyError, TypeError, ValueError, exceptions.GoogleAuthError):
        raise NotConfigured(_NOT_JSON) from None
    raise NotConfigured(_NOT_JSON)


def _service_account(info: Mapping[str, str], subject: str, scopes: Sequence[str]) -> auth.Credentials:
    if not subject:
        raise NotConfigured("GOOGLE_SUBJECT is missing: set it to the mailbox that the service account acts for")
    from_info: Any = service_account.Credentials.from_service_account_info
    made: auth.Credentials = from_info(info, scopes=scopes, subject=subject)
    return made


def _authorized_user(info: Mapping[str, str]) -> auth.Credentials:
    # Not from_authorized_user_info, which ignores `token_uri`; no scopes: asking for more than granted fails.
    new: Any = user.Credentials
    made: auth.Credentials = new(
        None,
        refresh_token=info["refresh_token"],
        token_uri=info["token_uri"],
        client_id=info["client_id"],
        client_secret=info["client_secret"],
    )
    return made


class TokenTransport(transport.Request):
    """One request to the token endpoint per call. Google's client would repeat a failed one after a sleep."""

    def __init__(self, timeout: tuple[float, float]) -> None:
        self._http = urllib3.PoolManager(ca_certs=certifi.where())
        self._timeout = urllib3.Timeout(connect=timeout[0], read=timeout[1])

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: object = None,
        **options: object,
    ) -> Any:
        del timeout, options  # ours holds, and redirects stay off
        try:
            response = self._http.urlopen(
                method, url, redirect=False, body=body, headers=headers or {}, retries=False, timeout=self._timeout
            )
        except urllib3.exceptions.HTTPError as problem:
            raise _unreachable(type(problem).__name__) from None
        if _is_passing(response):
            raise _unreachable(f"answered {response.status}")
        return _TokenAnswer(response.status, dict(response.headers), response.data)


def _unreachable(why: str) -> Exception:
    new: Any = exceptions.TransportError
    made: Exception = new(f"the token endpoint: {why}")
    return made


def _is_passing(response: urllib3.BaseHTTPResponse) -> bool:
    status = response.status
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        return True
    return status != _OK and any(code in response.data for code in (b"server_error", b"temporarily_unavailable"))


class _TokenAnswer(transport.Response):
    def __init__(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self._status, self._headers, self._data = status, headers, data

    @property
    def status(self) -> int:
        return self._status

    @property
    def headers(self) -> dict[str, str]:
        return self._headers

    @property
    def data(self) -> bytes:
        return self._data


class Tokens:
    """Keeps an access token fresh for all threads: one of them asks, the others wait and share the outcome."""

    def __init__(self, credentials: auth.Credentials, endpoint: TokenTransport) -> None:
        self._credentials: Any = credentials
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._answers = 0
        self._failure: exceptions.GoogleAuthError | None = None

    def authorize(self, method: str, uri: str, headers: dict[str, str]) -> None:
        """Put a token into the headers of a request; raise what Google's client raises when there can't be one."""
        self._ensure()
        self._credentials.before_request(self._endpoint, method, uri, headers)

    def _ensure(self) -> None:
        if self._credentials.valid:
            return
        seen = self._answers
        with self._lock:
            if self._credentials.valid:
                return
            if self._answers != seen and self._failure is not None:
                raise self._failure  # the one that asked while we waited was refused
            try:
                self._credentials.refresh(self._endpoint)
                self._failure = None
            except exceptions.GoogleAuthError as failure:
                self._failure = failure
                raise
            finally:
                self._answers += 1

    def distrust(self, authorization: str) -> None:
        """After a 401: let the next call fetch a new token, unless another thread has done so."""
        with self._lock:
            if authorization == f"Bearer {self._credentials.token}":
                # Expired rather than removed: a thread about to send must not find None.
                self._credentials.expiry = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
