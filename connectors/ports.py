"""What we ask of the outside: the values that cross the border, and an interface per account.

Readers and writers are apart: workflow steps are given readers only, so a step has no way to write.
Every method may raise the errors of `connectors.errors`. All datetimes are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from connectors.mail_feed import MailFeed


@dataclass(frozen=True, slots=True)
class Contact:
    """A person in the CRM. `id` is empty for one who is not there yet."""

    email: str
    id: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    job_title: str = ""
    phone: str = ""
    website: str = ""
    country: str = ""
    state: str = ""
    timezone: str = ""
    language: str = ""
    message: str = ""
    owner_id: str = ""
    lifecycle_stage: str = ""
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    """A company in the CRM. `id` is empty for one that is not there yet."""

    name: str
    domain: str = ""
    id: str = ""
    industry: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """A form that somebody filled in, as the CRM lists it; `id` is the CRM's own, empty where it gives none."""

    id: str
    submitted_at: datetime
    fields: dict[str, str]
    page_uri: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """A part of a form's submissions, the newest first. `after` is where the next part begins; empty: no more."""

    submissions: tuple[FormSubmission, ...]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody of the team to whom contacts are given in the CRM."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note for the timeline of a contact and, when known, its company. `marker` is found again in the body."""

    body_html: str
    marker: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """A follow-up for a person. `marker` is found again in the body."""

    subject: str
    body_html: str
    marker: str
    due_at: datetime
    owner_id: str = ""


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """A mail thread as a search lists it."""

    id: str
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread. `text` is plain text; `outgoing` means that the mailbox's owner wrote it."""

    id: str
    sent_at: datetime
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    outgoing: bool
    auto_submitted: bool = False
    message_id: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """A mail thread, oldest message first; drafts are left out."""

    id: str
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail to one person. `marker` goes into the `X-Sales-Agent-Run` header; `message_id` is ours, with brackets."""

    sender: str
    sender_name: str
    to: str
    to_name: str
    subject: str
    text: str
    marker: str
    message_id: str
    thread_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft in the mailbox. The draft id is stable; message and thread ids change when it is edited."""

    draft_id: str
    message_id: str
    thread_id: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """Where in the mailbox a message is that was sent."""

    message_id: str
    thread_id: str


@dataclass(frozen=True, slots=True)
class File:
    """A document in the drive. `url` is the vendor's own link to it."""

    id: str
    title: str
    url: str
    mime_type: str
    folder_id: str
    description: str = ""
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch of time, end excluded, in which at least one calendar is taken."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A message to or from a language model; `role` is "system", "user" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a language model answered: any text at all. `cost` is in millionths of the currency of its prices."""

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    cost: int


class CrmReader(Protocol):
    def contact_by_email(self, email: str) -> Contact | None: ...
    def contact_by_id(self, contact_id: str) -> Contact | None: ...
    def company_by_domain(self, domain: str) -> Company | None: ...
    def company_by_name(self, name: str) -> Company | None: ...


class CrmWriter(Protocol):
    """Creators return the vendor's id. `*_marked` and `company_of` look over associations, which never lag."""

    def create_contact(self, contact: Contact) -> str: ...
    def create_company(self, company: Company, contact_id: str) -> str: ...
    def company_of(self, contact_id: str, company: Company) -> str: ...
    def associate(self, contact_id: str, company_id: str) -> None: ...
    def create_note(self, note: Note, contact_id: str, company_id: str) -> str: ...
    def note_marked(self, marker: str, contact_id: str) -> str: ...
    def update_note(self, note_id: str, note: Note) -> None: ...
    def create_task(self, task: Task, contact_id: str, company_id: str) -> str: ...
    def task_marked(self, marker: str, contact_id: str) -> str: ...
    def update_task(self, task_id: str, task: Task) -> None: ...


class FormsReader(Protocol):
    """Raises `NotFound` for a form that the CRM does not have."""

    def submissions(self, form_id: str, after: str = "") -> SubmissionPage: ...


class MailReader(Protocol):
    """`label_id` is empty for a label that does not exist."""

    def search_threads(self, email: str) -> tuple[ThreadSummary, ...]: ...
    def load_thread(self, thread_id: str) -> Thread | None: ...
    def label_id(self, name: str) -> str: ...


class MailWriter(Protocol):
    """`draft_marked` finds a draft of ours again; `saved_draft` is None for one that was sent or thrown away.
    `sent_marked` finds it among what was sent.

    `draft_now` is a `saved_draft` with the one of `mails` that it still is, word for word.
    """

    def create_draft(self, mail: OutgoingMail) -> SavedDraft: ...
    def draft_marked(self, mail: OutgoingMail) -> SavedDraft | None: ...
    def saved_draft(self, draft_id: str) -> SavedDraft | None: ...
    def draft_now(self, draft_id: str, *mails: OutgoingMail) -> tuple[SavedDraft, OutgoingMail | None] | None: ...
    def update_draft(self, draft_id: str, mail: OutgoingMail) -> SavedDraft: ...
    def throw_away(self, draft_id: str) -> None: ...
    def create_label(self, name: str) -> str: ...
    def label_thread(self, thread_id: str, label_id: str) -> None: ...
    def send_draft(self, draft_id: str) -> SentMessage: ...
    def sent_marked(self, mail: OutgoingMail, thread_id: str) -> SentMessage | None: ...


class FilesReader(Protocol):
    def files_in(self, folder_ids: tuple[str, ...]) -> tuple[File, ...]: ...


class CalendarReader(Protocol):
    def busy(self, calendar_ids: tuple[str, ...], start: datetime, end: datetime) -> tuple[Busy, ...]: ...


class TextModel(Protocol):
    """`seconds` are what one letter may take in all, however many answers it needs.

    `complete` has answered or raised by `ends`, an instant of `time.monotonic`.
    """

    @property
    def name(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    def complete(self, turns: tuple[Turn, ...], schema: Mapping[str, Any], ends: float) -> Completion: ...


class Crm(CrmReader, CrmWriter, Protocol):
    """With what the console and the reconciliation ask for, and no step. What is removed was there twice."""

    def owners(self) -> tuple[Owner, ...]: ...
    def notes_marked(self, marker: str, contact_id: str) -> tuple[str, ...]: ...
    def remove_note(self, note_id: str) -> None: ...
    def tasks_marked(self, marker: str, contact_id: str) -> tuple[str, ...]: ...
    def remove_task(self, task_id: str) -> None: ...


class Mail(MailReader, MailWriter, Protocol):
    """With what the console asks for, and who sends, and no step. `heard_from` leaves out what they said."""

    @property
    def feed(self) -> MailFeed: ...
    def sent_mail(self, most: int, *, seconds: float) -> tuple[Message, ...]: ...
    def heard_from(self, email: str, since: datetime) -> tuple[Message, ...]: ...


@dataclass(frozen=True, slots=True)
class Readers:
    """The reading half of a workspace's accounts: all that a workflow step may touch. No model: templates write."""

    crm: CrmReader
    mail: MailReader
    files: FilesReader
    calendar: CalendarReader
    model: TextModel | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """A workspace's connected accounts."""

    crm: Crm
    mail: Mail
    files: FilesReader
    calendar: CalendarReader
    model: TextModel | None = None
    readers: Readers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "readers", Readers(self.crm, self.mail, self.files, self.calendar, self.model))
