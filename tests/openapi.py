"""HubSpot's own OpenAPI as a validator between the vendors' client and the sandbox.

It stands at the transport: what it sees is what goes over the wire, and what comes back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from jsonschema import Draft4Validator, FormatChecker

SPEC = Path(__file__).resolve().parents[2] / "shared" / "specs" / "hubspot_merged.json"
NO_CONTENT = 204
NOTHING = {"schema": {"enum": [None]}}  # where no body is declared, there must be none
COVERED = "/crm/"  # the part of HubSpot that the OpenAPI at hand is about

# Where HubSpot itself does not keep to its OpenAPI, and the sandbox does as HubSpot does.
FLAWS = [
    # A property without a value is null: https://github.com/HubSpot/hubspot-api-nodejs/issues/323
    r"20\d answer \$(\.results\[\d+\])?\.properties\.\w+: None is not of type 'string'",
    # So is the label of an unlabelled association.
    r"200 answer \$\.results\[\d+\]\.associationTypes\[\d+\]\.label: None is not of type 'string'",
    # Errors have a status, and those of a limit name its policy: https://developers.hubspot.com/docs/api/usage-details
    r"[45]\d\d answer \$: Additional [\w ]+ \(('errorType', 'policyName', )?'status' (was|were) unexpected\)",
]
FORMATS = FormatChecker(["uuid"])
FORMATS.checks("date-time", raises=(TypeError, ValueError))(lambda one: datetime.fromisoformat(one).tzinfo is not None)


class Exchange(NamedTuple):
    """A request and its answer as they went over the wire; `sent` and `answer` are JSON, None without a body."""

    method: str
    target: str
    sent: Any
    status: int
    answer: Any


@contextmanager
def watching(url: str) -> Iterator[list[Exchange]]:
    """Everything that is exchanged with the server at `url` meanwhile and is about what the OpenAPI covers."""
    responses: list[tuple[str, str, Any, urllib3.BaseHTTPResponse]] = []
    found: list[Exchange] = []
    port, real = urlsplit(url).port, urllib3.HTTPConnectionPool.urlopen

    def urlopen(pool: Any, method: str, url: str, body: Any = None, *arguments: Any, **options: Any) -> Any:
        response = real(pool, method, url, body, *arguments, **options)
        if pool.port == port and url.startswith(COVERED):
            responses.append((method, url, body, response))
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib3.HTTPConnectionPool, "urlopen", urlopen)
        yield found
    for method, target, sent, response in responses:
        # What is no JSON was asked for: a fault, or a test of what is refused.
        with suppress(ValueError, urllib3.exceptions.HTTPError):
            answer = None if response.status == NO_CONTENT else json.loads(response.data)
            found.append(Exchange(method, target, json.loads(sent or b"null"), response.status, answer))


def odd(seen: list[Exchange]) -> list[str]:
    """What HubSpot would not have sent, and what it would not have taken although the sandbox did."""
    return sorted(
        {
            f"{exchange.method} {exchange.target}: {one}"
            for exchange in seen
            for one in misfits(exchange)
            if not re.fullmatch("|".join(FLAWS), one) and (exchange.status < 300 or " answer " in one)
        }
    )


@cache
def spec() -> Any:
    return json.loads(SPEC.read_text(encoding="utf-8"), object_hook=_strict)


def _strict(part: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0 as JSON Schema, in which an object has only what it declares. (This one has no allOf.)"""
    if part.get("type") == "object" and part.get("properties"):
        part.setdefault("additionalProperties", False)
    return {"anyOf": [part, {"type": "null"}]} if part.get("nullable") is True else part


def operation_of(seen: Exchange) -> str:
    """Method and template; a fixed path goes before one with placeholders. Empty for what HubSpot doesn't have."""
    prefix, path = urlsplit(spec()["servers"][0]["url"]).path.rstrip("/"), urlsplit(seen.target).path
    for template in sorted(spec()["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(prefix + template))
        if re.fullmatch(pattern, path) and seen.method.lower() in spec()["paths"][template]:
            return f"{seen.method} {template}"
    return ""


def misfits(seen: Exchange) -> Iterator[str]:
    """What is wrong with an exchange: where, and why; the flaws of the OpenAPI included."""
    method, _, template = operation_of(seen).partition(" ")
    if not template:
        yield f"HubSpot has no {seen.method} {seen.target}"
        return
    operation = spec()["paths"][template][method.lower()]
    query = parse_qs(urlsplit(seen.target).query, keep_blank_values=True)
    declared = {one["name"]: one for one in operation["parameters"] if one["in"] == "query"}
    yield from (f"query {name}: not declared" for name in query.keys() - declared.keys())
    yield from (f"query {name}: missing" for name in declared.keys() - query.keys() if declared[name]["required"])
    for name in query.keys() & declared.keys():
        schema, value = declared[name]["schema"], ",".join(query[name])
        if schema["type"] in ("integer", "boolean") and re.fullmatch(r"\d+|true|false", value):
            value = json.loads(value)
        yield from _wrong(f"query {name}", schema, query[name] if schema["type"] == "array" else value)
    answer = operation["responses"].get(str(seen.status), operation["responses"]["default"])
    answer = spec()["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
    asked = operation.get("requestBody", {})
    for where, declared, value in (("request", asked, seen.sent), (f"{seen.status} answer", answer, seen.answer)):
        content = declared.get("content", {}).get("application/json", NOTHING)
        yield from _wrong(where, content["schema"], value)


def _wrong(where: str, schema: Any, value: Any) -> Iterator[str]:
    errors = _validator(json.dumps(schema, sort_keys=True)).iter_errors(value)
    return (f"{where} {error.json_path}: {error.message}" for error in errors)


@cache
def _validator(schema: str) -> Draft4Validator:
    return Draft4Validator({**json.loads(schema), "components": spec()["components"]}, format_checker=FORMATS)
