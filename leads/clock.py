"""How long a lead waited: by the clock on the wall, and in the workspace's working hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leads import codec
from leads.facts import Submitted
from leads.hours import WorkingHours, week_of
from leads.models import Draft, WorkflowRun
from leads.models.draft import GOOD

READY = "draft ready"
NOT_IN_MAILBOX = "written, not in the mailbox"
SENT_BY = "by the rep in Gmail, or from the Outbox"


@dataclass(frozen=True, slots=True)
class Stage:
    """One station of a lead's way. `at` is None while it has not been reached; spans are since the one before it.

    The first that is not reached runs: its spans go to now.
    """

    name: str
    at: datetime | None
    span: timedelta | None = None
    in_hours: timedelta | None = None
    note: str = ""  # what is said in place of a time

    @property
    def is_running(self) -> bool:
        return self.at is None and self.span is not None


def response_clock(run: WorkflowRun, draft: Draft | None, now: datetime) -> list[Stage]:
    """Submitted, received, draft ready, approved, sent: when, and how long each took. No queries on a loaded run."""
    is_in_mailbox = draft is not None and bool(draft.gmail_draft_id)
    moves_on = draft is not None and draft.status in {Draft.Status.READY, Draft.Status.SCHEDULED, Draft.Status.SENDING}
    is_open = run.state in WorkflowRun.CLAIMABLE or (is_in_mailbox and moves_on)
    found = list(stages(milestones(run, draft), run.workspace, now if is_open else None))
    if draft is not None and not is_in_mailbox:
        found = [replace(one, note=NOT_IN_MAILBOX) if one.name == READY and one.at is None else one for one in found]
    if is_in_mailbox and draft is not None and draft.status in {Draft.Status.READY, Draft.Status.APPROVED}:
        found[-1] = replace(found[-1], note=SENT_BY)
    return found


def milestones(run: WorkflowRun, draft: Draft | None) -> list[tuple[str, datetime | None]]:
    approved_at = draft.reviewed_at if draft is not None and draft.status in GOOD else None
    return [
        ("submitted", submitted_at(run)),
        ("received", run.submission.received_at),
        (READY, run.drafted_at),
        ("approved", approved_at),
        ("sent", draft.sent_at if draft is not None else None),
    ]


def submitted_at(run: WorkflowRun) -> datetime | None:
    """When the form was sent, as its portal says; None where that can't be read."""
    try:
        return codec.decode(run.submission.payload, Submitted).submitted_at
    except codec.Unreadable:
        return None


def stages(
    reached: Sequence[tuple[str, datetime | None]], hours: WorkingHours, now: datetime | None
) -> Iterator[Stage]:
    """The stations with their spans; `now` lets the first that is not reached run."""
    before: datetime | None = None
    for name, at in reached:
        until = at or now
        if before is None or until is None:
            yield Stage(name, at)
        else:
            # A portal's clock may be ahead of ours.
            yield Stage(name, at, max(until - before, timedelta()), week_of(hours).between(before, until))
        if at is None:
            now = None
        before = at or before
