"""What our connector asks of HubSpot, and what the sandbox answers, held against HubSpot's own OpenAPI."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from jsonschema import Draft4Validator, FormatChecker

from connectors.errors import ConnectorError
from connectors.hubspot import HubSpotCrm
from connectors.hubspot_client import HubSpotClient
from connectors.ports import Company, Contact, Crm, Note, Task

SPEC = Path(__file__).resolve().parents[3] / "shared" / "specs" / "hubspot_merged.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason=f"HubSpot's OpenAPI is not there: {SPEC}")

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NOTE, TASK = Note("<p>Prices</p>", "run-1", AT), Task("Follow up", "<p>Read it.</p>", "run-1", AT)
NEW = Contact("new@acme.example", "", "Bo", "Ek", "Acme", "CEO", "1", "acme.example", "DE", lifecycle_stage="lead")
ACME = Company("Acme", "acme.example")
# A fault of the sandbox, or none, and a call; the portal has contact 501 and company 601.
CALLS: list[tuple[Any, ...]] = [
    ("", "contact_by_email", "ann@acme.example"),
    ("", "contact_by_email", "nobody+50%/x@acme.example"),
    ("", "contact_by_id", "501"),
    *((f"{kind}:hubspot.contacts.get:x1", "contact_by_id", "501") for kind in ("401", "429", "500")),
    *(("", "create_contact", one) for one in (NEW, Contact("ann@acme.example"), Contact("no address"))),
    *(("", "company_by_domain", one) for one in ("acme.example", "nowhere.example")),
    *((fault, "company_by_name", "Acme") for fault in ("", "503:hubspot.companies.search:x1")),
    *(("", "create_company", one, "501") for one in (Company("Twin", "twin.example"), Company("A", industry="Odd"))),
    *(("", "associate", one, "601") for one in ("501", "999")),
    *(("", "company_of", one, ACME) for one in ("501", "999")),
    *(("", "create_note", NOTE, *ids) for ids in (("501", "601"), ("501", ""), ("999", ""))),
    *((fault, "note_marked", "run-1", "501") for fault in ("", "423:hubspot.notes.read:x1")),
    *(("", "create_task", replace(TASK, owner_id=one), "501", "601") for one in ("", "1")),
    *((fault, "task_marked", "run-1", "501") for fault in ("", "477:hubspot.tasks.read:x1")),
]
_ENDS = "{fromObjectType}/{fromObjectId}/associations/default/{toObjectType}/{toObjectId}"
STATUSES = {
    "GET /crm/v3/objects/contacts/{contactId}": {200, 401, 404, 429, 500},
    "POST /crm/v3/objects/contacts": {201, 400, 409},
    "POST /crm/v3/objects/companies": {201, 400},
    "POST /crm/v3/objects/companies/search": {200, 503},
    "POST /crm/v3/objects/companies/batch/read": {200, 207},
    "POST /crm/v3/objects/notes": {201, 400},
    "POST /crm/v3/objects/notes/batch/read": {200, 423},
    "POST /crm/v3/objects/tasks": {201, 400},
    "POST /crm/v3/objects/tasks/batch/read": {200, 477},
    "GET /crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}": {200, 404},
    f"PUT /crm/v4/objects/{_ENDS}": {200, 404},
}
# Where HubSpot itself does not keep to its OpenAPI, and the sandbox does as HubSpot does.
FLAWS = [
    # A property without a value is null: https://github.com/HubSpot/hubspot-api-nodejs/issues/323
    r"20\d answer \$(\.results\[\d+\])?\.properties\.\w+: None is not of type 'string'",
    # So is the label of an unlabelled association: https://developers.hubspot.com/docs/api/crm/associations
    r"200 answer \$\.results\[\d+\]\.associationTypes\[\d+\]\.label: None is not of type 'string'",
    # Errors have a status, and those of a limit name its policy: https://developers.hubspot.com/docs/api/usage-details
    r"(?!429)[45]\d\d answer \$: Additional .* \('status' was unexpected\)",
    r"429 answer \$: Additional .* \('errorType', 'policyName', 'status' were unexpected\)",
]
FORMATS = FormatChecker(["uuid"])
FORMATS.checks("date-time", raises=(TypeError, ValueError))(lambda one: datetime.fromisoformat(one).tzinfo is not None)
type Body = tuple[str, Any]


@dataclass(frozen=True)
class Exchange:
    """A request and its answer as they went over the wire; bodies with their media types, ("", None) for none."""

    method: str
    target: str
    sent: Body
    status: int
    answer: Body


@cache
def spec() -> Any:
    return _strict(json.loads(SPEC.read_text(encoding="utf-8")))


def _strict(part: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema, in which an object has only what it declares. (This one has no allOf.)"""
    if not isinstance(part, dict):
        return [_strict(one) for one in part] if isinstance(part, list) else part
    schema = {name: _strict(one) for name, one in part.items() if (name, one) != ("nullable", True)}
    if schema.get("type") == "object" and schema.get("properties"):
        schema.setdefault("additionalProperties", False)
    return {"anyOf": [schema, {"type": "null"}]} if part.get("nullable") is True else schema


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
    yield from (f"query {name} is not declared" for name in query.keys() - declared.keys())
    yield from (f"query {name} is missing" for name in declared.keys() - query.keys() if declared[name]["required"])
    for name in query.keys() & declared.keys():
        schema, value = declared[name]["schema"], query[name]
        with suppress(ValueError):
            value = value if schema["type"] == "array" else ",".join(value)
            value = json.loads(value) if schema["type"] in ("integer", "boolean") else value
        yield from _wrong_value(f"query {name}", schema, value)
    yield from _wrong_body("request", operation.get("requestBody", {}), seen.sent)
    answer = operation["responses"].get(str(seen.status), operation["responses"]["default"] if seen.status > 399 else {})
    answer = spec()["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
    yield from _wrong_body(f"{seen.status} answer", answer, seen.answer)


def _wrong_body(where: str, declared: Any, body: Body) -> Iterator[str]:
    content = declared.get("content") or {"": {"schema": {}}}
    if body[0] in content:
        yield from _wrong_value(where, content[body[0]]["schema"], body[1])
    elif body[0] or declared.get("required", True):
        yield f"{where} is {body[0] or 'nothing'} and not {' or '.join(content) or 'nothing'}"


def _wrong_value(where: str, schema: Any, value: Any) -> Iterator[str]:
    validator = Draft4Validator({**schema, "components": spec()["components"]}, format_checker=FORMATS)
    return (f"{where} {error.json_path}: {error.message}" for error in validator.iter_errors(value))


@contextmanager
def recording(upstream: str, seen: list[Exchange]) -> Iterator[str]:
    """A proxy before `upstream`, at the URL that it yields, which writes down all that passes."""

    class Proxy(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            got = requests.request(self.command, upstream + self.path, data=sent, headers=self.headers, timeout=10)
            bodies = _body(self.headers, sent), _body(got.headers, got.content)
            seen.append(Exchange(self.command, self.path, bodies[0], got.status_code, bodies[1]))
            self.send_response(got.status_code)
            self.end_headers()
            self.wfile.write(got.content)

        do_GET = do_POST = do_PUT = pass_on  # noqa: N815
        log_message = lambda *_: None  # noqa: E731

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _body(headers: Any, content: bytes) -> Body:
    return (headers["Content-Type"].partition(";")[0], json.loads(content)) if content else ("", None)


@pytest.fixture(scope="module")
def seen(shared_sandbox: Any) -> list[Exchange]:
    """All that passes when the connector does everything it can, over pages of one."""
    found: list[Exchange] = []
    shared_sandbox.control.reset()
    with recording(shared_sandbox.url, found) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.hubspot._ASSOCIATIONS_PER_PAGE", 1)
        client = HubSpotClient("sandbox-token", url, (5, 10))
        for fault, method, *arguments in CALLS:
            if fault:
                shared_sandbox.control.fault(fault)
            with suppress(ConnectorError):
                getattr(HubSpotCrm(client), method)(*arguments)
        # A company that is gone between two calls of `company_of`.
        client.companies_batch.read({"inputs": [{"id": "601"}, {"id": "9"}], "properties": [], "propertiesWithHistory": []})
    return found


@pytest.mark.parametrize("operation", STATUSES)
def test_every_request_and_every_answer_fits_the_openapi(seen: list[Exchange], operation: str) -> None:
    ours = [one for one in seen if operation_of(one) == operation]
    assert {one.status for one in ours} == STATUSES[operation]
    wrong = {one for exchange in ours for one in misfits(exchange)}
    assert sorted(one for one in wrong if not any(re.fullmatch(flaw, one) for flaw in FLAWS)) == []


def test_nothing_was_left_out_and_no_flaw_is_made_up(seen: list[Exchange]) -> None:
    assert {method for _, method, *_ in CALLS} == {name for name in dir(Crm) if not name.startswith("_")}
    assert {operation_of(one) for one in seen} == STATUSES.keys()
    wrong = {one for exchange in seen for one in misfits(exchange)}
    assert [flaw for flaw in FLAWS if not any(re.fullmatch(flaw, one) for one in wrong)] == []


NEW_NOTE = Exchange(
    "POST",
    "/crm/v3/objects/notes",
    ("application/json", {"properties": {}, "associations": []}),
    201,
    ("application/json", {"id": "1", "properties": {}, "createdAt": "2026-05-04T09:30:00Z", "updatedAt": "2026-05-04T09:30:00Z", "archived": False}),
)


@pytest.mark.parametrize(("change", "wrong"), [])
def test_a_broken_exchange_does_not_fit(change: dict[str, Any], wrong: str) -> None:
    assert list(misfits(NEW_NOTE)) == []
    assert list(misfits(replace(NEW_NOTE, **change))) == [wrong]
