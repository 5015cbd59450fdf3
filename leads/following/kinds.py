"""What kind of message came: by its headers and parts, and by its words where those say nothing. English and German."""

from __future__ import annotations

import re

from connectors.mail_feed import Received
from leads.models import Response
from leads.screening import is_automatic, left_alone

Kind = Response.Kind

POSTMASTERS = ("mailer-daemon", "postmaster")
_POSTMASTER = re.compile(r"^(?:mailer-daemon|postmaster)@", re.IGNORECASE)
# Who tells the owner of a calendar that somebody has booked a time there.
CALENDARS = ("calendar-notification@google.com", "calendly.com", "cal.com", "savvycal.com", "hubspot.com", "zcal.co")
_CALENDAR = re.compile(rf"(?:^|@|\.)(?:{'|'.join(map(re.escape, CALENDARS))})$", re.IGNORECASE)
_BOOKED = re.compile(
    r"\b(?:new\s+(?:event|meeting|booking)|(?:meeting|event|call|demo)\s+(?:booked|scheduled|confirmed)"
    r"|booked|neue[rs]?\s+(?:termin|buchung|ereignis)|termin\s+(?:gebucht|vereinbart|bestätigt)|gebucht)\b",
    re.IGNORECASE,
)
_ACCEPTED = re.compile(r"^\W*(?:accepted|angenommen|zugesagt|zusage)\b", re.IGNORECASE)
_AWAY = re.compile(
    r"^\W*(?:(?:re|aw)\s*:\s*)?(?:auto(?:matic|mated)?[- ]?(?:reply|response)|out\s+of\s+(?:the\s+)?office"
    r"|automatische\s+antwort|abwesenheits\w*|abwesend|nicht\s+im\s+(?:büro|haus))\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_ASKED = {"REQUEST", "PUBLISH"}


def is_reporter(sender: str) -> bool:
    """Whether a mail from there may be about somebody else: what could not be delivered, or what was booked."""
    return bool(_POSTMASTER.search(sender) or _CALENDAR.search(sender))


def kind_of(received: Received) -> Kind | None:
    """None for what concerns nobody: a delay, an advertisement of a calendar service."""
    message = received.message
    if received.bounced:
        return Kind.BOUNCE
    if _POSTMASTER.search(message.sender):
        return None
    if is_booking(received):
        return Kind.BOOKING
    if _CALENDAR.search(message.sender):
        return None
    if received.invitation is None and (
        message.auto_submitted or _AWAY.search(message.subject) or is_automatic(message.text)
    ):
        return Kind.AWAY
    return Kind.OPT_OUT if left_alone(message.text) else Kind.REPLY


def is_booking(received: Received) -> bool:
    """Somebody invites us, or accepts our invitation; or a calendar service tells of it."""
    message, invitation = received.message, received.invitation
    if invitation is None:
        return bool(_CALENDAR.search(message.sender) and _BOOKED.search(message.subject))
    if invitation.method == "REPLY":
        return message.sender in invitation.accepted or bool(_ACCEPTED.search(message.subject))
    return invitation.method in _ASKED


def people_in(received: Received, kind: Kind) -> set[str]:
    """The addresses that it is about."""
    message = received.message
    match kind:
        case Kind.BOUNCE:
            return set(received.bounced)
        case Kind.BOOKING:
            invited = received.invitation.people if received.invitation else ()
            named = _ADDRESS.findall(message.text.lower()) if _CALENDAR.search(message.sender) else ()
            return {message.sender, *invited, *named}
        case _:
            return {message.sender}
