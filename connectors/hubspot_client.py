"""HubSpot's own client, opened once: no retries, no redirects, both timeouts, raw answers checked here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3
from hubspot import HubSpot
from hubspot.crm.contacts import ApiException

from connectors.errors import ConnectorError
from connectors.hubspot_errors import hubspot_error
from connectors.vendor_errors import unreadable
from connectors.watch import Operation, Watch

_HUBSPOT = "https://api.hubapi.com"
_ABOUT = "/oauth/v2/private-apps/get/access-token-info"
_CONNECTIONS = 64
TOKEN_INFO = Operation("hubspot", "token.info")
type Shape = tuple[str, type | tuple[type, ...]]
ONE: Shape = ("id", (str, int))
MANY: Shape = ("results", list)


class _OneHost:
    """What a generated API object asks of its pool manager, over one pool that all of them share.

    Left to themselves, each has connections of its own, and looks up for every call which pool is meant.
    """

    def __init__(self, host: str) -> None:
        parts = urlsplit(host)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS).connection_from_url(self._origin)

    def request(
        self, method: str, url: str, fields: Sequence[tuple[str, str]] | None = None, **options: Any
    ) -> urllib3.BaseHTTPResponse:
        """Send one request: no retries, no redirects, and what went wrong is raised as it is."""
        target = url.removeprefix(self._origin) + (f"?{urlencode(fields)}" if fields else "")
        return self._pool.urlopen(method, target, retries=False, redirect=False, **options)


class HubSpotClient:
    """The API objects that we use, kept: each access through the client would make a new one."""

    def __init__(self, token: str, url: str, timeout: tuple[float, float]) -> None:
        host = url.rstrip("/") or _HUBSPOT
        hubspot: Any = HubSpot
        vendor, pool = hubspot(access_token=token, host=host), _OneHost(host)
        crm = vendor.crm

        def pooled(api: Any) -> Any:
            api.api_client.rest_client.pool_manager = pool
            return api

        self.contacts = pooled(crm.contacts.basic_api)
        self.companies = pooled(crm.companies.basic_api)
        self.companies_search = pooled(crm.companies.search_api)
        self.companies_batch = pooled(crm.companies.batch_api)
        self.associations = pooled(crm.associations.v4.basic_api)
        self.notes = pooled(crm.objects.notes.basic_api)
        self.notes_batch = pooled(crm.objects.notes.batch_api)
        self.tasks = pooled(crm.objects.tasks.basic_api)
        self.tasks_batch = pooled(crm.objects.tasks.batch_api)
        self.owners = pooled(crm.owners.owners_api)
        self.forms = pooled(vendor.marketing.forms.forms_api)
        self._token, self._pool, self._host = token, pool, host
        self._timeout = timeout

    def about_token(self) -> dict[str, Any]:
        """The portal (`hubId`) that the private app's token is for, and its `scopes`; the client knows no such call.

        https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview
        """

        def post(_request_timeout: tuple[float, float], **_: object) -> urllib3.BaseHTTPResponse:
            headers = {"Content-Type": "application/json"}
            body = msgspec.json.encode({"tokenKey": self._token})
            timeout = urllib3.Timeout(connect=_request_timeout[0], read=_request_timeout[1])
            response = self._pool.request("POST", self._host + _ABOUT, body=body, headers=headers, timeout=timeout)
            if response.status != HTTPStatus.OK:
                raise ApiException(status=response.status)
            return response

        return self.ask(TOKEN_INFO, ("scopes", list), post)

    def get(
        self, operation: Operation, shape: Shape, path: str, query: dict[str, Any], **path_params: str
    ) -> dict[str, Any]:
        """Ask an address that the vendor's client has no method for, in the same way as it asks its own."""
        call = self.contacts.api_client.call_api
        return self.ask(
            operation,
            shape,
            call,
            path,
            "GET",
            path_params=path_params,
            query_params=[*query.items()],
            header_params={"Accept": "application/json"},
            response_types_map={},
            auth_settings=["oauth2"],
        )

    def ask(
        self,
        operation: Operation,
        shape: Shape,
        method: Callable[..., Any],
        *arguments: object,
        expected: tuple[type[ConnectorError], ...] = (),
        **options: Any,
    ) -> dict[str, Any]:
        """Call `method` and return its JSON object, which has what `shape` names.

        The client's own models parse dates that nobody reads, and turn an answer that makes no sense into an
        object full of None.
        """
        with Watch(operation, hubspot_error, expected) as watch:
            response = method(*arguments, _preload_content=False, _request_timeout=self._timeout, **options)
            watch.status = response.status
            return _checked(response.data, shape, operation, response.status)

    def tell(self, operation: Operation, method: Callable[..., Any], *arguments: object) -> None:
        """Call `method`, which answers without a body."""
        with Watch(operation, hubspot_error) as watch:
            answer = method(*arguments, _preload_content=False, _request_timeout=self._timeout)
            watch.status = answer.status
            answer.drain_conn()  # or its connection would be lost to the pool, unclosed


def _checked(body: bytes, shape: Shape, operation: Operation, status: int) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(body)
    except ValueError:
        raise unreadable(operation, "the answer is not JSON", status) from None
    key, kind = shape
    value = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(value, kind) or value == "":
        raise unreadable(operation, f"the answer has no {key}", status)
    return dict(answer)
