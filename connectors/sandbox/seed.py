"""What the sandbox holds when it starts. Times are relative to the start, so that a demo is always of today."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import msgspec

DEMO = Path(__file__).with_name("demo_seed.json")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A typo in a seed file is an error, not an empty account."""


class OwnerSeed(_Part, frozen=True):
    id: str
    email: str
    first_name: str
    last_name: str


class RecordSeed(_Part, frozen=True):
    """A contact or a company; `contacts` are the ids of a company's people."""

    id: str
    properties: dict[str, str]
    age_hours: float = 24 * 60
    contacts: list[str] = []


class SubmissionSeed(_Part, frozen=True):
    conversion_id: str
    values: dict[str, str]
    hours_ago: float = 1
    page_url: str = "https://www.northwind.example/contact"


class PortalSeed(_Part, frozen=True):
    portal_id: int = 4242
    tokens: tuple[str, ...] = ("sandbox-token",)
    extra_properties: dict[str, list[str]] = {}
    owners: list[OwnerSeed] = []
    contacts: list[RecordSeed] = []
    companies: list[RecordSeed] = []
    forms: dict[str, list[SubmissionSeed]] = {}


class MessageSeed(_Part, frozen=True):
    """One mail; `sender` and `to` are addresses, `message_id` is made up when it is empty."""

    sender: str
    to: str
    text: str
    hours_ago: float
    sender_name: str = ""
    message_id: str = ""
    headers: dict[str, str] = {}


class ThreadSeed(_Part, frozen=True):
    subject: str
    messages: list[MessageSeed]


class MailboxSeed(_Part, frozen=True):
    address: str
    name: str = ""
    signature: str = ""
    labels: list[str] = []
    threads: list[ThreadSeed] = []


class FileSeed(_Part, frozen=True):
    """A file or a folder; one with a `drive_id` lies in a shared drive."""

    id: str
    name: str
    parent: str = ""
    mime_type: str = "application/pdf"
    description: str = ""
    text: str = ""
    drive_id: str = ""
    modified_hours_ago: float = 24 * 14
    trashed: bool = False


class WeeklySeed(_Part, frozen=True):
    """A block of every week: days 0 (Monday) to 6, times as HH:MM of the calendar's own zone."""

    days: list[int]
    start: str
    end: str


class BusySeed(_Part, frozen=True):
    """A single block, in hours from the start."""

    start_hours: float
    end_hours: float


class CalendarSeed(_Part, frozen=True):
    """A calendar; one with an `error` answers free/busy with that reason."""

    id: str
    summary: str = ""
    timezone: str = "UTC"
    error: str = ""
    weekly: list[WeeklySeed] = []
    busy: list[BusySeed] = []


class Seed(_Part, frozen=True):
    """All accounts of one company. The first mailbox is the one that `me` means."""

    hubspot: PortalSeed = PortalSeed()
    mailboxes: list[MailboxSeed] = []
    files: list[FileSeed] = []
    calendars: list[CalendarSeed] = []

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a JSON file; raises ValueError saying what in it is wrong."""
        try:
            return msgspec.json.decode(Path(path).read_bytes(), type=cls)
        except msgspec.MsgspecError as error:
            msg = f"{path} is not a seed: {error}"
            raise ValueError(msg) from error

    @classmethod
    def demo(cls) -> Self:
        return cls.load(DEMO)
