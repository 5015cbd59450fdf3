"""What our connector asks of HubSpot, and what the sandbox answers, held against HubSpot's own OpenAPI."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import ConnectorError
from connectors.hubspot import COMPANIES_READ, HubSpotCrm
from connectors.hubspot_client import MANY, HubSpotClient
from connectors.ports import Company, Contact, Crm, Note, Task
from tests.openapi import FLAWS, SPEC, Exchange, misfits, odd, operation_of, watching

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
    *(("", method, "run-1", "501") for method in ("notes_marked", "tasks_marked")),
    *(("", "remove_note", one) for one in ("71000000003", "9")),
    *(("", "remove_task", one) for one in ("71000000005", "9")),
    *((fault, "owners") for fault in ("", "403:hubspot.owners.list:x1")),
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
    "DELETE /crm/v3/objects/notes/{noteId}": {204},
    "DELETE /crm/v3/objects/tasks/{taskId}": {204},
    "GET /crm/v3/owners/": {200, 403},
    "GET /crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}": {200, 404},
    "PUT /crm/v4/objects/{fromObjectType}/{fromObjectId}/associations/default/{toObjectType}/{toObjectId}": {200, 404},
}


@pytest.fixture(scope="module")
def seen(shared_sandbox: Any) -> list[Exchange]:
    """All that passes when the connector does what it can, in pages of one, and misses a company in the end."""
    shared_sandbox.control.reset()
    with watching(shared_sandbox.url) as found, pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.hubspot._ASSOCIATIONS_PER_PAGE", 1)
        client = HubSpotClient("sandbox-token", shared_sandbox.url, (5, 10))
        for fault, method, *arguments in CALLS:
            if fault:
                shared_sandbox.control.fault(fault)
            with suppress(ConnectorError):
                getattr(HubSpotCrm(client), method)(*arguments)
        gone = {"inputs": [{"id": "601"}, {"id": "9"}], "properties": ["name"], "propertiesWithHistory": []}
        client.ask(COMPANIES_READ, MANY, client.companies_batch.read, gone)
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


def test_the_validator_sees_what_goes_over_the_wire(shared_sandbox: Any) -> None:
    client = HubSpotClient("sandbox-token", shared_sandbox.url, (5, 10))
    with watching(shared_sandbox.url) as found:
        client.ask(COMPANIES_READ, MANY, client.companies_batch.read, {"inputs": [{"id": "601"}], "properties": []})
    assert [(one.method, one.target, one.status) for one in found] == [("POST", READ, 200)]
    assert odd(found) == [f"POST {READ}: request $: 'propertiesWithHistory' is a required property"]


READ = "/crm/v3/objects/companies/batch/read"
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
