"""What passes between the server and its handlers: a call, an answer, a refusal in the vendor's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import uuid4

import msgspec
from multidict import MultiDict, MultiMapping

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

type Json = dict[str, Any]
type Handler = Callable[["Box", "Call"], "Answer"]

HUBSPOT_CATEGORIES = {
    400: "VALIDATION_ERROR",
    401: "INVALID_AUTHENTICATION",
    403: "MISSING_SCOPES",
    404: "OBJECT_NOT_FOUND",
    409: "CONFLICT",
    423: "LOCKED",
    429: "RATE_LIMITS",
    477: "MIGRATION_IN_PROGRESS",
}
GOOGLE_REASONS = {
    400: ("badRequest", "INVALID_ARGUMENT"),
    401: ("authError", "UNAUTHENTICATED"),
    403: ("insufficientPermissions", "PERMISSION_DENIED"),
    404: ("notFound", "NOT_FOUND"),
    409: ("aborted", "ABORTED"),
    429: ("rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    500: ("backendError", "INTERNAL"),
    503: ("backendError", "UNAVAILABLE"),
}


@dataclass(slots=True)
class Call:
    """One request: `args` are what the template's placeholders matched, `user` whom the token stands for."""

    args: tuple[str, ...] = ()
    query: MultiMapping[str] = field(default_factory=MultiDict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: str = ""

    def json(self) -> Json:
        """The body, which has to be a JSON object; raises `BadBodyError`."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise BadBodyError(str(error)) from error

    def form(self) -> dict[str, str]:
        """The body as a form; of a field given twice, the first."""
        return {name: values[0] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}


@dataclass(slots=True)
class Answer:
    """What a handler says: `body` is encoded as JSON, text is a page, None sends nothing."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; `endpoint` is the operation's name (`contacts.create`), as faults and counts know it."""

    service: str
    endpoint: str
    method: str
    template: str
    handler: Handler
    write: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}.{self.endpoint}"


class BadBodyError(Exception):
    """The body is not the JSON object that the endpoint wants."""


class RefusedError(Exception):
    """The vendor says no."""

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.answer = Answer(body, status, headers or {})


def phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus else "Unknown"


def hubspot_error(status: int, message: str, category: str = "", **extra: object) -> RefusedError:
    body: Json = {
        "status": "error",
        "message": message,
        "correlationId": str(uuid4()),
        "category": category or HUBSPOT_CATEGORIES.get(status, "INTERNAL_ERROR"),
    }
    return RefusedError(status, body | extra)


def google_error(status: int, message: str, reason: str = "", *, location: str = "") -> RefusedError:
    usual, name = GOOGLE_REASONS.get(status, ("backendError", "UNKNOWN"))
    detail = {"message": message, "domain": "global", "reason": reason or usual}
    if location:
        detail |= {"location": location, "locationType": "parameter"}
    body = {"error": {"code": status, "message": message, "errors": [detail], "status": name}}
    return RefusedError(status, body)


def refusal(service: str, status: int, message: str = "", reason: str = "") -> RefusedError:
    """A refusal in the shape that `service` uses for errors that are not about its content."""
    message = message or phrase(status)
    match service:
        case "hubspot":
            return hubspot_error(status, message, reason)
        case "oauth":
            return RefusedError(status, {"error": reason or "internal_failure", "error_description": message})
        case "chat":
            return RefusedError(status, {"error": {"message": message, "type": reason or "error", "code": str(status)}})
        case "sandbox":
            return RefusedError(status, {"error": message})
        case _:
            return google_error(status, message, reason)


def asked[T](call: Call, kind: type[T]) -> T:
    """What a call to the sandbox's own API says; refused where it makes no sense."""
    try:
        return msgspec.json.decode(call.body, type=kind)
    except msgspec.MsgspecError as error:
        raise refusal("sandbox", 400, str(error)) from error


def page(query: MultiMapping[str], *, size: str, after: str, usual: int, most: int) -> tuple[int, int]:
    """Offset and limit from a query; raises ValueError, naming the parameter."""
    limit, start = query.get(size, str(usual)), query.get(after, "0")
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        msg = f"{size} must be between 1 and {most}"
        raise ValueError(msg)
    if not start.isdecimal():
        msg = f"Invalid {after}"
        raise ValueError(msg)
    return int(start), int(limit)
