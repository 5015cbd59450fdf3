"""What HubSpot is told of a reply: the note of what it says, and when a person follows up on it."""

from __future__ import annotations

import html
from datetime import datetime

from leads import hours

WORKDAYS = 2


def due_at(week: hours.WorkingHours, now: datetime) -> datetime:
    """When to follow up on a reply that was drafted, or comes to HubSpot, now; in UTC."""
    return hours.week_of(week).later(now, WORKDAYS)


def note_html(subject: str, body: str, marker: str, *, is_sent: bool = False) -> str:
    said = "<br>".join(html.escape(line) for line in body.splitlines())
    verb = "Sent" if is_sent else "Drafted"
    return f"<p>{verb} a reply: <b>{html.escape(subject)}</b></p><p>{said}</p>{mark(marker)}"


def task_html(form: str, mailbox: str, marker: str, *, is_sent: bool = False) -> str:
    where = "was sent from" if is_sent else "waits in the Gmail drafts of"
    return f"<p>Asked through “{html.escape(form)}”. The reply {where} {html.escape(mailbox)}.</p>{mark(marker)}"


def mark(marker: str) -> str:
    """By which the run knows its own again."""
    return f"<p>Sales Agent run {marker}</p>"
