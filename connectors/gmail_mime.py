"""A draft as the bytes of a mail, safe whatever prospects put into their names."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any

from connectors.errors import Permanent
from connectors.ports import OutgoingMail
from connectors.watch import Operation

MARKER_HEADER = "X-Sales-Agent-Run"
# A line break in a value would begin a header of the sender's choosing; no control character belongs in one.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Without what has a meaning in an address header, a name can neither end early nor pass for another address.
_STRUCTURE = re.compile(r"[<>@,;:\\\"()\[\]]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_LONGEST_NAME = 100
_FITS_A_LINE = 76
_OLDEST_REFERENCES = 20


class _QuickPolicy(EmailPolicy):
    """Takes short plain values as they are: parsing and folding each again is a millisecond per mail."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        text = str(value)
        plain = text.isascii() and text.isprintable() and "=?" not in text
        if plain and len(name) + len(text) < _FITS_A_LINE:
            return name, text
        return super().header_store_parse(name, value)


_POLICY = _QuickPolicy(linesep="\r\n")


def raw_mail(mail: OutgoingMail, operation: Operation) -> str:
    """The mail in base64url, as Gmail takes it. An impossible address is refused here, before anything is sent."""
    try:
        return urlsafe_b64encode(_composed(mail).as_bytes()).decode("ascii")
    except (ValueError, MessageError):
        raise Permanent(
            "an address or header of this draft cannot be written into a mail",
            service=operation.service,
            endpoint=operation.endpoint,
        ) from None


def _composed(mail: OutgoingMail) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(mail.sender_name, mail.sender)
    message["To"] = _address(mail.to_name, mail.to)
    message["Subject"] = one_line(mail.subject)
    message["Message-ID"] = one_line(mail.message_id)
    message[MARKER_HEADER] = one_line(mail.marker)
    if mail.in_reply_to:
        message["In-Reply-To"] = " ".join(_MESSAGE_ID.findall(mail.in_reply_to))
    if mail.references:
        message["References"] = " ".join(_MESSAGE_ID.findall(" ".join(mail.references))[-_OLDEST_REFERENCES:])
    message.set_content(mail.text, cte="base64")
    return message


def one_line(value: str) -> str:
    """`value` with every run of control characters folded to a space, and nothing that passes for an encoded word."""
    return _CONTROLS.sub(" ", value).replace("=?", "= ?").strip()


@lru_cache(maxsize=256)
def _address(name: str, address: str) -> Address:
    if _CONTROLS.search(address) or "@" not in address:
        raise ValueError("an address on more than one line, or none")
    display_name = " ".join(_STRUCTURE.sub(" ", one_line(name)).split())[:_LONGEST_NAME]
    return Address(display_name, addr_spec=ascii_address(address))


def ascii_address(address: str) -> str:
    """The address as it stands in a mail: its domain in ASCII. UnicodeError for what is no domain."""
    local, _, domain = address.strip().rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"
