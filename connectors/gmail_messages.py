"""Gmail's JSON messages as ours.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Any

from connectors.gmail_text import html_to_text, own_words
from connectors.ports import Message, SavedDraft
from connectors.vendor_errors import unreadable
from connectors.watch import Operation

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:\-]+)", re.IGNORECASE)
_MESSAGE_IDS = re.compile(r"<[^<>\s]+>")
# Seven-bit encodings that pass for UTF-8 without being it.
_STATEFUL = ("iso-2022", "utf-7", "utf-16", "utf-32", "hz")
_MACHINES = {"bulk", "auto_reply", "junk", "list"}
_HOPS = 50


def headers_of(payload: Mapping[str, Any]) -> dict[str, str]:
    """Header values by lower-case name, encoded words decoded; the first of several with the same name."""
    found: dict[str, str] = {}
    for header in payload.get("headers") or []:
        found.setdefault(header["name"].lower(), _decoded(header["value"]))
    return found


def message_in(raw: Mapping[str, Any], own_addresses: frozenset[str], operation: Operation) -> Message:
    """`message_from`, or the error of an answer that can't be read."""
    try:
        return message_from(raw, own_addresses)
    except (KeyError, TypeError, ValueError):
        raise unreadable(operation, "a message has no id, date or readable headers") from None


def message_from(raw: Mapping[str, Any], own_addresses: frozenset[str]) -> Message:
    """`own_addresses` are lower-case; a message labelled SENT is the mailbox's own under any alias."""
    payload = raw.get("payload") or {}
    headers = headers_of(payload)
    name, sender = next(iter(addresses(headers.get("from", ""))), ("", ""))
    return Message(
        id=raw["id"],
        sent_at=datetime.fromtimestamp(int(raw["internalDate"]) / 1000, UTC),
        sender=sender,
        sender_name=name,
        recipients=tuple(address for _, address in addresses(headers.get("to", ""), headers.get("cc", ""))),
        subject=headers.get("subject", ""),
        text=text_of(payload),
        outgoing="SENT" in (raw.get("labelIds") or ()) or sender in own_addresses,
        auto_submitted=_by_a_machine(headers),
        message_id=headers.get("message-id", "").strip(),
        references=tuple(_MESSAGE_IDS.findall(headers.get("references", ""))),
    )


def saved_draft(draft: Mapping[str, Any]) -> SavedDraft:
    message = draft.get("message") or {}
    return SavedDraft(draft["id"], message.get("id", ""), message.get("threadId", ""))


def addresses(*values: str) -> list[tuple[str, str]]:
    """Names and lower-case addresses in header values."""
    return [(name, address.lower()) for name, address in getaddresses(values) if "@" in address]


def text_of(payload: Mapping[str, Any]) -> str:
    """What the sender wrote: the first plain part, else the first HTML part; attachments are left out."""
    found: dict[str, str] = {}
    for part in parts_of(payload):
        kind = part.get("mimeType", "")
        if kind in {"text/plain", "text/html"} and not part.get("filename"):
            found.setdefault(kind, part_text(part))
    plain = found.get("text/plain", "")
    return own_words(plain if plain.strip() else html_to_text(found.get("text/html", "")))


def files_in(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the attachments."""
    return tuple(part["filename"] for part in parts_of(payload) if part.get("filename"))


def parts_of(payload: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """A message's parts, itself first; not those of a mail that is attached to it."""
    yield payload
    if depth < _HOPS and payload.get("mimeType") != "message/rfc822":
        for part in payload.get("parts") or []:
            yield from parts_of(part, depth + 1)


def part_text(part: Mapping[str, Any]) -> str:
    """What one part holds, as text; empty where Gmail keeps it apart."""
    data = (part.get("body") or {}).get("data") or ""
    try:
        content = urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except binascii.Error:
        return ""
    declared = _CHARSET.search(headers_of(part).get("content-type", ""))
    return _in_unicode(content, declared[1] if declared else "utf-8")


def _in_unicode(content: bytes, charset: str) -> str:
    """Gmail mostly hands out UTF-8, whatever the header says: that is tried first."""
    order = (charset, "utf-8") if charset.lower().startswith(_STATEFUL) else ("utf-8", charset)
    for encoding in order:
        try:
            return content.decode(encoding)
        except (LookupError, UnicodeError):
            continue
    return content.decode("latin-1")


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value


def _by_a_machine(headers: Mapping[str, str]) -> bool:
    """RFC 3834, and what older out-of-office programs send."""
    submitted = headers.get("auto-submitted", "no").strip().lower()
    return (
        not submitted.startswith("no")
        or "x-autoreply" in headers
        or "x-autorespond" in headers
        or headers.get("precedence", "").strip().lower() in _MACHINES
    )
