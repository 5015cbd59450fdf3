"""The portal's records: contacts, companies, notes, tasks, and what ties them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from connectors.sandbox import properties
from connectors.sandbox.seed import PortalSeed, RecordSeed
from connectors.sandbox.wire import Json, hubspot_error

KINDS = ("contacts", "companies", "notes", "tasks")
TYPE_NAMES = {
    **dict(zip(KINDS, KINDS, strict=True)),
    "contact": "contacts",
    "company": "companies",
    "note": "notes",
    "task": "tasks",
    "0-1": "contacts",
    "0-2": "companies",
    "0-46": "notes",
    "0-27": "tasks",
}
# HUBSPOT_DEFINED association types; the first of a pair is the default one.
TIES = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("notes", "contacts"): (202,),
    ("contacts", "notes"): (201,),
    ("notes", "companies"): (190,),
    ("companies", "notes"): (189,),
    ("tasks", "contacts"): (204,),
    ("contacts", "tasks"): (203,),
    ("tasks", "companies"): (192,),
    ("companies", "tasks"): (191,),
}
PRIMARY = {1, 2}
INDEXED = {"contacts": ("email",), "companies": ("domain", "name"), "notes": (), "tasks": ()}
LOWERED = {"email", "domain"}


@dataclass(slots=True)
class Record:
    id: str
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime


class Crm:
    """One portal. `note` is told of everything that is created: its kind and its essentials."""

    def __init__(self, seed: PortalSeed, note: Callable[[str, Json], None]) -> None:
        self.portal_id = seed.portal_id
        self.tokens = set(seed.tokens)
        self.owners = {owner.id: owner for owner in seed.owners}
        self.known = {kind: properties.KNOWN[kind] | set(seed.extra_properties.get(kind, [])) for kind in KINDS}
        self.records: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self._index: dict[tuple[str, str], dict[str, dict[str, None]]] = {
            (kind, name): defaultdict(dict) for kind, names in INDEXED.items() for name in names
        }
        self._ties: dict[tuple[str, str, str], dict[str, set[int]]] = {}
        self._ids = count(71_000_000_001)
        self._note: Callable[[str, Json], None] = lambda _kind, _entry: None
        self._plant(seed)
        self._note = note

    def _plant(self, seed: PortalSeed) -> None:
        for kind, planted in (("contacts", seed.contacts), ("companies", seed.companies)):
            for one in planted:
                properties.check(kind, one.properties, self.known[kind], self.owners)
                self._add(kind, one.properties, one)
        for company in seed.companies:
            for contact_id in company.contacts:
                self.tie("companies", company.id, "contacts", contact_id)

    def create(self, kind: str, given: Mapping[str, str], ties: Iterable[tuple[str, str, set[int]]] = ()) -> Record:
        """Check, then add, all or nothing. `ties` are (type, id, association types)."""
        properties.check(kind, given, self.known[kind], self.owners)
        properties.check_required(kind, given)
        self._refuse_taken_email(kind, given)
        record = self._add(kind, given)
        self._note(kind, {"id": record.id, "properties": record.properties, "at": record.created_at.isoformat()})
        for to_kind, to_id, types in ties:
            self.tie(kind, record.id, to_kind, to_id, types)
        return record

    def update(self, kind: str, record: Record, given: Mapping[str, str]) -> Record:
        properties.check(kind, given, self.known[kind], self.owners)
        self._refuse_taken_email(kind, given, record.id)
        self._unindex(kind, record)
        record.properties |= _normal(given)
        record.updated_at = datetime.now(UTC)
        self._stamp(kind, record)
        self._reindex(kind, record)
        return record

    def archive(self, kind: str, record_id: str) -> None:
        """HubSpot answers the same for one that is not there."""
        if record := self.records[kind].pop(record_id, None):
            self._unindex(kind, record)
            for (_, to_id, to_kind), ties in self._ties.items():
                if to_kind == kind and to_id:
                    ties.pop(record_id, None)

    def _refuse_taken_email(self, kind: str, given: Mapping[str, str], own_id: str = "") -> None:
        email = given.get("email", "").strip().lower()
        taken = next(iter(self.ids_with(kind, "email", email) or ()), "") if kind == "contacts" and email else ""
        if taken and taken != own_id:
            raise hubspot_error(409, f"Contact already exists. Existing ID: {taken}")

    def _add(self, kind: str, given: Mapping[str, str], seed: RecordSeed | None = None) -> Record:
        now = datetime.now(UTC)
        at = now - timedelta(hours=seed.age_hours) if seed else now
        record = Record(seed.id if seed else str(next(self._ids)), _normal(given), at, at)
        self._stamp(kind, record)
        self.records[kind][record.id] = record
        self._reindex(kind, record)
        return record

    def _stamp(self, kind: str, record: Record) -> None:
        record.properties["hs_object_id"] = record.id
        record.properties[properties.CREATED.get(kind, "hs_createdate")] = instant(record.created_at)
        record.properties[properties.MODIFIED.get(kind, "hs_lastmodifieddate")] = instant(record.updated_at)

    def _reindex(self, kind: str, record: Record) -> None:
        for name in INDEXED[kind]:
            if value := record.properties.get(name, "").lower():
                self._index[kind, name][value][record.id] = None

    def _unindex(self, kind: str, record: Record) -> None:
        for name in INDEXED[kind]:
            self._index[kind, name][record.properties.get(name, "").lower()].pop(record.id, None)

    def ids_with(self, kind: str, name: str, value: str) -> Iterable[str] | None:
        """The ids whose property has this value, or None when that property has no index."""
        index = self._index.get((kind, name))
        return None if index is None else index.get(value.strip().lower(), {})

    def find(self, kind: str, key: str, id_property: str = "") -> Record | None:
        """A record by id, or by e-mail where `id_property` says so."""
        if id_property == "email" and kind == "contacts":
            key = next(iter(self.ids_with(kind, "email", key) or ()), "")
        elif id_property not in ("", "hs_object_id"):
            raise hubspot_error(400, f"{id_property} is not a unique property of {kind}")
        return self.records[kind].get(key)

    def tie(self, kind: str, from_id: str, to_kind: str, to_id: str, types: set[int] | None = None) -> set[int]:
        """Associate both ways, once; the first company of a contact becomes its primary one."""
        default, *primary = TIES[kind, to_kind]
        wanted = {default} | (types or set())
        one_way = self._ties.setdefault((kind, from_id, to_kind), {})
        other_way = self._ties.setdefault((to_kind, to_id, kind), {})
        company_side = one_way if kind == "contacts" else other_way
        if primary and not any(held & PRIMARY for held in company_side.values()):
            wanted |= set(primary)
        held = one_way.setdefault(to_id, set())
        if wanted <= held:
            return held
        held |= wanted
        back_types = {*TIES[to_kind, kind][:1], *(TIES[to_kind, kind][1:] if held & PRIMARY else ())}
        other_way.setdefault(from_id, set()).update(back_types)
        entry = {"from_type": kind, "from_id": from_id, "to_type": to_kind, "to_id": to_id, "types": sorted(held)}
        self._note("associations", entry)
        return held

    def ties_of(self, kind: str, from_id: str, to_kind: str) -> dict[str, set[int]]:
        return self._ties.get((kind, from_id, to_kind), {})


def _normal(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip().lower() if name in LOWERED else value for name, value in given.items()}


def instant(at: datetime) -> str:
    """As both vendors print a time: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
