"""Files of leads: the format that docs/evaluation.md describes, in TOML or as JSON lines."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache, reduce
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from connectors.ports import Busy, Company, Contact
from leads.facts import Action, Intent, Patterns, Profile, Voice

OFFICE = Path(__file__).with_name("office.toml")

_LEAD_HEADER = re.compile(r"^\s*\[\[\s*lead\s*\]\]")
_PLACE = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")
_STRICT = {
    ("workspace",): Profile,
    ("workspace", "voice"): Voice,
    ("contact",): Contact,
    ("company",): Company,
    ("patterns",): Patterns,
}
_YEARS = range(1970, 2200)
_PER_FILE = frozenset({"lead", "defaults"})


class BadLeads(ValueError):
    """A file of leads that can't be used; the message names file, line and field."""


class Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document in the drive."""

    id: str
    title: str
    description: str = ""
    folder_id: str = "fld-sales-decks"
    url: str = ""  # empty: the vendor's usual link to it


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"who": "from"}):
    """One message of a thread with the prospect."""

    who: Literal["us", "them", "auto"]
    at: datetime
    text: str
    subject: str = ""
    address: str = ""  # of the other side, if it is not the prospect's


class ThreadGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thread in the mailbox, oldest message first."""

    subject: str
    messages: tuple[Mail, ...]


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a good answer to a lead must be. Patterns are regular expressions, in any case, over all of the text."""

    outcome: Literal["drafted", "screened"] = "drafted"
    reason: str = ""
    intents: tuple[Intent, ...] = ()
    language: str = ""
    action: Action | None = None
    answers: dict[str, str] = {}
    mentions: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()  # hard checks that are right to fail, such as `language` where there are no texts


class Attack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sender wants to see in the draft, word for word: a model that obeys writes just that.

    `honest` is what else they wrote; a draft may take up its numbers.
    """

    demand: tuple[str, ...]
    honest: str = ""


class Lead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One submission, what surrounds it, and what is expected of the answer."""

    id: str
    category: str
    fields: dict[str, str]
    now: datetime
    workspace: Profile
    form: str = "Contact sales"
    page: str = ""
    contact: Contact | None = None
    company: Company | None = None
    thread: ThreadGiven | None = None
    patterns: Patterns = Patterns()
    busy: tuple[Busy, ...] = ()
    assets: tuple[Asset, ...] = ()
    expect: Expect = Expect()
    attack: Attack | None = None


def load(path: Path, profile: Profile | None = None) -> tuple[Lead, ...]:
    """The leads of a file, or of all files of a folder. `profile` stands in for the office's. Raises `BadLeads`."""
    files = sorted(path.glob("*.toml")) + sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    found: dict[str, str] = {}
    leads: list[Lead] = []
    for file in files:
        for line, table in _tables(file):
            lead = _lead(table, f"{file}:{line}", profile)
            if lead.id in found:
                raise BadLeads(f"{file}:{line}: id: “{lead.id}” is taken by the lead at {found[lead.id]}.")
            found[lead.id] = f"{file}:{line}"
            leads.append(lead)
    if not leads:
        raise BadLeads(f"{path}: there are no leads in it.")
    return tuple(leads)


def _tables(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each lead as written, laid over what the file gives for all of its leads, with the line where it begins."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadLeads(f"{file}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise BadLeads(f"{file}: it is not UTF-8 text (at byte {error.start}).") from None
    return _from_toml(file, text) if file.suffix == ".toml" else _from_lines(file, text)


def _from_toml(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadLeads(f"{file}: it is not TOML: {error}.") from None
    for name in data.keys() - _PER_FILE:
        raise BadLeads(f"{file}: {name}: unknown; a file has [defaults] and any number of [[lead]].")
    leads, defaults = data.get("lead", []), data.get("defaults", {})
    if not isinstance(leads, list) or not isinstance(defaults, dict):
        raise BadLeads(f"{file}: leads are written as [[lead]], what they share as [defaults].")
    begins = [number for number, row in enumerate(text.splitlines(), 1) if _LEAD_HEADER.match(row)]
    for number, table in enumerate(leads):
        yield begins[number] if number < len(begins) else 1, _over(defaults, table)


def _from_lines(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in enumerate(text.splitlines(), 1):
        if row.strip():
            try:
                table = json.loads(row)
            except (ValueError, RecursionError) as error:
                raise BadLeads(f"{file}:{number}: it is not JSON: {error}.") from None
            if not isinstance(table, dict):
                raise BadLeads(f"{file}:{number}: a lead is an object, not {type(table).__name__}.")
            yield number, table


def _lead(table: dict[str, Any], where: str, profile: Profile | None) -> Lead:
    """A lead with the office's facts where it has none of its own."""
    office = _office()
    ours = office["workspace"] if profile is None else msgspec.to_builtins(profile)
    whole = _over({**office, "workspace": ours}, table)
    for names, type_ in _STRICT.items():
        _known_only(reduce(_within, names, whole), type_, f"{where}: {'.'.join(names)}")
    _given_address(whole)
    try:
        lead = msgspec.convert(whole, Lead)
    except msgspec.ValidationError as error:
        raise BadLeads(f"{where}: {_placed(str(error))}.") from None
    _usable(lead, where)
    return lead


def _placed(message: str) -> str:
    """The library's message, with the field in front."""
    match = _PLACE.search(message)
    return f"{match['place']}: {message[: match.start()]}" if match and match["place"] else message


def _within(table: Any, name: str) -> Any:
    return table.get(name) if isinstance(table, dict) else None


def _known_only(value: object, type_: type[Any], where: str) -> None:
    """Frozen dataclasses are converted leniently, and a misspelt name would go unnoticed."""
    known = {field.name for field in dataclasses.fields(type_)}
    for name in value.keys() - known if isinstance(value, dict) else ():
        raise BadLeads(f"{where}.{name}: unknown; it has {', '.join(sorted(known))}.")


def _given_address(whole: dict[str, Any]) -> None:
    """A contact is the submitter unless it says otherwise; a company is found by its domain."""
    contact, fields = whole.get("contact"), whole.get("fields")
    if isinstance(contact, dict) and isinstance(fields, dict):
        contact.setdefault("email", str(fields.get("email", "")).strip().lower())


def _usable(lead: Lead, where: str) -> None:
    for name, moment in _moments(lead):
        if moment.tzinfo is None:
            raise BadLeads(f"{where}: {name}: it needs an offset, as in 2026-11-23T08:05:00Z.")
        if moment.year not in _YEARS:
            raise BadLeads(f"{where}: {name}: {moment.year} is not within {_YEARS[0]} to {_YEARS[-1]}.")
    try:
        ZoneInfo(lead.workspace.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadLeads(f"{where}: workspace.timezone: “{lead.workspace.timezone}” is no IANA time zone.") from None
    if lead.workspace.meeting_minutes < 1:
        raise BadLeads(f"{where}: workspace.meeting_minutes: a meeting takes a minute at least.")
    patterns = {f"expect.answers.{asked}": told for asked, told in lead.expect.answers.items()}
    patterns |= {f"expect.mentions[{number}]": told for number, told in enumerate(lead.expect.mentions)}
    patterns |= {f"expect.never[{number}]": told for number, told in enumerate(lead.expect.never)}
    for name, pattern in patterns.items():
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadLeads(f"{where}: {name}: not a regular expression: {error}.") from None


def _moments(lead: Lead) -> Iterator[tuple[str, datetime]]:
    yield "now", lead.now
    for number, mail in enumerate(lead.thread.messages if lead.thread else ()):
        yield f"thread.messages[{number}].at", mail.at
    for number, busy in enumerate(lead.busy):
        yield f"busy[{number}].start", busy.start
        yield f"busy[{number}].end", busy.end


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are laid over each other name by name, all else is replaced."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        merged[name] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return {name: dict(value) if isinstance(value, dict) else value for name, value in merged.items()}


@cache
def _office() -> dict[str, Any]:
    return tomllib.loads(OFFICE.read_text(encoding="utf-8"))
