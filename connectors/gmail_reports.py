"""What mail servers and calendars say in a mail: an address that can't be reached, a meeting that somebody accepted.

RFC 3464 for the one, RFC 5545 and 6047 for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.gmail_messages import addresses, headers_of, part_text, parts_of
from connectors.mail_feed import Invitation
from connectors.ports import Message

_POSTMASTER = re.compile(r"^(?:mailer-daemon|postmaster)@", re.IGNORECASE)
_FIELD = re.compile(
    r"^(Action|Final-Recipient)[ \t]*:[ \t]*(?:rfc822[ \t]*;[ \t]*)?<?([^\s<>;]+)>?", re.IGNORECASE | re.MULTILINE
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_METHOD = re.compile(r"method\s*=\s*\"?(\w+)", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_PERSON = re.compile(r"^(?:ATTENDEE|ORGANIZER)(?P<about>[^\n]*?):mailto:(?P<who>[^\s:]+)", re.IGNORECASE | re.MULTILINE)
_STATED = re.compile(r"^METHOD:(\w+)", re.IGNORECASE | re.MULTILINE)
_STARTS = re.compile(
    r"^DTSTART(?:;[^:\n]*?TZID=\"?([^:;\"\n]+)\"?)?[^:\n]*:(\d{8}T\d{6})(Z?)", re.IGNORECASE | re.MULTILINE
)
_EVENT = "BEGIN:VEVENT"


def bounced(message: Message, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses that a mail server says can't be reached, lower-case. A delay is none: it is tried again."""
    headers = headers_of(payload)
    if named := headers.get("x-failed-recipients"):
        return _unique(address for _, address in addresses(named))
    status = [part for part in parts_of(payload) if part.get("mimeType") == "message/delivery-status"]
    if status:
        return _failed("\n".join(map(_fields, status)))
    if _POSTMASTER.match(message.sender):
        return _unique(_ADDRESS.findall(message.text.lower()))
    return ()


def _fields(part: Mapping[str, Any]) -> str:
    """The report's fields, one on a line: as text, or as headers of parts within it."""
    inner = [headers_of(one) for one in parts_of(part)]
    return "\n".join([part_text(part), *(f"{name}: {value}" for held in inner for name, value in held.items())])


def _failed(fields: str) -> tuple[str, ...]:
    """Final recipients, unless every action is another than "failed"."""
    found = [(name.lower(), value.lower()) for name, value in _FIELD.findall(fields)]
    actions = {value for name, value in found if name == "action"}
    if actions and "failed" not in actions:
        return ()
    return _unique(value for name, value in found if name == "final-recipient")


def invitation(payload: Mapping[str, Any]) -> Invitation | None:
    """The first calendar part, if it is about an event."""
    for part in parts_of(payload):
        if part.get("mimeType") == "text/calendar":
            said = _FOLD.sub("", part_text(part))
            declared = _METHOD.search(headers_of(part).get("content-type", "")) or _STATED.search(said)
            if declared and (_EVENT in said or not said):
                return _read(declared[1].upper(), said)
    return None


def _read(method: str, said: str) -> Invitation:
    people = [(one["who"].lower(), one["about"].upper()) for one in _PERSON.finditer(said)]
    accepted = _unique(who for who, about in people if "PARTSTAT=ACCEPTED" in about)
    return Invitation(method, _unique(who for who, _ in people), accepted, _starts_at(said))


def _starts_at(said: str) -> datetime | None:
    found = _STARTS.search(said, max(said.find(_EVENT), 0))
    if found is None:
        return None
    try:
        zone = UTC if found[3] or not found[1] else ZoneInfo(found[1])
        return datetime.strptime(found[2], "%Y%m%dT%H%M%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError):
        return None


def _unique(found: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
