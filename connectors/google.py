"""Google's own client, opened once: service objects that are kept, over a transport that sends each request once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import certifi
import httplib2
import urllib3
from googleapiclient.discovery import build

from connectors.errors import AuthFailed, ConnectorError
from connectors.google_auth import SCOPES, Tokens, TokenTransport, credentials_from
from connectors.google_errors import RefusedError, google_error
from connectors.vendor_errors import asked_wait, unreadable
from connectors.watch import Operation, Watch

_CONNECTIONS = 64
_UNAUTHORIZED = 401
_REDIRECTS = 300
_GMAIL_ENDPOINT = "https://gmail.googleapis.com/"
_DRIVE_ENDPOINT = "https://www.googleapis.com/drive/v3/"
_CALENDAR_ENDPOINT = "https://www.googleapis.com/calendar/v3/"


class Transport:
    """What googleapiclient asks of an httplib2.Http, over one pool of connections for each origin.

    httplib2 sends a POST again when the peer closes early, and isn't thread-safe. Here a call is exactly one
    request: no retries, no redirects. A 401 makes the next call fetch a new token.
    """

    def __init__(self, tokens: Tokens, origins: frozenset[str], timeout: tuple[float, float]) -> None:
        self._tokens = tokens
        self._timeout = urllib3.Timeout(connect=timeout[0], read=timeout[1])
        manager = urllib3.PoolManager(maxsize=_CONNECTIONS, ca_certs=certifi.where())
        self._pools = {origin: manager.connection_from_url(origin) for origin in origins}

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **ignored: object,
    ) -> tuple[Any, bytes]:
        """Send one request to one of the allowed origins; httplib2's own options have no say."""
        del ignored
        origin = _origin(uri)
        if origin not in self._pools:
            raise ValueError(f"a request to {urlsplit(uri).hostname}, which is no Google address of ours")
        sent = dict(headers or {})
        self._tokens.authorize(method, uri, sent)
        response = self._pools[origin].urlopen(
            method,
            uri[len(origin) - 1 :],
            body=body,
            headers=sent,
            retries=False,
            redirect=False,
            timeout=self._timeout,
        )
        if response.status == _UNAUTHORIZED:
            self._tokens.distrust(sent["authorization"])
        return httplib2.Response({"status": str(response.status), **_wait(response)}), response.data


def _wait(response: urllib3.BaseHTTPResponse) -> dict[str, str]:
    return {name: value for name in ("retry-after", "retry-after-ms") if (value := response.headers.get(name))}


class _Exchange:
    """The transport for one request: leaves the status where the watch reports it, and raises a refusal."""

    def __init__(self, transport: Transport, watch: Watch) -> None:
        self._transport = transport
        self._watch = watch

    def request(self, *arguments: Any, **options: Any) -> tuple[Any, bytes]:
        response, content = self._transport.request(*arguments, **options)
        self._watch.status = response.status
        if response.status >= _REDIRECTS:
            raise RefusedError(response.status, asked_wait(response), content)
        return response, content


class GoogleClient:
    """The service objects of one Google account. Safe to share between threads."""

    def __init__(
        self,
        credentials: str,
        subject: str,
        url: str,
        timeout: tuple[float, float],
        scopes: Sequence[str] = SCOPES,
    ) -> None:
        base = url.rstrip("/")
        endpoints = {
            "gmail": f"{base}/" if base else _GMAIL_ENDPOINT,
            "drive": f"{base}/drive/v3/" if base else _DRIVE_ENDPOINT,
            "calendar": f"{base}/calendar/v3/" if base else _CALENDAR_ENDPOINT,
        }
        tokens = Tokens(credentials_from(credentials, subject, url, scopes), TokenTransport(timeout))
        self._transport = Transport(tokens, frozenset(_origin(one) for one in endpoints.values()), timeout)
        users = self._service("gmail", "v1", endpoints["gmail"]).users()
        # Each access builds a new resource with all its methods, which costs more than the call: these are kept.
        self.users = users
        self.threads, self.drafts, self.labels = users.threads(), users.drafts(), users.labels()
        self.messages, self.history = users.messages(), users.history()
        self.files = self._service("drive", "v3", endpoints["drive"]).files()
        self.freebusy = self._service("calendar", "v3", endpoints["calendar"]).freebusy()

    def _service(self, name: str, version: str, endpoint: str) -> Any:
        return build(
            name,
            version,
            http=self._transport,
            client_options={"api_endpoint": endpoint},
            static_discovery=True,
            cache_discovery=False,
        )

    def ask(
        self,
        operation: Operation,
        request: Any,
        *signs: str,
        expected: tuple[type[ConnectorError], ...] = (),
    ) -> dict[str, Any]:
        """Execute `request` and return its JSON object, which must have one of the keys `signs`.

        An access token can die before its time, so one that is refused is replaced once before that counts. What was
        answered 401 was not done: not even a write is done twice.
        """
        try:
            return self._asked(operation, request, *signs, expected=expected)
        except AuthFailed as refused:
            if refused.status != _UNAUTHORIZED:
                raise
        return self._asked(operation, request, *signs, expected=expected)

    def _asked(
        self, operation: Operation, request: Any, *signs: str, expected: tuple[type[ConnectorError], ...]
    ) -> dict[str, Any]:
        with Watch(operation, google_error, expected) as watch:
            answer = request.execute(http=_Exchange(self._transport, watch), num_retries=0)
            if not isinstance(answer, dict):
                raise unreadable(operation, "the answer is not a JSON object", watch.status)
            if not any(answer.get(sign) is not None for sign in signs):
                raise unreadable(operation, f"the answer has no {' or '.join(signs)}", watch.status)
            return answer


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
