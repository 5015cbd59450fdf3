"""The sandbox's own API, under /_sandbox: look at what was done, make trouble, let mail arrive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from connectors.sandbox import byhand
from connectors.sandbox.chat import check_modes
from connectors.sandbox.seed import MessageSeed, SubmissionSeed, ThreadSeed
from connectors.sandbox.state import Settings, arrive, submitted
from connectors.sandbox.wire import Answer, Call, Route, asked, refusal

if TYPE_CHECKING:
    from connectors.sandbox.state import Box


class Arrival(msgspec.Struct, forbid_unknown_fields=True):
    """A mail that comes in, or, from the mailbox's own address, goes out. No thread: a new one."""

    sender: str
    text: str
    subject: str = ""
    mailbox: str = ""
    to: str = ""
    sender_name: str = ""
    thread_id: str = ""
    hours_ago: float = 0
    headers: dict[str, str] = {}


class Block(msgspec.Struct, forbid_unknown_fields=True):
    """A stretch in which a calendar is taken."""

    calendar: str
    start: datetime
    end: datetime


def health(box: Box, _call: Call) -> Answer:
    return Answer({"ok": True, "portal_id": box.crm.portal_id, "served": box.served})


def created(box: Box, call: Call) -> Answer:
    """Everything by kind, or one kind only (`?kind=drafts`)."""
    kind = call.query.get("kind")
    if kind is None:
        return Answer(box.created)
    if kind not in box.created:
        raise refusal("sandbox", 404, f"No kind {kind!r}; there are {', '.join(box.created)}")
    return Answer({kind: box.created[kind]})


def requests(box: Box, _call: Call) -> Answer:
    calls = [
        {
            "service": route.service,
            "endpoint": route.endpoint,
            "method": route.method,
            "template": route.template,
            "write": route.write,
            "count": count,
        }
        for route, count in box.requests.items()
    ]
    writes = sum(count for route, count in box.requests.items() if route.write)
    total = box.requests.total()
    return Answer({"total": total, "writes": writes, "refused": box.limits.refused, "calls": calls})


def list_faults(box: Box, _call: Call) -> Answer:
    return Answer({"faults": box.faults.armed()})


def add_fault(box: Box, call: Call) -> Answer:
    spec = call.json().get("spec", "")
    try:
        box.faults.arm(str(spec))
    except ValueError as error:
        raise refusal("sandbox", 400, str(error)) from error
    return list_faults(box, call)


def clear_faults(box: Box, call: Call) -> Answer:
    number = call.query.get("number")
    box.faults.clear(int(number) if number else None)
    return list_faults(box, call)


def change_settings(box: Box, call: Call) -> Answer:
    try:
        wanted = msgspec.convert(msgspec.structs.asdict(box.settings) | call.json(), Settings)
        check_modes(wanted.chat)
    except (msgspec.MsgspecError, ValueError) as error:
        raise refusal("sandbox", 400, str(error)) from error
    box.settings = wanted
    return Answer(box.settings)


def reset(box: Box, _call: Call) -> Answer:
    box.reset()
    return Answer({"ok": True})


def add_mail(box: Box, call: Call) -> Answer:
    arrival = asked(call, Arrival)
    mailbox = box.mailboxes.get(arrival.mailbox or box.tokens.users[0])
    thread = mailbox.threads.get(arrival.thread_id) if mailbox else None
    if mailbox is None or (arrival.thread_id and thread is None):
        raise refusal("sandbox", 404, f"No such mailbox or thread: {arrival.mailbox} {arrival.thread_id}")
    subject = arrival.subject or next((mail.subject for mail in (thread or {}).values()), "A question")
    message = MessageSeed(
        sender=arrival.sender,
        to=arrival.to or mailbox.address,
        text=arrival.text,
        hours_ago=arrival.hours_ago,
        sender_name=arrival.sender_name,
        headers=arrival.headers,
    )
    mail = arrive(mailbox, ThreadSeed(subject.removeprefix("Re: "), [message]), arrival.thread_id)[0]
    return Answer({"id": mail.id, "threadId": mail.thread_id, "messageId": mail.message_id})


def add_busy(box: Box, call: Call) -> Answer:
    block = asked(call, Block)
    calendar = box.calendars.get(block.calendar)
    if calendar is None:
        raise refusal("sandbox", 404, f"No calendar {block.calendar}")
    if block.start.tzinfo is None or block.end.tzinfo is None or block.start >= block.end:
        raise refusal("sandbox", 400, "start and end need an offset, and the end comes later")
    calendar.busy.append((block.start.astimezone(UTC), block.end.astimezone(UTC)))
    return Answer({"ok": True})


class Submitted(msgspec.Struct, forbid_unknown_fields=True):
    """A form that somebody filled in, some hours ago or at a moment in milliseconds since 1970."""

    form: str
    conversion_id: str
    values: dict[str, str]
    hours_ago: float = 0
    submitted_at: int = 0


def add_submission(box: Box, call: Call) -> Answer:
    one = asked(call, Submitted)
    held = box.submissions.setdefault(one.form, [])
    made = submitted(SubmissionSeed(one.conversion_id, one.values, one.hours_ago))
    held.append(made | ({"submittedAt": one.submitted_at} if one.submitted_at else {}))
    return Answer({"ok": True})


ROUTES = [
    Route("sandbox", "health", "GET", "/_sandbox/health", health),
    Route("sandbox", "created", "GET", "/_sandbox/created", created),
    Route("sandbox", "requests", "GET", "/_sandbox/requests", requests),
    Route("sandbox", "faults.list", "GET", "/_sandbox/faults", list_faults),
    Route("sandbox", "faults.add", "POST", "/_sandbox/faults", add_fault),
    Route("sandbox", "faults.clear", "DELETE", "/_sandbox/faults", clear_faults),
    Route("sandbox", "settings", "POST", "/_sandbox/settings", change_settings),
    Route("sandbox", "reset", "POST", "/_sandbox/reset", reset),
    Route("sandbox", "mail", "POST", "/_sandbox/mail", add_mail),
    *byhand.ROUTES,
    Route("sandbox", "busy", "POST", "/_sandbox/busy", add_busy),
    Route("sandbox", "submissions", "POST", "/_sandbox/submissions", add_submission),
]
