"""Mail as bytes: read what a client sends, refuse what Gmail refuses, show parts as Gmail does."""

from __future__ import annotations

import html
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from connectors.sandbox.properties import EMAIL
from connectors.sandbox.wire import Json, google_error

ONCE = ("From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References", "Date")
MULTIPART_DEPTH = 10
_REPLY = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|sv)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_TAG = re.compile(r"<(?:style|script).*?</(?:style|script)>|<[^>]+>", re.IGNORECASE | re.DOTALL)

type Source = Message[str, str]


def parse(raw: object) -> Source:
    """A message from Gmail's `raw` field: base64url of RFC 5322 with a recipient."""
    if not isinstance(raw, str) or not raw:
        raise google_error(400, "'raw' RFC822 payload message string required", "invalidArgument")
    if not _BASE64URL.fullmatch(raw):
        raise google_error(400, "Invalid value at 'message.raw' (TYPE_BYTES): not base64url", "badRequest")
    try:
        source = parse_bytes(urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except ValueError as error:
        raise google_error(400, "Invalid value at 'message.raw' (TYPE_BYTES)", "badRequest") from error
    twice = [name for name in ONCE if len(source.get_all(name, [])) > 1]
    if twice or source.defects:
        raise google_error(400, f"Invalid message: {twice or source.defects}", "invalidArgument")
    _check_recipients(source)
    return source


def parse_bytes(data: bytes) -> Source:
    return message_from_bytes(data)


def _check_recipients(source: Source) -> None:
    if not addresses(source, "To"):
        raise google_error(400, "Recipient address required", "invalidArgument")
    for name in ("To", "Cc", "Bcc"):
        for address in addresses(source, name):
            if not EMAIL.fullmatch(address):
                raise google_error(400, f"Invalid {name} header", "invalidArgument")


def text_of_header(source: Source, name: str) -> str:
    return readable(source.get(name) or "")


def addresses(source: Source, *names: str) -> tuple[str, ...]:
    values = [text_of_header(source, name) for name in names if source.get(name)]
    return tuple(address.lower() for _, address in getaddresses(values) if address)


def base_subject(subject: str) -> str:
    return " ".join(_REPLY.sub("", subject).split()).lower()


def text_of(source: Source) -> str:
    """The plain text, or the HTML without its tags."""
    parts = {part.get_content_type(): part for part in reversed(list(source.walk()))}
    if "text/plain" in parts:
        return _decoded(parts["text/plain"])
    return html.unescape(_TAG.sub(" ", _decoded(parts["text/html"]))) if "text/html" in parts else ""


def _content(part: Source) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _decoded(part: Source) -> str:
    try:
        return _content(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return _content(part).decode("utf-8", "replace")


def headers_of(source: Source, only: list[str] | None = None) -> list[Json]:
    wanted = {name.lower() for name in only} if only else None
    return [
        {"name": name, "value": readable(value)}
        for name, value in source.items()
        if wanted is None or name.lower() in wanted
    ]


def readable(value: object) -> str:
    """A header as people read it: unfolded, encoded words decoded."""
    text = str(value)
    if "=?" in text:
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def payload_of(source: Source, part_id: str = "") -> Json:
    """Gmail's tree of parts, bodies as base64url."""
    shown: Json = {
        "partId": part_id,
        "mimeType": source.get_content_type(),
        "filename": source.get_filename() or "",
        "headers": headers_of(source),
    }
    inner = source.get_payload()
    if source.is_multipart() and isinstance(inner, list) and part_id.count(".") < MULTIPART_DEPTH:
        prefix = f"{part_id}." if part_id else ""
        parts = [payload_of(part, f"{prefix}{place}") for place, part in enumerate(inner) if isinstance(part, Message)]
        return shown | {"body": {"size": 0}, "parts": parts}
    content = _content(source)
    return shown | {"body": {"size": len(content), "data": urlsafe_b64encode(content).decode()}}


def raw_of(source: Source) -> str:
    return urlsafe_b64encode(source.as_bytes()).decode()
