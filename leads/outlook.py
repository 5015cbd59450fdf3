"""What approving a draft does now, and how far one got that was approved; in words, for whoever decides. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from leads import sending
from leads.drafts import TAKEN_BACK
from leads.models import Draft
from leads.readable import round_span

Status = Draft.Status


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of a draft that is approved, as the switches stand now. `lock` is empty where it is sent."""

    lock: str
    undo: timedelta
    in_hours: bool

    @property
    def sends(self) -> bool:
        return not self.lock

    @property
    def window(self) -> str:
        return round_span(self.undo)

    @property
    def text(self) -> str:
        """Before somebody approves."""
        if self.lock:
            return f"Approving does not send: {self.lock}"
        return f"Sent {self.window} after you approve{', in working hours' if self.in_hours else ''}"

    @property
    def approved(self) -> str:
        """After it."""
        if self.lock:
            return f"It stays in Gmail’s drafts: {self.lock}."
        return f"It is sent in {self.window}{' at the earliest, in working hours' if self.in_hours else ''}."


def outlook(draft: Draft) -> Outlook:
    """One query, on a draft with its workspace and run."""
    workspace = draft.workspace
    return Outlook(sending.lock_over(draft), timedelta(seconds=workspace.undo_seconds), workspace.send_in_hours)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a draft got that somebody found good: what to say, in which tone, until when it can be undone."""

    status: str
    said: str
    tone: str = ""
    due_at: datetime | None = None

    @property
    def may_undo(self) -> bool:
        return self.status in TAKEN_BACK


# What is said of a draft that is through with being approved, and in which tone.
SAID = {
    Status.SENDING: ("Being sent to {who}", "good"),
    Status.SENT: ("Sent to {who}", "good"),
    Status.BY_HAND: ("Sent to {who} from Gmail", "good"),
    Status.UNCERTAIN: ("It may have been sent to {who}: a person must look.", "bad"),
}


def standing(draft: Draft) -> Standing:
    """No query on a draft with its lead and its sending."""
    status, who, on_its_way = Status(draft.status), str(draft.lead or draft.recipient), getattr(draft, "sending", None)
    if status == Status.SCHEDULED and on_its_way:
        if on_its_way.waits_for:
            return Standing(status, f"To {who}: waits for {on_its_way.waits_for}", "", on_its_way.due_at)
        return Standing(status, f"Goes out to {who}", "good", on_its_way.due_at)
    if status == Status.READY and draft.returned_because:
        return Standing(status, f"Back in review, {who}: {draft.returned_because}", "bad")
    said, tone = SAID.get(status, (f"{{who}}: {status.label.lower()}", ""))
    return Standing(status, said.format(who=who), tone)
