"""All accounts of one sandbox in memory, and what was done to them since the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

import msgspec

from connectors.sandbox.calendar import Calendar
from connectors.sandbox.crm import Crm
from connectors.sandbox.drive import DriveFile
from connectors.sandbox.faults import Faults
from connectors.sandbox.limits import Limits
from connectors.sandbox.mailbox import Mail, Mailbox
from connectors.sandbox.mime import Source, parse_bytes
from connectors.sandbox.oauth import Tokens
from connectors.sandbox.seed import MailboxSeed, MessageSeed, Seed, SubmissionSeed, ThreadSeed
from connectors.sandbox.wire import Json, Route

KINDS = (
    *("contacts", "companies", "associations", "notes", "tasks"),
    *("drafts", "labels", "label_changes", "sent", "events"),
)


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What can be turned while the sandbox runs."""

    latency_ms: float = 0
    search_lag_ms: float = 2000
    rewrite_message_id: bool = True
    strip_x_headers: bool = False
    hubspot_scopes: list[str] | None = None  # of the private app; None: all
    delegated_scopes: list[str] | None = None  # to the service account, for the whole domain; None: all
    refresh_tokens: bool = True  # whether a consent brings one
    chat: str = "good"  # modes of `connectors.sandbox.chat`
    hubspot_calls_per_10_seconds: int = 0  # limits that are enforced; 0: none
    hubspot_searches_per_second: int = 0
    gmail_units_per_minute: int = 0  # of each mailbox


class Box:
    """The sandbox's whole state. Handlers run one at a time, so nothing here needs a lock."""

    def __init__(self, seed: Seed, settings: Settings, specs: Sequence[str], names: Sequence[str]) -> None:
        self._seed, self._specs, self._started_with = seed, list(specs), settings
        self.faults = Faults(names)
        self.reset()

    def reset(self) -> None:
        """Everything as it was at the start: data, settings, counts, faults."""
        self.settings = msgspec.structs.replace(self._started_with)
        self.started_at = datetime.now(UTC)
        self.served = 0
        self.created: dict[str, list[Json]] = {kind: [] for kind in KINDS}
        self._entries: dict[tuple[str, str], Json] = {}
        self.requests: Counter[Route] = Counter()
        self.limits = Limits()
        self.faults.clear()
        for spec in self._specs:
            self.faults.arm(spec)
        self._plant()

    def _plant(self) -> None:
        self.crm = Crm(self._seed.hubspot, self.note)
        self.submissions = {guid: [submitted(one) for one in held] for guid, held in self._seed.hubspot.forms.items()}
        self.mailboxes = {one.address: self._mailbox(one) for one in self._seed.mailboxes}
        self.tokens = Tokens(list(self.mailboxes) or ["nobody@sandbox.example"])
        self.files = {one.id: DriveFile.planted(one) for one in self._seed.files}
        self.calendars = {one.id: Calendar.planted(one) for one in self._seed.calendars}

    def _mailbox(self, seed: MailboxSeed) -> Mailbox:
        mailbox = Mailbox(seed.address, seed.name, seed.signature, self.note)
        for name in seed.labels:
            mailbox.create_label(name)
        for thread in seed.threads:
            arrive(mailbox, thread)
        return mailbox

    def note(self, kind: str, entry: Json) -> None:
        """Keep what was created for whoever checks it afterwards."""
        self.created[kind].append(entry)
        if key := entry.get("draft_id" if kind == "drafts" else "id"):
            self._entries[kind, key] = entry

    def amend(self, kind: str, key: str, changes: Json) -> None:
        """Bring an entry up to date; seeded ones were never noted."""
        self._entries.get((kind, key), {}).update(changes)


def submitted(seed: SubmissionSeed) -> Json:
    """A form submission as HubSpot lists it."""
    at = datetime.now(UTC) - timedelta(hours=seed.hours_ago)
    values = [{"name": name, "value": value, "objectTypeId": "0-1"} for name, value in seed.values.items()]
    return {
        "conversionId": seed.conversion_id,
        "submittedAt": int(at.timestamp() * 1000),
        "values": values,
        "pageUrl": seed.page_url,
    }


def arrive(mailbox: Mailbox, thread: ThreadSeed, thread_id: str = "") -> list[Mail]:
    """Put mails into a mailbox as if they had come in, or gone out, one after another."""
    mails: list[Mail] = []
    for one in thread.messages:
        earlier = [*mailbox.threads.get(thread_id, {}).values()]
        at = datetime.now(UTC) - timedelta(hours=one.hours_ago)
        labels = {"SENT"} if one.sender == mailbox.address else {"INBOX", "UNREAD"}
        source = _written(thread.subject, one, at, [mail.message_id for mail in earlier], mailbox)
        mails.append(mailbox.add(source, thread_id, labels, at))
        thread_id = mails[-1].thread_id
    return mails


def _written(subject: str, one: MessageSeed, at: datetime, earlier: list[str], mailbox: Mailbox) -> Source:
    mail = EmailMessage()
    mail["From"] = formataddr((one.sender_name, one.sender))
    mail["To"] = one.to
    mail["Subject"] = f"Re: {subject}" if earlier else subject
    mail["Date"] = format_datetime(at)
    place = f"{len(mailbox.messages) + 1}.{int(at.timestamp())}"
    mail["Message-ID"] = one.message_id or f"<{place}@{one.sender.partition('@')[2]}>"
    if earlier:
        mail["In-Reply-To"], mail["References"] = earlier[-1], " ".join(earlier)
    for name, value in one.headers.items():
        mail[name] = value
    mail.set_content(one.text)
    return parse_bytes(mail.as_bytes())
