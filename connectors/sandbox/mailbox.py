"""One mailbox: messages in threads, drafts, labels, and a history of what changed."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, formataddr, parseaddr
from itertools import count

from connectors.sandbox import mime
from connectors.sandbox.mailquery import SYSTEM_LABELS, Query
from connectors.sandbox.wire import Json, google_error

HIDDEN = {"SPAM", "TRASH"}
MARKER = "X-Sales-Agent-Run"


@dataclass(slots=True, eq=False)
class Mail:
    """A message as the mailbox holds it; lines are headers as written, senders and recipients bare addresses."""

    id: str
    thread_id: str
    source: mime.Source
    labels: set[str]
    internal_ms: int
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    sender_line: str = ""
    recipient_line: str = ""
    subject: str = ""
    text: str = ""
    message_id: str = ""
    history_id: int = 0

    def __post_init__(self) -> None:
        self.senders = mime.addresses(self.source, "From")
        self.recipients = mime.addresses(self.source, "To", "Cc", "Bcc")
        self.sender_line = mime.text_of_header(self.source, "From")
        self.recipient_line = mime.text_of_header(self.source, "To")
        self.subject = mime.text_of_header(self.source, "Subject")
        self.text = mime.text_of(self.source)
        self.message_id = mime.text_of_header(self.source, "Message-ID")

    @property
    def keys(self) -> Iterator[tuple[str, str]]:
        """The index entries under which a query finds this mail."""
        yield from (("from", address) for address in self.senders)
        yield from (("to", address) for address in self.recipients)
        yield ("rfc822msgid", self.message_id.strip("<>").lower())


@dataclass(slots=True)
class Mailbox:
    """`note` is told of everything that is created: its kind and its essentials."""

    address: str
    name: str
    signature: str
    note: Callable[[str, Json], None]
    messages: dict[str, Mail] = field(default_factory=dict)
    threads: dict[str, dict[str, Mail]] = field(default_factory=dict)
    drafts: dict[str, Mail] = field(default_factory=dict)
    draft_ids: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    label_ids: dict[str, str] = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)
    forgotten: int = 0  # records that the history had once
    _index: dict[tuple[str, str], dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _ids: Iterator[int] = field(default_factory=lambda: count(0x19A000000000001))
    _label_numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def history_id(self) -> int:
        return 1000 + self.forgotten + len(self.history)

    def forget_history(self) -> None:
        """What Gmail does after a week or so: an older start is answered with 404."""
        self.forgotten += len(self.history) + 1
        self.history.clear()

    def add(self, source: mime.Source, thread_id: str, labels: set[str], at: datetime | None = None) -> Mail:
        """File a message, in a new thread when `thread_id` is empty."""
        new_id = f"{next(self._ids):016x}"
        moment = at or datetime.now(UTC)
        mail = Mail(new_id, thread_id or new_id, source, labels, int(moment.timestamp() * 1000))
        self.messages[mail.id] = mail
        self.threads.setdefault(mail.thread_id, {})[mail.id] = mail
        for key in mail.keys:
            self._index[key][mail.id] = None
        self._remember(mail, "messagesAdded")
        return mail

    def drop(self, mail: Mail) -> None:
        del self.messages[mail.id]
        thread = self.threads[mail.thread_id]
        del thread[mail.id]
        if not thread:
            del self.threads[mail.thread_id]
        for key in mail.keys:
            self._index[key].pop(mail.id, None)
            if not self._index[key]:
                del self._index[key]
        self._remember(mail, "messagesDeleted")

    def _remember(self, mail: Mail, what: str, **more: object) -> None:
        stub = {"id": mail.id, "threadId": mail.thread_id, "labelIds": sorted(mail.labels)}
        mail.history_id = self.history_id + 1
        entry = {what: [{"message": stub, **more}], "messages": [{"id": mail.id, "threadId": mail.thread_id}]}
        self.history.append({"id": str(mail.history_id), **entry})

    def found(self, query: Query, *, hidden: bool = False) -> list[Mail]:
        """All matches, newest first; spam and trash only when `hidden`."""
        if query.keys is None:
            pool = list(self.messages.values())
        else:
            ids = dict.fromkeys(one for key in query.keys for one in self._index.get(key, ()))
            pool = [self.messages[one] for one in ids]
        matches = [mail for mail in pool if query.test(mail) and (hidden or not mail.labels & HIDDEN)]
        return sorted(matches, key=lambda mail: (mail.internal_ms, mail.id), reverse=True)

    def thread_for(self, source: mime.Source, thread_id: str) -> str:
        """The thread that a draft lands in: the one it names, when subject and references fit it, else a new one."""
        if not thread_id:
            return ""
        thread = self.threads.get(thread_id)
        if thread is None:
            raise google_error(404, "Requested entity was not found.")
        named = f"{source.get('In-Reply-To') or ''} {source.get('References') or ''}".split()
        held = {mail.message_id for mail in thread.values()}
        subject = mime.base_subject(mime.text_of_header(source, "Subject"))
        fits = any(mime.base_subject(mail.subject) == subject for mail in thread.values())
        return thread_id if fits and not held.isdisjoint(named) else ""

    def seal(self, source: mime.Source, *, rewrite: bool, strip: bool) -> None:
        """What Gmail does to the headers of a draft: its own Message-ID, a sender that may send, a date."""
        if rewrite or not source.get("Message-ID"):
            del source["Message-ID"]
            source["Message-ID"] = f"<CA{secrets.token_urlsafe(30)}@mail.gmail.com>"
        if strip:
            for name in {one for one in source if one.lower().startswith("x-")}:
                del source[name]
        if parseaddr(mime.text_of_header(source, "From"))[1].lower() != self.address:
            del source["From"]
            source["From"] = formataddr((self.name, self.address))
        if not source.get("Date"):
            source["Date"] = format_datetime(datetime.now(UTC))

    def create_draft(self, source: mime.Source, thread_id: str) -> str:
        mail = self.add(source, thread_id, {"DRAFT"})
        draft_id = f"r{next(self._ids)}"
        self.drafts[draft_id], self.draft_ids[mail.id] = mail, draft_id
        self.note("drafts", self.described(mail) | {"draft_id": draft_id, "state": "draft"})
        return draft_id

    def replace_draft(self, draft_id: str, source: mime.Source, thread_id: str) -> Mail:
        self.take_draft(draft_id)
        mail = self.add(source, thread_id, {"DRAFT"})
        self.drafts[draft_id], self.draft_ids[mail.id] = mail, draft_id
        return mail

    def take_draft(self, draft_id: str) -> Mail:
        mail = self.drafts.pop(draft_id, None)
        if mail is None:
            raise google_error(404, "Requested entity was not found.")
        del self.draft_ids[mail.id]
        self.drop(mail)
        return mail

    def described(self, mail: Mail) -> Json:
        """The essentials, for the list of what was created."""
        return {
            "mailbox": self.address,
            "message_id": mail.id,
            "thread_id": mail.thread_id,
            "rfc822_message_id": mail.message_id,
            "run": str(mail.source.get(MARKER) or ""),
            "from": mail.sender_line,
            "to": mail.recipient_line,
            "recipients": list(mail.recipients),
            "subject": mail.subject,
            "text": mail.text,
            "internal_ms": mail.internal_ms,
            "in_reply_to": str(mail.source.get("In-Reply-To") or ""),
        }

    def create_label(self, name: str) -> str:
        if name.upper() in SYSTEM_LABELS:
            raise google_error(400, "Invalid label name", "invalidArgument")
        if name.lower() in self.label_ids:
            raise google_error(409, "Label name exists or conflicts", "aborted")
        label_id = f"Label_{next(self._label_numbers)}"
        self.labels[label_id], self.label_ids[name.lower()] = name, label_id
        return label_id

    def check_labels(self, label_ids: set[str]) -> None:
        for one in label_ids:
            if one not in self.labels and one not in SYSTEM_LABELS:
                raise google_error(400, f"Invalid label: {one}", "invalidArgument")

    def relabel(self, mails: list[Mail], added: set[str], removed: set[str]) -> bool:
        """Whether anything changed."""
        self.check_labels(added | removed)
        changed = False
        for mail in mails:
            new, gone = added - mail.labels, removed & mail.labels
            mail.labels = (mail.labels | added) - removed
            for labels, what in ((new, "labelsAdded"), (gone, "labelsRemoved")):
                if labels:
                    self._remember(mail, what, labelIds=sorted(labels))
                    changed = True
        return changed
