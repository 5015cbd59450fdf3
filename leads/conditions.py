"""All that must hold at the instant of sending: a row each, which answers in an operator's words if it does not.

What no waiting changes puts the draft back into review (`OWN`, then `ASKED`). What passes by itself is waited for
(`WAITS`): the approval stands meanwhile, and everything is asked again then. A stop goes before a wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Max, Q
from django.db.models.functions import Lower

from connectors.ports import Message
from leads import autosend, offers, seals, sending, slots
from leads.briefs import Lost
from leads.facts import Slot
from leads.hours import week_of
from leads.models import AllowedForm, Draft, MailboxUpdate, Sending, WorkflowRun
from leads.outgoing import ELSEWHERE, Outgoing
from leads.readable import moment, zone_named
from leads.rules import Rule
from leads.screening import unwelcome

Status = Draft.Status
Mailbox = MailboxUpdate.State

NEWER = "newer_message"
EDIT_TAKES = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Wait:
    """What puts a sending off, to be read after “Waits for”, and until when."""

    what: str
    until: datetime


type Stop = Callable[[Outgoing], str]


def draft_only(out: Outgoing) -> str:
    lock = sending.lock_over(out.draft)
    return f"It stays a draft: {lock}." if lock else ""


def no_longer_by_itself(out: Outgoing) -> str:
    """One that its form had sent without a reviewer was scheduled while somebody turned that off."""
    nobody = Sending.objects.filter(pk=out.draft.pk, approved_by=None, draft__reviewed_at=None)
    may = AllowedForm.objects.filter(submissions=out.draft.run.submission_id, enabled=True, auto_send=True)
    return autosend.SWITCHED_OFF if nobody.exists() and not may.exists() else ""


def lead_erased(out: Outgoing) -> str:
    return "" if out.draft.lead_id else "The lead was erased."


def changed(out: Outgoing) -> str:
    if seals.seal_of(out.draft, out.times) == out.draft.approved_as:
        return ""
    if not out.draft.approved_as:
        return "It was approved before approvals were bound to what the draft says. Approve it again."
    return "It is not what was approved: its recipient, text, documents, times or thread have changed since."


def not_in_gmail(out: Outgoing) -> str:
    over = out.draft.run.state not in WorkflowRun.CLAIMABLE
    return "Its run ended before it put the draft into Gmail." if over and not out.draft.gmail_draft_id else ""


def edit_not_in_gmail(out: Outgoing) -> str:
    return "The newest edit did not reach Gmail, which has the text of before." if out.edit == Mailbox.FAILED else ""


def other_recipient(out: Outgoing) -> str:
    """Never to anyone but the submitter."""
    submitter = out.draft.lead.email if out.draft.lead else ""
    named = {out.draft.recipient.lower(), out.mail.to.lower()}
    stranger = next((address for address in named if address != submitter), "")
    return f"It is addressed to {stranger}, and the form was filled in by {submitter}." if stranger else ""


def suppressed(out: Outgoing) -> str:
    rule = unwelcome(out.draft.recipient, out.profile, opted_out=False)
    return rule.reason if rule else ""


def bounced(out: Outgoing) -> str:
    """Until they write from there themselves."""
    drafts = Draft.objects.filter(workspace=out.draft.workspace_id).annotate(address=Lower("recipient"))
    last = drafts.filter(address=out.draft.recipient.lower()).aggregate(
        bounced=Max("bounced_at"), wrote=Max("replied_at")
    )
    if last["bounced"] is None or (last["wrote"] and last["wrote"] > last["bounced"]):
        return ""
    return f"A mail to this address could not be delivered on {at(last['bounced'], out)}."


def time_too_near(out: Outgoing) -> str:
    late = offers.late(out.times, out.workspace.notice_hours, out.now)
    return f"It offers {at(late[0].start, out)}, which has passed, or is too near." if late else ""


def other_draft(out: Outgoing) -> str:
    """Two answers to one person; what was sent since the run read their mail, it has not read."""
    others = Draft.objects.filter(workspace=out.draft.workspace_id, lead=out.draft.lead_id).exclude(pk=out.draft.pk)
    on_its_way = Q(status__in=[Status.SENDING, Status.UNCERTAIN])
    since = out.draft.run.started_at or out.draft.created_at
    other = others.filter(Q(sent_at__gt=since) | on_its_way).order_by("-sent_at").first()
    if other is None:
        return ""
    if other.sent_at is None:
        return "Another draft to this person is being sent, or may have been."
    return f"Another draft to this person was sent on {at(other.sent_at, out)}."


def newer_message(out: Outgoing) -> str:
    newer = [message for message in out.unseen if not message.auto_submitted]
    return f"{author(newer[-1])} wrote in the thread on {at(newer[-1].sent_at, out)}." if newer else ""


def wrote_elsewhere(out: Outgoing) -> str:
    said = [message for message in out.elsewhere if not message.auto_submitted]
    return f"{author(said[0])} wrote outside of the thread on {at(said[0].sent_at, out)}." if said else ""


def opted_out(out: Outgoing) -> str:
    return Rule.OPTED_OUT.reason if out.contact and out.contact.opted_out else ""


def time_taken(out: Outgoing) -> str:
    taken = next((slot for slot in out.times if not slots.has_room(slot, out.busy, out.profile)), None)
    return f"{span_of(taken, out)} is taken in the calendar by now." if taken else ""


def check_fails(out: Outgoing) -> str:
    try:
        failed = next((one for one in out.checks if one.hard and not one.passed), None)
    except Lost as lost:
        return f"It can't be checked again. {lost}"
    return f"A check fails now. {failed.reason}" if failed else ""


def edited_in_gmail(out: Outgoing) -> str:
    """Recipients and attachments count. While an edit of ours is on its way, that is waited for."""
    if out.edit == Mailbox.PENDING or out.in_gmail is None or out.in_gmail[1] is not None:
        return ""
    return "Gmail has another text, subject, recipient or attachment than was approved: somebody edited it there."


OWN: Mapping[str, Stop] = {
    "draft_only": draft_only,
    "auto_send": no_longer_by_itself,
    "lead_erased": lead_erased,
    "changed": changed,
    "not_in_gmail": not_in_gmail,
    "edit_not_in_gmail": edit_not_in_gmail,
    "other_recipient": other_recipient,
    "suppressed": suppressed,
    "bounced": bounced,
    "time_too_near": time_too_near,
    "other_draft": other_draft,
}
"""By our own tables: asked first, and again in the transaction after which the draft is sent."""

ASKED: Mapping[str, Stop] = {
    NEWER: newer_message,
    ELSEWHERE: wrote_elsewhere,
    "opted_out": opted_out,
    "time_taken": time_taken,
    "check_fails": check_fails,
    "edited_in_gmail": edited_in_gmail,
}
"""By what the accounts say. The draft itself is read last, right before it is sent: somebody may have it open there."""


def edit_on_its_way(out: Outgoing) -> Wait | None:
    return Wait("its newest edit to reach Gmail", out.now + EDIT_TAKES) if out.edit == Mailbox.PENDING else None


def working_hours(out: Outgoing) -> Wait | None:
    if not out.workspace.send_in_hours:
        return None
    opens = week_of(out.workspace).next_open(out.now)
    return Wait(f"working hours, from {at(opens, out)}", opens) if opens > out.now else None


def daily_cap(out: Outgoing) -> Wait | None:
    """Counted with those that may have been sent; whoever asks keeps others from sending until its own counts."""
    midnight = day_of(out, 0)
    # In one statement: between two, a draft that arrives would be neither on its way nor sent.
    of_today = Q(status=Status.SENT, sent_at__gte=midnight) | Q(sending__tried_at__gte=midnight)
    counted = Draft.objects.filter(of_today, workspace=out.workspace).exclude(pk=out.draft.pk).count()
    cap = out.workspace.daily_cap
    full = f"tomorrow: today’s {cap} were sent, the most a day"
    return Wait(full, day_of(out, 1)) if counted >= cap else None


WAITS: Mapping[str, Callable[[Outgoing], Wait | None]] = {
    "edit_on_its_way": edit_on_its_way,
    "working_hours": working_hours,
    "daily_cap": daily_cap,
}
"""Asked last, in the same transaction as `OWN`."""


def stopped(out: Outgoing, conditions: Mapping[str, Stop]) -> tuple[str, str] | None:
    """The first of `conditions` that forbids sending: its name, and what to tell an operator."""
    return next(((name, why) for name, ask in conditions.items() if (why := ask(out))), None)


def waiting(out: Outgoing) -> Wait | None:
    """What puts it off for longest."""
    return max((wait for ask in WAITS.values() if (wait := ask(out))), key=lambda wait: wait.until, default=None)


def day_of(out: Outgoing, ahead: int) -> datetime:
    """When the workspace's day begins, or one of those after it."""
    zone = zone_named(out.workspace.timezone)
    day = out.now.astimezone(zone).date() + timedelta(days=ahead)
    return datetime.combine(day, time(), tzinfo=zone)


def author(message: Message) -> str:
    return message.sender_name or message.sender


def at(instant: datetime, out: Outgoing) -> str:
    return moment(instant, zone_named(out.workspace.timezone))


def span_of(slot: Slot, out: Outgoing) -> str:
    return f"{at(slot.start, out)} to {slot.end.astimezone(zone_named(out.workspace.timezone)):%H:%M}"
