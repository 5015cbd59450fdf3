"""Stored values in words, for people: facts, durations, times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.ports import File, Message, ThreadSummary
from leads.facts import Check, Slot, Slots

LONG = 100  # characters that still fit on a line
EXCERPT = 300
EMPTY: tuple[object, ...] = (None, "", (), [], {})


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a result."""

    label: str
    value: str

    @property
    def is_long(self) -> bool:
        return len(self.value) > LONG or "\n" in self.value


def span(duration: timedelta | None) -> str:
    """A duration at the precision that matters: 84 ms, 1.2 s, 3 min 5 s, 2 h 10 min, 3 days."""
    if duration is None:
        return "-"
    seconds = max(duration.total_seconds(), 0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    if seconds < 48 * 3600:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
    return f"{seconds // 86400:.0f} days"


def round_span(duration: timedelta) -> str:
    """A round duration, on an axis: 0, 200 ms, 1.5 s, 2 min, 5 h."""
    seconds = round(duration.total_seconds(), 6)
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if seconds >= size * (2 if unit == "days" else 1):
            return f"{round(seconds / size, 4):g} {unit}"
    return f"{round(seconds * 1000, 4):g} ms" if seconds else "0"


def facts_of(value: Any) -> Iterator[Fact]:
    """The parts of a value that say something; empty ones are left out."""
    zone = zone_named(value.zone) if isinstance(value, Slots) else UTC
    parts = [(name, part) for name, part in parts_of(value) if part not in EMPTY]
    if parts:
        yield from (Fact(words(name), text(part, zone)) for name, part in parts)
    else:
        yield Fact("Result", "nothing")


def parts_of(value: Any) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        yield from ((part.name, getattr(value, part.name)) for part in fields(value))
    elif isinstance(value, Mapping):
        yield from ((str(name), part) for name, part in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(number), part) for number, part in enumerate(value, 1))
    else:
        yield "result", value


def text(value: object, zone: tzinfo = UTC) -> str:  # noqa: C901, PLR0911  one case per type
    """A value as a person writes it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case StrEnum():
            return value.value.replace("_", " ")
        case datetime():
            return moment(value, zone)
        case Slot():
            return f"{moment(value.start, zone)} to {value.end.astimezone(zone):%H:%M}"
        case Check():
            return f"{'✓' if value.passed else '✗'} {words(value.name)}" + (f": {value.reason}" if value.reason else "")
        case File():
            return f"{value.title} {value.url}"
        case ThreadSummary():
            return value.snippet or value.id
        case Message():
            return f"{moment(value.sent_at, zone)}, {value.sender}: {excerpt(value.text)}"
        case list() | tuple():
            return listed([text(part, zone) for part in value])
        case _ if is_dataclass(value) or isinstance(value, Mapping):
            return listed([f"{fact.label}: {fact.value}" for fact in facts_of(value)])
        case _:
            return str(value)


def listed(parts: Sequence[str]) -> str:
    return ("\n" if any(len(part) > 20 for part in parts) else ", ").join(parts)


def excerpt(said: str) -> str:
    return said if len(said) <= EXCERPT else f"{said[:EXCERPT].rstrip()} …"


def words(name: str) -> str:
    """`free_mail_domain` as people write it."""
    spaced = name.replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]


def moment(at: datetime, zone: tzinfo = UTC) -> str:
    return f"{at.astimezone(zone):%a %-d %b %Y %H:%M %Z}"


def zone_named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
