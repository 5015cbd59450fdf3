"""What came back: who answered, booked, is away or wants no mail cancels what is pending, or is noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from connectors.ports import Message
from leads import audit, optouts, wishes
from leads.domains import is_free_mail
from leads.following import review, watched
from leads.following.findings import Heard
from leads.models import Draft, Response, Workspace

Kind = Response.Kind


def take_over(found: Heard) -> None:
    """Once for each draft and message."""
    draft = review.locked(found.draft)
    if draft is None:
        return
    message = found.received.message
    until = back_on(message) if found.kind == Kind.AWAY else None
    _, is_new = Response.objects.get_or_create(
        draft=draft,
        message_id=message.id,
        defaults={"workspace": draft.workspace, "kind": found.kind, "at": message.sent_at, "until": until},
    )
    if is_new:
        told = {"until": str(until)} if until else {}
        audit.record(f"draft_heard_{found.kind}", draft.workspace, actor="", run=draft.run, draft=draft.pk, **told)
        TAKE[found.kind](draft, found)


def replied(draft: Draft, found: Heard) -> None:
    """A colleague who writes in the conversation concerns the draft, too, but is not the prospect."""
    message = found.received.message
    if is_colleague(message.sender, draft.workspace):
        see(draft, found)
    else:
        wrote(draft, found)
    why = f"{author(message)} wrote on {review.at(message.sent_at, draft.workspace)}, after this was drafted."
    review.bring_back(draft, why, cause="replied")


def opted_out(draft: Draft, found: Heard) -> None:
    """Whoever asks for it is never written to again: the address goes onto the list, and what is pending is closed."""
    message = found.received.message
    if is_colleague(message.sender, draft.workspace):
        replied(draft, found)
        return
    wrote(draft, found)
    optouts.put_on_list(draft.workspace, message.sender)
    when = review.at(message.sent_at, draft.workspace)
    optouts.close_all(draft.workspace, message.sender, f"They asked not to be written to, by mail on {when}.")
    review.bring_back(draft, f"{author(message)} asked on {when} not to be written to.", cause="opted_out")


def booked(draft: Draft, found: Heard) -> None:
    wrote(draft, found)
    invitation = found.received.invitation
    starts = invitation.starts_at if invitation else None
    when = f" for {review.at(starts, draft.workspace)}" if starts else ""
    review.bring_back(draft, f"They booked a meeting{when}, after this was drafted.", cause="booked")


def written_by_hand(draft: Draft, found: Heard) -> None:
    see(draft, found)
    message = found.received.message
    why = f"Another mail went to them in this conversation on {review.at(message.sent_at, draft.workspace)}."
    review.bring_back(draft, why, cause="written_by_hand")


def bounced(draft: Draft, found: Heard) -> None:
    """Noted; `leads.conditions` lets nothing more go there. What else is pending is brought back at once."""
    at = found.received.message.sent_at
    Draft.objects.filter(pk=draft.pk).update(bounced_at=at)
    why = f"A mail to this address could not be delivered: {review.at(at, draft.workspace)}."
    for other in watched.to(draft.workspace, [draft.recipient]).filter(status__in=watched.OPEN).order_by("pk"):
        review.bring_back(other, why, cause="bounced")


def noted(draft: Draft, found: Heard) -> None:
    """An absence cancels nothing."""


TAKE: Mapping[str, Callable[[Draft, Heard], None]] = {
    Kind.REPLY: replied,
    Kind.OPT_OUT: opted_out,
    Kind.BOOKING: booked,
    Kind.OURS: written_by_hand,
    Kind.BOUNCE: bounced,
    Kind.AWAY: noted,
}


def wrote(draft: Draft, found: Heard) -> None:
    at = Value(found.received.message.sent_at)
    Draft.objects.filter(pk=draft.pk).update(replied_at=Greatest(F("replied_at"), at))
    see(draft, found)


def see(draft: Draft, found: Heard) -> None:
    """Reviewers are shown the conversation up to this message, which `leads.outgoing` takes as seen."""
    message = found.received.message
    theirs = draft.recipient.lower() in {message.sender, *message.recipients}
    if theirs and found.received.thread_id == draft.gmail_thread_id:
        Draft.objects.filter(pk=draft.pk).update(thread_head=message.id)


def is_colleague(sender: str, workspace: Workspace) -> bool:
    """A rep who writes from free mail shares that domain with the customers."""
    domain = workspace.sender_email.lower().rpartition("@")[2]
    return sender.rpartition("@")[2] == domain and not is_free_mail(domain)


def author(message: Message) -> str:
    return message.sender_name or message.sender


def back_on(message: Message) -> date | None:
    """The day on which they are back, if they say so."""
    return wishes.begins(message.text, timezone.localdate(message.sent_at))
