"""Which of our mails a message in the mailbox is: by what we marked it with, else by all that it says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from connectors.gmail_messages import addresses, files_in, headers_of, text_of
from connectors.gmail_mime import MARKER_HEADER, ascii_address, one_line
from connectors.gmail_text import own_words
from connectors.ports import OutgoingMail


def likeness(payload: Mapping[str, Any], mail: OutgoingMail) -> int | None:
    """0 for our header, 1 for our Message-ID, 2 for the same content, None for another mail."""
    headers = headers_of(payload)
    marker = headers.get(MARKER_HEADER.lower())
    if marker is not None:
        return 0 if marker.strip() == mail.marker else None
    if headers.get("message-id", "").strip() == mail.message_id:
        return 1
    to = [_in_ascii(address) for _, address in addresses(headers.get("to", ""))]
    theirs = _digest(to, headers.get("subject", ""), text_of(payload))
    return 2 if theirs == _digest_of(mail) else None


def says(payload: Mapping[str, Any], mail: OutgoingMail) -> bool:
    """Whether it is still the mail: to the same people, in the same words, with nothing attached."""
    headers = headers_of(payload)
    named = addresses(*(headers[name] for name in ("to", "cc", "bcc") if headers.get(name)))
    to = [_in_ascii(address) for _, address in named]
    return _digest([*to, *files_in(payload)], headers.get("subject", ""), text_of(payload)) == _digest_of(mail)


def _digest_of(mail: OutgoingMail) -> bytes:
    return _digest([_in_ascii(mail.to.lower())], mail.subject, own_words(mail.text))


def _in_ascii(address: str) -> str:
    """A domain of another alphabet is written in either way; one that can't be is compared as it stands."""
    try:
        return ascii_address(address)
    except UnicodeError:
        return address


def _digest(to: list[str], subject: str, text: str) -> bytes:
    """Of the words alone: Gmail wraps lines and trims blanks."""
    words = "\x00".join((",".join(to), " ".join(one_line(subject).split()), " ".join(text.split())))
    return hashlib.sha256(words.encode()).digest()
