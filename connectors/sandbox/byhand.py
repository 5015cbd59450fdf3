"""What people, mail servers and calendars do to a mailbox while we look elsewhere: for `/_sandbox`."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from connectors.sandbox.mailbox import Mail, Mailbox
from connectors.sandbox.mime import parse_bytes
from connectors.sandbox.wire import Answer, Call, Route, asked, refusal

if TYPE_CHECKING:
    from connectors.sandbox.state import Box


REPORT = """\
{head}

--report
Content-Type: text/plain; charset="UTF-8"

Your message to {who} could not be delivered yet, or at all.

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com

Final-Recipient: rfc822; {who}
Action: {fate}
Status: {status}

--report--
"""


class Deed(msgspec.Struct, forbid_unknown_fields=True):
    """What the owner of a mailbox does to a draft there; of an edit, what is None stays."""

    act: Literal["edit", "send", "trash", "delete"]
    draft_id: str
    subject: str | None = None
    text: str | None = None
    to: str | None = None
    cc: str | None = None
    files: list[str] = []


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """A mail server's, about a mail to `recipient`."""

    recipient: str
    mailbox: str = ""
    thread_id: str = ""
    delayed: bool = False


class Invite(msgspec.Struct, forbid_unknown_fields=True):
    """A calendar's mail: who is asked, or answers, with the PARTSTAT of each."""

    sender: str
    attendees: dict[str, str]
    method: str = "REPLY"
    mailbox: str = ""
    thread_id: str = ""
    subject: str = "Accepted: Call"
    starts_at: datetime | None = None


def by_hand(box: Box, call: Call) -> Answer:
    deed = asked(call, Deed)
    mailbox = next((one for one in box.mailboxes.values() if deed.draft_id in one.drafts), None)
    if mailbox is None:
        raise refusal("sandbox", 404, f"No draft {deed.draft_id}")
    draft = mailbox.drafts[deed.draft_id]
    match deed.act:
        case "edit":
            source = parse_bytes(_edited(draft, deed).as_bytes())
            mailbox.seal(source, rewrite=True, strip=True)  # Gmail's own editor keeps no header of ours
            mail = mailbox.replace_draft(deed.draft_id, source, draft.thread_id)
            box.amend("drafts", deed.draft_id, mailbox.described(mail))
        case "send":
            mailbox.take_draft(deed.draft_id)
            mail = mailbox.add(draft.source, draft.thread_id, {"SENT"})
            box.amend("drafts", deed.draft_id, {"state": "sent"})
            box.note("sent", mailbox.described(mail) | {"draft_id": deed.draft_id})
        case "trash":
            mailbox.relabel([draft], {"TRASH"}, set())
            mail = draft
        case _:
            mail = mailbox.take_draft(deed.draft_id)
            box.amend("drafts", deed.draft_id, {"state": "deleted"})
    return _where(mail)


def _edited(draft: Mail, deed: Deed) -> EmailMessage:
    """As Gmail's editor writes it: the text, and the same as HTML."""
    mail = EmailMessage()
    mail["From"] = draft.sender_line
    mail["To"] = draft.recipient_line if deed.to is None else deed.to
    if deed.cc:
        mail["Cc"] = deed.cc
    mail["Subject"] = draft.subject if deed.subject is None else deed.subject
    for name in ("In-Reply-To", "References"):
        if draft.source.get(name):
            mail[name] = str(draft.source[name])
    text = draft.text if deed.text is None else deed.text
    mail.set_content(text)
    mail.add_alternative(f'<div dir="ltr">{html.escape(text).replace("\n", "<br>")}</div>', subtype="html")
    for name in deed.files:
        mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=name)
    return mail


def bounce(box: Box, call: Call) -> Answer:
    report = asked(call, Report)
    mailbox = _mailbox(box, report.mailbox)
    fate, status = ("delayed", "4.4.1") if report.delayed else ("failed", "5.1.1")
    what = "Delay" if report.delayed else "Failure"
    head = [
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        f"To: {mailbox.address}",
        f"Subject: Delivery Status Notification ({what})",
        f"Date: {format_datetime(datetime.now(UTC))}",
        f"Message-ID: <report.{len(mailbox.messages)}@mx.google.com>",
        "Auto-Submitted: auto-replied",
        *([] if report.delayed else [f"X-Failed-Recipients: {report.recipient}"]),
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; boundary="report"; report-type=delivery-status',
    ]
    body = REPORT.format(head="\n".join(head), who=report.recipient, fate=fate, status=status)
    return _arrives(mailbox, body.encode(), report.thread_id)


def invite(box: Box, call: Call) -> Answer:
    one = asked(call, Invite)
    mailbox = _mailbox(box, one.mailbox)
    people = "".join(f"ATTENDEE;PARTSTAT={stat}:mailto:{who}\r\n" for who, stat in one.attendees.items())
    starts = (one.starts_at or datetime.now(UTC)).astimezone(UTC)
    said = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{one.method}\r\nBEGIN:VEVENT\r\nUID:call@calendar.example\r\n"
        f"DTSTART:{starts:%Y%m%dT%H%M%SZ}\r\nORGANIZER:mailto:{mailbox.address}\r\n{people}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = one.sender, mailbox.address, one.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<calendar.{len(mailbox.messages)}@google.com>"
    mail.set_content(one.subject)
    mail.add_alternative(said, subtype="calendar", params={"method": one.method})
    return _arrives(mailbox, mail.as_bytes(), one.thread_id)


def forget_history(box: Box, _call: Call) -> Answer:
    for mailbox in box.mailboxes.values():
        mailbox.forget_history()
    return Answer({"ok": True})


def _mailbox(box: Box, address: str) -> Mailbox:
    mailbox = box.mailboxes.get(address or box.tokens.users[0])
    if mailbox is None:
        raise refusal("sandbox", 404, f"No such mailbox: {address}")
    return mailbox


def _arrives(mailbox: Mailbox, mail: bytes, thread_id: str) -> Answer:
    if thread_id and thread_id not in mailbox.threads:
        raise refusal("sandbox", 404, f"No such thread: {thread_id}")
    return _where(mailbox.add(parse_bytes(mail), thread_id, {"INBOX", "UNREAD"}))


def _where(mail: Mail) -> Answer:
    return Answer({"id": mail.id, "threadId": mail.thread_id, "messageId": mail.message_id})


ROUTES = [
    Route("sandbox", "by-hand", "POST", "/_sandbox/by-hand", by_hand),
    Route("sandbox", "bounce", "POST", "/_sandbox/bounce", bounce),
    Route("sandbox", "invite", "POST", "/_sandbox/invite", invite),
    Route("sandbox", "forget-history", "POST", "/_sandbox/forget-history", forget_history),
]
