"""The CRM's search: groups of filters over an index that is late."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from connectors.sandbox.crm import Crm, Record
from connectors.sandbox.wire import Json, hubspot_error

MOST_GROUPS, MOST_FILTERS, MOST_RESULTS = 5, 6, 200

_COMPARE: dict[str, Callable[[str, list[str]], bool]] = {
    "EQ": lambda held, given: held == given[0],
    "NEQ": lambda held, given: held != given[0],
    "IN": lambda held, given: held in given,
    "NOT_IN": lambda held, given: held not in given,
    "HAS_PROPERTY": lambda held, _: bool(held),
    "NOT_HAS_PROPERTY": lambda held, _: not held,
    "CONTAINS_TOKEN": lambda held, given: given[0].strip("*") in held,
    "NOT_CONTAINS_TOKEN": lambda held, given: given[0].strip("*") not in held,
    "GT": lambda held, given: held > given[0],
    "GTE": lambda held, given: held >= given[0],
    "LT": lambda held, given: held < given[0],
    "LTE": lambda held, given: held <= given[0],
}


def search(crm: Crm, kind: str, wanted: Json, lag_ms: float) -> list[Record]:
    """All matches in the order of their ids, without those that are younger than the index's lag."""
    groups = wanted.get("filterGroups") or []
    if len(groups) > MOST_GROUPS or any(len(group.get("filters", [])) > MOST_FILTERS for group in groups):
        raise hubspot_error(400, f"At most {MOST_GROUPS} filterGroups of {MOST_FILTERS} filters are allowed")
    limit = wanted.get("limit", 10)
    if not isinstance(limit, int) or not 0 <= limit <= MOST_RESULTS:
        raise hubspot_error(400, f"limit must be between 0 and {MOST_RESULTS}")
    tests = [[_test(crm, kind, one) for one in group.get("filters", [])] for group in groups]
    seen_until = datetime.now(UTC) - timedelta(milliseconds=lag_ms)
    text = str(wanted.get("query") or "").lower()
    found = {
        record.id: record
        for record in _candidates(crm, kind, groups)
        if record.created_at <= seen_until
        and (not tests or any(all(test(record) for test in group) for group in tests))
        and (not text or any(text in value.lower() for value in record.properties.values()))
    }
    return sorted(found.values(), key=lambda record: int(record.id))


def _candidates(crm: Crm, kind: str, groups: list[Json]) -> Iterable[Record]:
    """The few records that an index names, when every group has an equality on an indexed property."""
    ids: dict[str, None] = {}
    for group in groups:
        for one in group.get("filters", []):
            held = crm.ids_with(kind, one["propertyName"], str(one["value"])) if one["operator"] == "EQ" else None
            if held is not None:
                ids |= dict.fromkeys(held)
                break
        else:
            return crm.records[kind].values()
    return (crm.records[kind][one] for one in ids) if groups else crm.records[kind].values()


def _test(crm: Crm, kind: str, one: Json) -> Callable[[Record], bool]:
    name, operator = one.get("propertyName"), one.get("operator")
    if name not in crm.known[kind]:
        raise hubspot_error(400, f"There was a problem with the request. Property {name!r} does not exist")
    compare = _COMPARE.get(str(operator))
    if compare is None:
        raise hubspot_error(400, f"operator {operator!r} is not one of {', '.join(_COMPARE)}")
    values = one.get("values") if operator in ("IN", "NOT_IN") else [one.get("value")]
    if not isinstance(values, list) or (None in values and not str(operator).endswith("HAS_PROPERTY")):
        raise hubspot_error(400, f"operator {operator} requires a value")
    given = [str(value).strip().lower() for value in values]
    return lambda record: compare(record.properties.get(str(name), "").lower(), given)
