"""What can be heard of a mailbox: its changes since a point of its history, and what one message or draft says now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.ports import Message, OutgoingMail, SavedDraft


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that came in or went out."""

    id: str
    thread_id: str
    outgoing: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since a point of the history; `until` is where the next look begins.

    `gone` are the ids of messages that were deleted, replaced, sent or thrown away: a draft's, if it was one of ours.
    """

    until: str
    arrived: tuple[Arrived, ...] = ()
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar's part of a mail: METHOD in upper case, who is in it, and who of them said yes."""

    method: str
    people: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A message with what its kind can be told by. `bounced` are addresses that it says can't be reached."""

    message: Message
    thread_id: str
    bounced: tuple[str, ...] = ()
    invitation: Invitation | None = None


@dataclass(frozen=True, slots=True)
class DraftText:
    """A draft as it stands. `to` is all of To, Cc and Bcc; `carries` the mail that it still is word for word."""

    saved: SavedDraft
    to: tuple[str, ...]
    subject: str
    text: str
    files: tuple[str, ...]
    carries: OutgoingMail | None


@dataclass(frozen=True, slots=True)
class DraftHead:
    """With what we marked a draft, empty where it bears no mark of ours, and to whom it is, in lower case."""

    mark: str
    to: tuple[str, ...]


class MailFeed(Protocol):
    """`changes_since` is None where the mailbox no longer knows that point. What was thrown away is no draft."""

    def now(self) -> str: ...
    def changes_since(self, point: str) -> Changes | None: ...
    def sender_of(self, message_id: str) -> str: ...
    def load_message(self, message_id: str) -> Received | None: ...
    def load_draft(self, draft_id: str, *mails: OutgoingMail) -> DraftText | None: ...
    def drafts(self) -> Mapping[str, SavedDraft]: ...
    def head_of(self, message_id: str) -> DraftHead | None: ...
    def messages_from(self, senders: Sequence[str], since: datetime) -> tuple[Arrived, ...]: ...
