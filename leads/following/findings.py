"""What a look at the mailbox finds: plain values, made while the mailbox is asked and taken over in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.mail_feed import DraftText, Received
from connectors.ports import SavedDraft
from leads.models import Response


@dataclass(frozen=True, slots=True)
class Edited:
    """A draft says something else than we wrote. `was` is the message that we knew it by, here and below."""

    draft: int
    was: str
    now: DraftText


@dataclass(frozen=True, slots=True)
class SavedAgain:
    """A draft has another message, and says the same: somebody opened it in Gmail."""

    draft: int
    was: str
    now: SavedDraft


@dataclass(frozen=True, slots=True)
class Left:
    """A draft is no longer one: `sent` is what went out in its place; None if nothing did."""

    draft: int
    was: str
    sent: Received | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that concerns a draft."""

    draft: int
    kind: Response.Kind
    received: Received


type Finding = Edited | SavedAgain | Left | Heard
