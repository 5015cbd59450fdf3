"""The life of one draft, from its writing to its sending: what happened to it, when, and by whom. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leads.models import Draft, Event
from leads.readable import words

MOST = 30

# By kind of event. {cause}, {revision} and the like are facts of it.
SAID = {
    "draft_edited": "Edited: revision {revision}",
    "draft_edited_in_gmail": "Edited by hand in Gmail: revision {revision}",
    "draft_approved": "Approved",
    "draft_approved_by_itself": "Approved by itself, as its form has earned",
    "approve_link_used": "Approved by link",
    "draft_rejected": "Rejected",
    "draft_reopened": "Verdict taken back",
    "draft_scheduled": "Scheduled to be sent",
    "draft_returned": "Came back: {cause}",
    "draft_sent": "Sent",
    "draft_sent_by_hand": "Sent from Gmail by somebody",
    "draft_deleted_by_hand": "Deleted in Gmail by somebody",
    "draft_sent_changed": "What was sent reads otherwise, and is kept as a revision",
    "draft_heard_reply": "They answered",
    "draft_heard_opt_out": "They asked not to be written to",
    "draft_heard_booking": "They booked a meeting",
    "draft_heard_away": "An automatic answer came",
    "draft_heard_bounce": "It could not be delivered",
    "draft_heard_ours": "Another mail went out by hand in the conversation",
    "draft_closed": "Closed: they want no mail",
    "draft_uncertain": "May have been sent",
    "draft_settled": "Settled: {sent}",
    "draft_superseded": "Closed: its run was started again",
    "draft_updated": "Brought up to date in Gmail",
    "draft_update_failed": "Could not be brought up to date in Gmail",
    "draft_found_edited": "Found edited in Gmail",
    "draft_found_gone": "Found sent or deleted in Gmail",
}
TONES = {
    "draft_approved": "good",
    "draft_approved_by_itself": "good",
    "draft_heard_reply": "good",
    "draft_heard_booking": "good",
    "draft_heard_opt_out": "warn",
    "draft_heard_bounce": "bad",
    "draft_closed": "bad",
    "draft_sent": "good",
    "draft_sent_by_hand": "good",
    "draft_deleted_by_hand": "bad",
    "draft_rejected": "bad",
    "draft_returned": "warn",
    "draft_uncertain": "bad",
    "draft_update_failed": "bad",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; `who` is empty where nobody did it."""

    at: datetime
    text: str
    who: str = ""
    tone: str = ""


def life(draft: Draft) -> list[Moment]:
    """Oldest first; of a long one, the newest. One query."""
    events = Event.objects.filter(run=draft.run_id, kind__in=SAID, facts__draft=draft.pk).order_by("-at", "-pk")[:MOST]
    return told(draft, list(reversed(events)))


def told(draft: Draft, events: Iterable[Event]) -> list[Moment]:
    """The same from events of its run, oldest first."""
    own = (event for event in events if event.kind in SAID and event.facts.get("draft") == draft.pk)
    return [Moment(draft.created_at, f"Written by {draft.writer}"), *map(moment, own)]


def moment(event: Event) -> Moment:
    facts = {
        "revision": event.facts.get("revision", ""),
        "cause": words(str(event.facts.get("cause", ""))).lower(),
        "sent": "it was sent" if event.facts.get("sent") else "it was not sent",
    }
    return Moment(event.at, SAID[event.kind].format_map(facts), event.actor, TONES.get(event.kind, ""))
