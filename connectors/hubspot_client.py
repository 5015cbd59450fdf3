"""HubSpot's own client, opened once: no retries, no redirects, both timeouts, raw answers checked here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from hubspot import HubSpot
from urllib3.util.retry import Retry

from connectors.errors import ConnectorError
from connectors.hubspot_errors import hubspot_error
from connectors.vendor_errors import unreadable
from connectors.watch import Operation, Watch

_CONNECTIONS = 64
type Shape = tuple[str, type | tuple[type, ...]]
ONE: Shape = ("id", (str, int))
MANY: Shape = ("results", list)


class HubSpotClient:
    """The API objects that we use, kept: each access through the client would open a new connection pool."""

    def __init__(self, token: str, url: str, timeout: tuple[float, float]) -> None:
        options: dict[str, Any] = {
            "access_token": token,
            # `False`, unlike 0, raises what went wrong and not a MaxRetryError about it, and hands back a redirect.
            "retry": Retry(total=False),
            "connection_pool_maxsize": _CONNECTIONS,
        }
        crm = HubSpot(**options, **({"host": url.rstrip("/")} if url else {})).crm
        self.contacts = crm.contacts.basic_api
        self.companies = crm.companies.basic_api
        self.companies_search = crm.companies.search_api
        self.companies_batch = crm.companies.batch_api
        self.associations = crm.associations.v4.basic_api
        self.notes = crm.objects.notes.basic_api
        self.notes_batch = crm.objects.notes.batch_api
        self.tasks = crm.objects.tasks.basic_api
        self.tasks_batch = crm.objects.tasks.batch_api
        self._timeout = timeout

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
