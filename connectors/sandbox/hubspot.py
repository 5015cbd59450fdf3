"""HubSpot's HTTP API: CRM objects, their associations, owners, and form submissions."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from connectors.sandbox import properties
from connectors.sandbox.crm import KINDS, PRIMARY, TIES, TYPE_NAMES, Record, instant
from connectors.sandbox.crmsearch import search
from connectors.sandbox.wire import Answer, Call, Json, Route, hubspot_error, page

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

MOST_READ = 100
MOST_SUBMISSIONS = 50
_BODY_KEYS = {"properties", "associations", "objectWriteTraceId"}


def _shown(kind: str, record: Record, asked: list[str] | None = None) -> Json:
    names = [*properties.USUAL[kind], *asked] if asked else properties.USUAL[kind]
    held = {name: record.properties.get(name) for name in names}
    return _envelope(record, held)


def _envelope(record: Record, held: dict[str, str | None]) -> Json:
    return {
        "id": record.id,
        "properties": held,
        "createdAt": instant(record.created_at),
        "updatedAt": instant(record.updated_at),
        "archived": False,
    }


def _asked(call: Call) -> list[str]:
    return [name.strip() for value in call.query.getall("properties", []) for name in value.split(",")]


def _given(body: Json) -> dict[str, str]:
    given = body.get("properties")
    if not isinstance(given, dict) or set(body) - _BODY_KEYS:
        raise hubspot_error(400, "Invalid input JSON: expected an object with properties and associations")
    if any(isinstance(value, dict | list) for value in given.values()):
        raise hubspot_error(400, "Invalid input JSON: property values must be strings")
    return {name: _as_text(value) for name, value in given.items()}


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ties(box: Box, kind: str, asked: list[Any]) -> list[tuple[str, str, set[int]]]:
    """What a new record shall be tied to; the type ids decide which type of object the id is of."""
    ties = []
    for one in asked:
        try:
            to_id, specs = str(one["to"]["id"]), one["types"]
            types = {int(spec["associationTypeId"]) for spec in specs}
            categories = {spec["associationCategory"] for spec in specs}
        except (KeyError, TypeError, ValueError) as error:
            raise hubspot_error(400, "Invalid input JSON: associations need to.id and types") from error
        to_kind = next((to for (of, to), ids in TIES.items() if of == kind and types and types <= set(ids)), "")
        if not to_kind or categories != {"HUBSPOT_DEFINED"}:
            raise hubspot_error(400, f"Association types {sorted(types)} are not valid from {kind}")
        if to_id not in box.crm.records[to_kind]:
            raise hubspot_error(400, f"{properties.SINGULAR[to_kind]}={to_id} is not valid: it does not exist")
        ties.append((to_kind, to_id, types))
    return ties


def create(kind: str, box: Box, call: Call) -> Answer:
    body = call.json()
    given, ties = _given(body), _ties(box, kind, body.get("associations") or [])
    record = box.crm.create(kind, given, ties)
    return Answer(_envelope(record, {**record.properties}), 201)


def _found(kind: str, box: Box, call: Call) -> Record:
    record = box.crm.find(kind, call.args[0], call.query.get("idProperty", ""))
    if record is None:
        raise hubspot_error(404, "resource not found")
    return record


def get(kind: str, box: Box, call: Call) -> Answer:
    return Answer(_shown(kind, _found(kind, box, call), _asked(call)))


def list_objects(kind: str, box: Box, call: Call) -> Answer:
    after, limit = _page(call, 100)
    records = [*box.crm.records[kind].values()]
    shown = [_shown(kind, record, _asked(call)) for record in records[after : after + limit]]
    return Answer(_paged(shown, after + limit, len(records)))


def update(kind: str, box: Box, call: Call) -> Answer:
    given = _given(call.json())
    record = box.crm.update(kind, _found(kind, box, call), given)
    return Answer(_shown(kind, record, list(given)))


def archive(kind: str, box: Box, call: Call) -> Answer:
    box.crm.archive(kind, call.args[0])
    box.amend(kind, call.args[0], {"archived": True})
    return Answer(status=204)


def search_for(kind: str, box: Box, call: Call) -> Answer:
    body = call.json()
    after, limit = str(body.get("after") or "0"), body.get("limit", 10)
    if not after.isdecimal():
        raise hubspot_error(400, "after must be a number")
    matches = search(box.crm, kind, body, box.settings.search_lag_ms)
    end = int(after) + limit
    answer: Json = {
        "total": len(matches),
        "results": [_shown(kind, record, body.get("properties")) for record in matches[int(after) : end]],
    }
    if end < len(matches):
        answer["paging"] = {"next": {"after": str(end)}}
    return Answer(answer)


def read_batch(kind: str, box: Box, call: Call) -> Answer:
    body = call.json()
    try:
        ids = [str(one["id"]) for one in body["inputs"]]
    except (KeyError, TypeError) as error:
        raise hubspot_error(400, "Invalid input JSON: inputs need ids") from error
    if len(ids) > MOST_READ:
        raise hubspot_error(400, f"The maximum number of inputs supported in a batch request is {MOST_READ}")
    key = body.get("idProperty") or ""
    records = {one: box.crm.find(kind, one, key) for one in ids}
    missing = [one for one, record in records.items() if record is None]
    results = [_shown(kind, record, body.get("properties")) for record in records.values() if record]
    answer = _done(results)
    if missing:
        message = f"Could not get some {properties.SINGULAR[kind]} objects, they may be deleted or not exist."
        flaw = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": missing}}
        answer |= {"numErrors": 1, "errors": [flaw | {"errors": [], "links": {}}]}
    return Answer(answer, 207 if missing else 200)


def _done(results: list[Json]) -> Json:
    now = instant(datetime.now(UTC))
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _kind(name: str) -> str:
    if name.lower() not in TYPE_NAMES:
        raise hubspot_error(400, f"Unable to infer object type from: {name}")
    return TYPE_NAMES[name.lower()]


def list_associations(box: Box, call: Call) -> Answer:
    kind, from_id, to_kind = _kind(call.args[0]), call.args[1], _kind(call.args[2])
    if from_id not in box.crm.records[kind]:
        raise hubspot_error(404, "resource not found")
    after, limit = _page(call, 500)
    ties = box.crm.ties_of(kind, from_id, to_kind)
    results = [
        {"toObjectId": to, "associationTypes": _types(ids)} for to, ids in islice(ties.items(), after, after + limit)
    ]
    return Answer(_paged(results, after + limit, len(ties)))


def _page(call: Call, most: int, usual: int = 0) -> tuple[int, int]:
    try:
        return page(call.query, size="limit", after="after", usual=usual or most, most=most)
    except ValueError as error:
        raise hubspot_error(400, str(error)) from error


def _paged(results: list[Json], end: int, total: int) -> Json:
    return {"results": results, **({"paging": {"next": {"after": str(end)}}} if end < total else {})}


def _types(ids: set[int]) -> list[Json]:
    return [
        {"category": "HUBSPOT_DEFINED", "typeId": one, "label": "Primary" if one in PRIMARY else None}
        for one in sorted(ids)
    ]


def put_association(box: Box, call: Call) -> Answer:
    kind, from_id, to_kind, to_id = _kind(call.args[0]), call.args[1], _kind(call.args[2]), call.args[3]
    if (kind, to_kind) not in TIES:
        raise hubspot_error(400, f"No default association from {kind} to {to_kind}")
    for one_kind, one in ((kind, from_id), (to_kind, to_id)):
        if one not in box.crm.records[one_kind]:
            raise hubspot_error(404, f"{properties.SINGULAR[one_kind]}={one} is not valid: it does not exist")
    box.crm.tie(kind, from_id, to_kind, to_id)
    ends = [
        {"from": {"id": a}, "to": {"id": b}, "associationSpec": _spec(TIES[pair][0])}
        for a, b, pair in ((from_id, to_id, (kind, to_kind)), (to_id, from_id, (to_kind, kind)))
    ]
    return Answer(_done(ends))


def _spec(type_id: int) -> Json:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def _owner(box: Box, owner_id: str) -> Json:
    owner = box.crm.owners[owner_id]
    at = instant(box.started_at)
    names = {"email": owner.email, "firstName": owner.first_name, "lastName": owner.last_name}
    return names | {"id": owner_id, "type": "PERSON", "createdAt": at, "updatedAt": at, "archived": False}


def list_owners(box: Box, call: Call) -> Answer:
    email = call.query.get("email", "").lower()
    owners = [_owner(box, one) for one, owner in box.crm.owners.items() if email in ("", owner.email.lower())]
    return Answer({"results": owners})


def get_owner(box: Box, call: Call) -> Answer:
    if call.args[0] not in box.crm.owners:
        raise hubspot_error(404, "resource not found")
    return Answer(_owner(box, call.args[0]))


def list_forms(box: Box, call: Call) -> Answer:
    after, limit = _page(call, 50)
    forms: list[Json] = [
        {"id": guid, "name": guid, "formType": "hubspot", "archived": False} for guid in box.submissions
    ]
    return Answer(_paged(forms[after : after + limit], after + limit, len(forms)))


def list_submissions(box: Box, call: Call) -> Answer:
    """Newest first, as HubSpot does."""
    held = box.submissions.get(call.args[0])
    if held is None:
        raise hubspot_error(404, f"No form found with guid {call.args[0]}")
    after, limit = _page(call, MOST_SUBMISSIONS, usual=20)
    newest = sorted(held, key=lambda one: -int(one["submittedAt"]))
    return Answer(_paged(newest[after : after + limit], after + limit, len(newest)))


def _object_routes(kind: str) -> list[Route]:
    base = f"/crm/v3/objects/{kind}"
    offered = [
        ("create", "POST", base, create, True),
        ("list", "GET", base, list_objects, False),
        ("get", "GET", base + "/{id}", get, False),
        ("update", "PATCH", base + "/{id}", update, True),
        ("archive", "DELETE", base + "/{id}", archive, True),
        ("search", "POST", base + "/search", search_for, False),
        ("read", "POST", base + "/batch/read", read_batch, False),
    ]
    return [
        Route("hubspot", f"{kind}.{name}", method, template, partial(handler, kind), write)
        for name, method, template, handler, write in offered
    ]


_V4 = "/crm/v4/objects/{type}/{id}/associations"
ROUTES = [
    *(route for kind in KINDS for route in _object_routes(kind)),
    Route("hubspot", "associations.list", "GET", _V4 + "/{to}", list_associations),
    Route("hubspot", "associations.put", "PUT", _V4 + "/default/{to}/{to_id}", put_association, write=True),
    Route("hubspot", "owners.list", "GET", "/crm/v3/owners/", list_owners),
    Route("hubspot", "owners.list", "GET", "/crm/v3/owners", list_owners),
    Route("hubspot", "owners.get", "GET", "/crm/v3/owners/{id}", get_owner),
    Route("hubspot", "forms.list", "GET", "/marketing/v3/forms/", list_forms),
    Route("hubspot", "forms.list", "GET", "/marketing/v3/forms", list_forms),
    Route("hubspot", "submissions.list", "GET", "/form-integrations/v1/submissions/forms/{guid}", list_submissions),
]
