"""The CRM in HubSpot: contacts, companies, and what we leave on their timelines."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from connectors.errors import Conflict, NotFound
from connectors.hubspot_client import MANY, ONE, HubSpotClient
from connectors.hubspot_timezone import iana_zone
from connectors.ports import Company, Contact, Note, Owner, Task
from connectors.watch import Operation

CONTACTS_GET = Operation("hubspot", "contacts.get")
CONTACTS_CREATE = Operation("hubspot", "contacts.create", writes=True)
COMPANIES_SEARCH = Operation("hubspot", "companies.search")
COMPANIES_CREATE = Operation("hubspot", "companies.create", writes=True)
COMPANIES_READ = Operation("hubspot", "companies.read")
ASSOCIATIONS_LIST = Operation("hubspot", "associations.list")
ASSOCIATIONS_PUT = Operation("hubspot", "associations.put", writes=True)
NOTES_CREATE = Operation("hubspot", "notes.create", writes=True)
NOTES_UPDATE = Operation("hubspot", "notes.update", writes=True)
NOTES_ARCHIVE = Operation("hubspot", "notes.archive", writes=True)
NOTES_READ = Operation("hubspot", "notes.read")
TASKS_CREATE = Operation("hubspot", "tasks.create", writes=True)
TASKS_UPDATE = Operation("hubspot", "tasks.update", writes=True)
TASKS_ARCHIVE = Operation("hubspot", "tasks.archive", writes=True)
TASKS_READ = Operation("hubspot", "tasks.read")
OWNERS_LIST = Operation("hubspot", "owners.list")

# HUBSPOT_DEFINED association types, https://developers.hubspot.com/docs/api/crm/associations
_COMPANY_TO_CONTACT = 280
_NOTE_TO_CONTACT, _NOTE_TO_COMPANY = 202, 190
_TASK_TO_CONTACT, _TASK_TO_COMPANY = 204, 192

_CONTACT_PROPERTIES = {
    "email": "email",
    "first_name": "firstname",
    "last_name": "lastname",
    "company": "company",
    "job_title": "jobtitle",
    "phone": "phone",
    "website": "website",
    "country": "country",
    "message": "message",
    "owner_id": "hubspot_owner_id",
    "lifecycle_stage": "lifecyclestage",
}
# Read, but never written: an option that the portal doesn't know would refuse the whole contact.
_READ_ONLY = ["state", "hs_timezone", "hs_language", "hs_email_optout"]
_ASKED_OF_CONTACTS = [*_CONTACT_PROPERTIES.values(), *_READ_ONLY]
_COMPANY_PROPERTIES = ["name", "domain", "industry", "country"]
_SEARCH_LIMIT = 20
_ASSOCIATIONS_PER_PAGE = 500
_READ_AT_ONCE = 100
_OWNERS_PER_PAGE = 100
_MOST_OWNERS = 1000


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a contact is associated with, and how to read it."""

    name: str
    operation: Operation
    read: Callable[..., Any]


class HubSpotCrm:
    """`ports.Crm` over one private app's token. Safe to share between threads."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._companies = _Kind("companies", COMPANIES_READ, client.companies_batch.read)
        self._notes = _Kind("notes", NOTES_READ, client.notes_batch.read)
        self._tasks = _Kind("tasks", TASKS_READ, client.tasks_batch.read)

    def contact_by_email(self, email: str) -> Contact | None:
        return self._contact(email.strip(), id_property="email")

    def contact_by_id(self, contact_id: str) -> Contact | None:
        return self._contact(contact_id)

    def _contact(self, key: str, **options: str) -> Contact | None:
        if not key:
            raise ValueError("a contact is looked up by an e-mail address or an id, and this one is empty")
        get = self._client.contacts.get_by_id
        try:
            found = self._client.ask(
                CONTACTS_GET, ONE, get, key, properties=_ASKED_OF_CONTACTS, expected=(NotFound,), **options
            )
        except NotFound:
            return None
        return _contact(found)

    def create_contact(self, contact: Contact) -> str:
        """The new contact's id, or the id of the one that has this address already."""
        properties = _given({name: getattr(contact, ours) for ours, name in _CONTACT_PROPERTIES.items()})
        try:
            return self._create(CONTACTS_CREATE, self._client.contacts.create, properties, [], expected=(Conflict,))
        except Conflict as conflict:
            existing = conflict.existing_id or self._id_of(contact.email)
            if not existing:
                raise
            return existing

    def _id_of(self, email: str) -> str:
        found = self.contact_by_email(email)
        return found.id if found else ""

    def company_by_domain(self, domain: str) -> Company | None:
        return self._oldest_company("domain", domain)

    def company_by_name(self, name: str) -> Company | None:
        return self._oldest_company("name", name)

    def _oldest_company(self, name: str, value: str) -> Company | None:
        """Neither domain nor name is unique in HubSpot: the lowest id is the one that everybody finds."""
        body = {
            "filterGroups": [{"filters": [{"propertyName": name, "operator": "EQ", "value": value.strip()}]}],
            "properties": _COMPANY_PROPERTIES,
            "sorts": [],  # no wish, but HubSpot's OpenAPI requires it
            "limit": _SEARCH_LIMIT,
        }
        search = self._client.companies_search.do_search
        found = self._client.ask(COMPANIES_SEARCH, MANY, search, body)["results"]
        same = [one for one in found if _folded(_properties(one).get(name)) == _folded(value)]
        return _company(min(same, key=_number)) if same else None

    def create_company(self, company: Company, contact_id: str) -> str:
        """One request makes the company and ties it to the contact, so that `company_of` finds it at once."""
        properties = _given({name: getattr(company, name) for name in _COMPANY_PROPERTIES})
        ties = [(_COMPANY_TO_CONTACT, contact_id)]
        return self._create(COMPANIES_CREATE, self._client.companies.create, properties, ties)

    def company_of(self, contact_id: str, company: Company) -> str:
        name = "domain" if company.domain else "name"
        wanted = _folded(getattr(company, name))

        def is_it(properties: Mapping[str, Any]) -> bool:
            return _folded(properties.get(name)) == wanted

        return self._associated(contact_id, self._companies, name, is_it)

    def associate(self, contact_id: str, company_id: str) -> None:
        put = self._client.associations.create_default
        self._client.ask(ASSOCIATIONS_PUT, MANY, put, "contacts", contact_id, "companies", company_id)

    def create_note(self, note: Note, contact_id: str, company_id: str) -> str:
        ties = [(_NOTE_TO_CONTACT, contact_id), (_NOTE_TO_COMPANY, company_id)]
        return self._create(NOTES_CREATE, self._client.notes.create, _note_properties(note), ties)

    def update_note(self, note_id: str, note: Note) -> None:
        self._update(NOTES_UPDATE, self._client.notes.update, note_id, _note_properties(note))

    def note_marked(self, marker: str, contact_id: str) -> str:
        return self._associated(contact_id, self._notes, "hs_note_body", _bears(marker, "hs_note_body"))

    def notes_marked(self, marker: str, contact_id: str) -> tuple[str, ...]:
        return tuple(self._each_associated(contact_id, self._notes, "hs_note_body", _bears(marker, "hs_note_body")))

    def remove_note(self, note_id: str) -> None:
        """Into HubSpot's bin, where it can be restored for 90 days. One that is gone already stays so."""
        self._client.tell(NOTES_ARCHIVE, self._client.notes.archive, note_id)

    def create_task(self, task: Task, contact_id: str, company_id: str) -> str:
        properties = _task_properties(task) | {"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"}
        ties = [(_TASK_TO_CONTACT, contact_id), (_TASK_TO_COMPANY, company_id)]
        return self._create(TASKS_CREATE, self._client.tasks.create, _given(properties), ties)

    def task_marked(self, marker: str, contact_id: str) -> str:
        return self._associated(contact_id, self._tasks, "hs_task_body", _bears(marker, "hs_task_body"))

    def tasks_marked(self, marker: str, contact_id: str) -> tuple[str, ...]:
        return tuple(self._each_associated(contact_id, self._tasks, "hs_task_body", _bears(marker, "hs_task_body")))

    def remove_task(self, task_id: str) -> None:
        """As with notes."""
        self._client.tell(TASKS_ARCHIVE, self._client.tasks.archive, task_id)

    def update_task(self, task_id: str, task: Task) -> None:
        """Its status stays what people made of it."""
        self._update(TASKS_UPDATE, self._client.tasks.update, task_id, _given(_task_properties(task)))

    def owners(self) -> tuple[Owner, ...]:
        """All who can own a contact, deactivated ones left out; a thousand at most."""
        found: list[Owner] = []
        after: str | None = None
        for _ in range(_MOST_OWNERS // _OWNERS_PER_PAGE):
            options: dict[str, Any] = {"limit": _OWNERS_PER_PAGE} | ({"after": after} if after else {})
            page = self._client.ask(OWNERS_LIST, MANY, self._client.owners.get_page, **options)
            found += map(_owner, page["results"])
            after = ((page.get("paging") or {}).get("next") or {}).get("after")
            if not after:
                break
        return tuple(found)

    def _update(
        self, operation: Operation, update: Callable[..., Any], record_id: str, properties: Mapping[str, str]
    ) -> None:
        self._client.ask(operation, ONE, update, record_id, {"properties": properties}, expected=(NotFound,))

    def _create(
        self,
        operation: Operation,
        create: Callable[..., Any],
        properties: Mapping[str, str],
        ties: list[tuple[int, str]],
        expected: tuple[type[Conflict], ...] = (),
    ) -> str:
        body: dict[str, Any] = {
            "properties": properties,
            "associations": [
                {
                    "to": {"id": to_id},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
                }
                for type_id, to_id in ties
                if to_id
            ],
        }
        return str(self._client.ask(operation, ONE, create, body, expected=expected)["id"])

    def _associated(
        self,
        contact_id: str,
        kind: _Kind,
        name: str,
        is_it: Callable[[Mapping[str, Any]], bool],
    ) -> str:
        """The id of the contact's `kind` whose property `name` satisfies `is_it`, or ""."""
        return next(self._each_associated(contact_id, kind, name, is_it), "")

    def _each_associated(
        self,
        contact_id: str,
        kind: _Kind,
        name: str,
        is_it: Callable[[Mapping[str, Any]], bool],
    ) -> Iterator[str]:
        """All such ids: of the newest that are read at once the oldest first, then of those before."""
        newest_first = sorted(self._associated_ids(contact_id, kind.name), key=int, reverse=True)
        for ids in batched(newest_first, _READ_AT_ONCE):
            body = {"inputs": [{"id": one} for one in ids], "properties": [name], "propertiesWithHistory": []}
            found = self._client.ask(kind.operation, MANY, kind.read, body)["results"]
            hits = [one for one in found if is_it(_properties(one))]
            yield from (str(one["id"]) for one in sorted(hits, key=_number))

    def _associated_ids(self, contact_id: str, kind: str) -> Iterator[str]:
        list_page = self._client.associations.get_page
        after: str | None = None
        while True:
            options: dict[str, Any] = {"limit": _ASSOCIATIONS_PER_PAGE} | ({"after": after} if after else {})
            page = self._client.ask(ASSOCIATIONS_LIST, MANY, list_page, "contacts", contact_id, kind, **options)
            yield from (str(one["toObjectId"]) for one in page["results"])
            after = ((page.get("paging") or {}).get("next") or {}).get("after")
            if not after:
                return


def _note_properties(note: Note) -> dict[str, str]:
    return {"hs_timestamp": _instant(note.at), "hs_note_body": _marked(note.body_html, note.marker)}


def _task_properties(task: Task) -> dict[str, str]:
    return {
        "hs_timestamp": _instant(task.due_at),  # of a task, this is the due date
        "hs_task_subject": task.subject,
        "hs_task_body": _marked(task.body_html, task.marker),
        "hubspot_owner_id": task.owner_id,
    }


def _contact(found: Mapping[str, Any]) -> Contact:
    properties = _properties(found)
    values = {ours: properties.get(name) or "" for ours, name in _CONTACT_PROPERTIES.items()}
    return Contact(
        **values,
        id=str(found["id"]),
        state=properties.get("state") or "",
        timezone=iana_zone(properties.get("hs_timezone") or ""),
        language=properties.get("hs_language") or "",
        opted_out=properties.get("hs_email_optout") == "true",
    )


def _owner(found: Mapping[str, Any]) -> Owner:
    email = found.get("email") or ""
    name = f"{found.get('firstName') or ''} {found.get('lastName') or ''}".strip()
    return Owner(str(found["id"]), name or email, email)


def _company(found: Mapping[str, Any]) -> Company:
    properties = _properties(found)
    return Company(id=str(found["id"]), **{name: properties.get(name) or "" for name in _COMPANY_PROPERTIES})


def _properties(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return found.get("properties") or {}


def _number(found: Mapping[str, Any]) -> int:
    return int(found["id"])


def _given(properties: Mapping[str, str]) -> dict[str, str]:
    """Without empty values, which would blank what the portal has."""
    return {name: value for name, value in properties.items() if value}


def _folded(value: str | None) -> str:
    return (value or "").strip().casefold()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _marked(body: str, marker: str) -> str:
    # Visible on purpose: HubSpot strips comments and hidden markup from bodies.
    return body if _bears(marker, "")({"": body}) else f"{body}<p>{html.escape(marker)}</p>"


def _bears(marker: str, name: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether property `name` has the whole marker: run-1 is not in a body that says run-12."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(html.escape(marker))}(?![\w-])")

    def bears(properties: Mapping[str, Any]) -> bool:
        return pattern.search(properties.get(name) or "") is not None

    return bears
