"""Bodies that nobody should send, and somebody will."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.conftest import FORM_ID


class Pairs(list[tuple[str, Any]]):
    """An object whose keys may come twice."""


class Number(str):
    """Digits as they stand in a body; more of them than Python reads, or writes."""

    __slots__ = ()


ODD_TEXT = (
    *("", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\u202e", "٣", "null", "None", "{{ x }}", "{first_name!r}"),
    *("%s", "'; --", "<script>", "=1+1", "é" * 300, "x" * 30_000, "9" * 5000, "1e400", "-1", "0", "2026-02-30"),
    *("0001-01-01T00:00:00Z", "99999999999999999999", "1700000000000", "a@b", "a@b.example", "A@B.EXAMPLE", "@"),
    *("a@" + "b" * 300 + ".example", "mara@bright.example\r\nBcc: x@y.example", "x" * 64 + "@bright.example"),
)
ODD_NUMBERS = (0, -1, 2**31, 2**63, 2**64, 10**400, 1_700_000_000_000, -(10**18), 1e308, float("nan"), float("inf"))
TOO_LONG = Number("9" * 5000)

TEXT = st.one_of(st.sampled_from(ODD_TEXT), st.text(st.characters(), max_size=60), st.emails())
LEAVES: SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from((*ODD_NUMBERS, TOO_LONG)), TEXT
)


def nested(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    objects = st.lists(st.tuples(TEXT, inner), max_size=5).map(Pairs)
    return st.one_of(st.lists(inner, max_size=5), objects)


ANYTHING = st.recursive(LEAVES, nested, max_leaves=20)


def written(value: Any) -> str:
    """As JSON text, surrogates and repeated keys included."""
    match value:
        case Pairs():
            return "{" + ",".join(f"{json.dumps(name)}:{written(one)}" for name, one in value) + "}"
        case dict():
            return written(Pairs(value.items()))
        case list():
            return "[" + ",".join(map(written, value)) + "]"
        case Number():
            return str(value)
        case _:
            return json.dumps(value)


def form(number: int = 1) -> dict[str, Any]:
    values = {"email": f"mara{number}@bright.example", "firstname": "Mara", "message": "What does it cost?"}
    return {
        "portalId": 4242,
        "formId": FORM_ID,
        "formSubmissionId": f"hostile-{number}",
        "timestamp": 1_790_000_000_000,
        "pageUri": "https://northwind.example/contact",
        "pageTitle": "Contact",
        "fieldValues": [{"name": name, "value": value} for name, value in values.items()],
    }


def contact() -> dict[str, Any]:
    return {
        "vid": 501,
        "portal-id": 4242,
        "properties": {"email": {"value": "ada@bright.example"}, "firstname": {"value": "Ada"}},
        "form-submissions": [{"conversion-id": "c-1", "form-id": FORM_ID, "timestamp": 1_790_000_000_000}],
    }


def flat() -> dict[str, Any]:
    return {"email": "ida@bright.example", "message": "Hello?", "portal_id": 4242, "form_id": FORM_ID}


def event(number: int = 1) -> dict[str, Any]:
    return {
        "eventId": number,
        "portalId": 4242,
        "occurredAt": 1_790_000_000_000 + number,
        "subscriptionType": "contact.creation",
        "objectId": 90_000 + number,
        "changeSource": "FORM",
    }


SHAPES = (form, contact, flat, event, lambda: [event(1), event(2), event(3)])


@st.composite
def spoiled(draw: DrawFn) -> Any:
    """One of HubSpot's shapes with a few places gone wrong."""
    body: Any = draw(st.sampled_from(SHAPES))()
    for _ in range(draw(st.integers(0, 4))):
        body = spoil(draw, body)
    return body


def spoil(draw: DrawFn, value: Any) -> Any:
    """One place in `value` replaced, removed, or said twice; how deep, is drawn."""
    if isinstance(value, dict | Pairs) and value and draw(st.integers(0, 5)):
        pairs = Pairs(value.items() if isinstance(value, dict) else value)
        place = draw(st.integers(0, len(pairs) - 1))
        name, inner = pairs[place]
        match draw(st.sampled_from(("inside", "inside", "gone", "twice", "renamed"))):
            case "inside":
                pairs[place] = (name, spoil(draw, inner))
            case "gone":
                del pairs[place]
            case "twice":
                pairs.append((name, draw(ANYTHING)))
            case _:
                pairs[place] = (draw(TEXT), inner)
        return pairs
    if isinstance(value, list) and value and draw(st.booleans()):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], spoil(draw, value[place]), *value[place + 1 :]]
    return draw(ANYTHING)


@st.composite
def deep(draw: DrawFn) -> str:
    """Nested so far that a parser which recurses gives up."""
    opening, closing = draw(st.sampled_from((("[", "]"), ('{"a":', "}"), ('[{"properties":', "}]"))))
    depth = draw(st.sampled_from((10, 500, 990, 1100, 20_000, 200_000)))
    inside = draw(st.sampled_from(("1", "", '"\\ud800"')))
    return opening * depth + inside + closing * (depth if draw(st.booleans()) else depth // 2)


@st.composite
def huge(draw: DrawFn) -> str:
    """Up to what is accepted, and beyond."""
    number = draw(st.sampled_from((1_000, 40_000, 400_000, 1_100_000)))
    letter = draw(st.sampled_from(("x", "0", "\x00", "é", "a@", "<", "http://a.example ", "? ", "\n")))
    field = draw(st.sampled_from(("message", "email", "firstname", "company", "n" * 500)))
    body = form()
    body["fieldValues"].append({"name": field, "value": (letter * number)[:number]})
    if draw(st.booleans()):
        body["fieldValues"] += [{"name": f"field{place}", "value": "y"} for place in range(draw(st.integers(0, 400)))]
    return written(body)


BODIES: SearchStrategy[bytes] = st.one_of(
    spoiled().map(written).map(str.encode),
    spoiled().map(written).map(str.encode),
    ANYTHING.map(written).map(str.encode),
    deep().map(str.encode),
    huge().map(str.encode),
    st.binary(max_size=200),
    st.sampled_from((b"", b"\xef\xbb\xbf{}", b"\xff\xfe", b"NaN", b"[]", b"{}", b"[[]]", '"ü"'.encode("utf-16"))),
)


def batch(bad: Any, place: int, number: int = 100) -> Sequence[Any]:
    """A full batch of events with one that is no event."""
    events: list[Any] = [event(one) for one in range(number)]
    events[place] = bad
    return events
