"""What our connector asks of HubSpot, and what the sandbox answers, held against HubSpot's own OpenAPI."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from jsonschema import Draft4Validator, FormatChecker

from connectors.errors import ConnectorError
from connectors.hubspot import COMPANIES_READ, HubSpotCrm
from connectors.hubspot_client import MANY, HubSpotClient
from connectors.ports import Company, Contact, Crm, Note, Task

SPEC = Path(__file__).resolve().parents[3] / "shared" / "specs" / "hubspot_merged.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason=f"HubSpot's OpenAPI is not there: {SPEC}")

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NOTE, TASK = Note("<p>Prices</p>", "run-1", AT), Task("Follow up", "<p>Read it.</p>", "run-1", AT)
NEW = Contact("new@acme.example", "", "Bo", "Ek", "Acme", "CEO", "1", "acme.example", "DE", lifecycle_stage="lead")
ACME = Company("Acme", "acme.example")
# A fault of the sandbox, or none, and a call; the portal has contact 501 and company 601.
CALLS: list[tuple[Any, ...]] = [
    *(("", "contact_by_email", one) for one in ("ann@acme.example", "nobody+50%/x@acme.example")),
    *((one and f"{one}:hubspot.contacts.get:x1", "contact_by_id", "501") for one in ("", "401", "429", "500")),
    *(("", "create_contact", one) for one in (NEW, Contact("ann@acme.example"), Contact("no address"))),
    *(("", "company_by_domain", one) for one in ("acme.example", "nowhere.example")),
    *((fault, "company_by_name", "Acme") for fault in ("", "503:hubspot.companies.search:x1")),
    *(("", "create_company", one, "501") for one in (Company("Twin", "twin.example"), Company("A", industry="Odd"))),
    *(("", *call) for one in ("501", "999") for call in (("associate", one, "601"), ("company_of", one, ACME))),
    *(("", "create_note", NOTE, *ids) for ids in (("501", "601"), ("501", ""), ("999", ""))),
    *(("", "update_note", one, NOTE) for one in ("71000000003", "9")),  # the sandbox numbers what it makes
    *((fault, "note_marked", "run-1", "501") for fault in ("", "423:hubspot.notes.read:x1")),
    *(("", "create_task", replace(TASK, owner_id=one), "501", "601") for one in ("", "1")),
    *(("", "update_task", one, TASK) for one in ("71000000005", "9")),
    *((fault, "task_marked", "run-1", "501") for fault in ("", "477:hubspot.tasks.read:x1")),
]
STATUSES = {
    "GET /crm/v3/objects/contacts/{contactId}": {200, 401, 404, 429, 500},
    "POST /crm/v3/objects/contacts": {201, 400, 409},
    "POST /crm/v3/objects/companies/search": {200, 503},
    "POST /crm/v3/objects/companies/batch/read": {200, 207},
    "POST /crm/v3/objects/notes/batch/read": {200, 423},
    **{f"POST /crm/v3/objects/{kind}": {201, 400} for kind in ("companies", "notes", "tasks")},
    "POST /crm/v3/objects/tasks/batch/read": {200, 477},
    "PATCH /crm/v3/objects/notes/{noteId}": {200, 404},
    "PATCH /crm/v3/objects/tasks/{taskId}": {200, 404},
    "GET /crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}": {200, 404},
    "PUT /crm/v4/objects/{fromObjectType}/{fromObjectId}/associations/default/{toObjectType}/{toObjectId}": {200, 404},
}
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
    asked = operation.get("requestBody", {"content": {"application/json": {"schema": {"enum": [None]}}}})
    for where, declared, value in (("request", asked, seen.sent), (f"{seen.status} answer", answer, seen.answer)):
        yield from _wrong(where, declared["content"]["application/json"]["schema"], value)


def _wrong(where: str, schema: Any, value: Any) -> Iterator[str]:
    validator = Draft4Validator({**schema, "components": spec()["components"]}, format_checker=FORMATS)
    return (f"{where} {error.json_path}: {error.message}" for error in validator.iter_errors(value))


@pytest.fixture(scope="module")
def seen(shared_sandbox: Any) -> list[Exchange]:
    """All that passes when the connector does what it can, in pages of one, and misses a company in the end."""
    found: list[Exchange] = []

    class Proxy(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            sent, url = self.rfile.read(int(self.headers["Content-Length"] or 0)), shared_sandbox.url + self.path
            got = requests.request(self.command, url, data=sent, headers=self.headers, timeout=10)
            found.append(Exchange(self.command, self.path, json.loads(sent or b"null"), got.status_code, got.json()))
            self.send_response(got.status_code)
            self.end_headers()
            self.wfile.write(got.content)

        do_GET = do_POST = do_PUT = do_PATCH = pass_on  # noqa: N815

    shared_sandbox.control.reset()
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server, pytest.MonkeyPatch.context() as patch:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        patch.setattr("connectors.hubspot._ASSOCIATIONS_PER_PAGE", 1)
        client = HubSpotClient("sandbox-token", f"http://127.0.0.1:{server.server_port}", (5, 10))
        for fault, method, *arguments in CALLS:
            if fault:
                shared_sandbox.control.fault(fault)
            with suppress(ConnectorError):
                getattr(HubSpotCrm(client), method)(*arguments)
        gone = {"inputs": [{"id": "601"}, {"id": "9"}], "properties": ["name"], "propertiesWithHistory": []}
        client.ask(COMPANIES_READ, MANY, client.companies_batch.read, gone)
        server.shutdown()
    return found


@pytest.mark.parametrize("operation", STATUSES)
def test_every_request_and_every_answer_fits_the_openapi(seen: list[Exchange], operation: str) -> None:
    ours = [one for one in seen if operation_of(one) == operation]
    wrong = {one for exchange in ours for one in misfits(exchange) if not re.fullmatch("|".join(FLAWS), one)}
    assert not wrong, "\n".join([operation, *sorted(wrong)])
    assert {one.status for one in ours} == STATUSES[operation]


def test_every_method_was_driven_and_every_flaw_was_met(seen: list[Exchange]) -> None:
    assert {method for _, method, *_ in CALLS} == {name for name in dir(Crm) if not name.startswith("_")}
    assert {operation_of(one) for one in seen} == STATUSES.keys()
    wrong = {one for exchange in seen for one in misfits(exchange)}
    assert [flaw for flaw in FLAWS if not any(re.fullmatch(flaw, one) for one in wrong)] == []


NOTES, TIME = "/crm/v3/objects/notes", "2026-05-04T09:30:00Z"
SENT: dict[str, Any] = {"properties": {}, "associations": []}
DONE: dict[str, Any] = {"id": "1", "properties": {}, "createdAt": TIME, "updatedAt": TIME, "archived": False}
BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"method": "PATCH"}, f"HubSpot has no PATCH {NOTES}"),
    ({"target": f"{NOTES}?limit=1"}, "query limit: not declared"),
    ({"sent": None}, "request $: None is not of type 'object'"),
    ({"sent": {"properties": {}}}, "request $: 'associations' is a required property"),
    ({"sent": SENT | {"properties": {"a": None}}}, "request $.properties.a: None is not of type 'string'"),
    ({"answer": DONE | {"id": 1}}, "201 answer $.id: 1 is not of type 'string'"),
    ({"answer": DONE | {"createdAt": "now"}}, "201 answer $.createdAt: 'now' is not a 'date-time'"),
    ({"answer": DONE | {"odd": 1}}, "201 answer $: Additional properties are not allowed ('odd' was unexpected)"),
    ({"status": 409, "answer": {}}, "409 answer $: 'correlationId' is a required property"),
]


@pytest.mark.parametrize(("change", "wrong"), BROKEN)
def test_a_broken_exchange_does_not_fit(change: dict[str, Any], wrong: str) -> None:
    good = Exchange("POST", NOTES, SENT, 201, DONE)
    assert list(misfits(good)) == []
    assert wrong in list(misfits(good._replace(**change)))
    assert not re.fullmatch("|".join(FLAWS), wrong)
