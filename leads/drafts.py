"""What people can do to a draft. Under DRAFT_ONLY approving only marks it; else it is sent after its undo window.

Each says which version the person saw. If the draft has changed since, nothing happens but a `Conflict`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from leads import audit, codec, holds, offers, seals, sending
from leads.models import Draft, Event, MailboxUpdate, Sending, WorkflowRun
from leads.models.draft import GOOD
from leads.readable import span

Status = Draft.Status
Mailbox = MailboxUpdate.State

TOLD = {
    "draft_approved": "approved it",
    "draft_rejected": "rejected it",
    "draft_reopened": "took the verdict on it back",
    "draft_edited": "edited it",
    "draft_superseded": "started its run again",
    "draft_scheduled": "scheduled it to be sent",
    "draft_returned": "put it back into review",
    "draft_sent": "sent it",
    "draft_edited_in_gmail": "edited it in Gmail",
    "draft_closed": "closed it",
    "draft_settled": "settled whether it was sent",
}
SYSTEM = "The system"
# Verdicts that can be taken back: nothing has left yet.
TAKEN_BACK = (Status.APPROVED, Status.REJECTED, Status.SCHEDULED)


class NotPossible(Exception):
    """The draft does not allow it; the message says why."""


class Conflict(NotPossible):
    """Somebody was faster; the message says who did what, when."""


def approve(draft: Draft, *, version: int, by: User) -> datetime | None:
    """Find a draft good as it is. One with a failed hard check can't be approved.

    When it will be sent unless somebody takes the verdict back; None where DRAFT_ONLY keeps it in the mailbox.
    """
    with transaction.atomic():
        decide(draft, Status.APPROVED, version=version, by=by)
        approved = Draft.objects.select_related("workspace", "run").get(pk=draft.pk)
        times = offers.on_offer([draft.pk]).get(draft.pk, ())
        Draft.objects.filter(pk=draft.pk).update(approved_as=seals.seal_of(approved, times))
        return None if sending.lock_over(approved) else sending.schedule(approved, by=by)


def send(draft: Draft, *, version: int, by: User) -> datetime:
    """Send a draft that was approved while DRAFT_ONLY was on; when it will go."""
    with transaction.atomic():
        approved = Draft.objects.select_for_update(of=("self",)).select_related("workspace", "run").get(pk=draft.pk)
        if approved.status != Status.APPROVED or approved.version != version:
            raise refusal(draft, version, by)
        if lock := sending.lock_over(approved):
            raise NotPossible(f"“{draft}” stays a draft: {lock}.")
        Draft.objects.filter(pk=draft.pk).update(version=F("version") + 1)
        return sending.schedule(approved, by=by)


def settle(draft: Draft, *, was_sent: bool, version: int, by: User) -> None:
    """Say what became of a draft of which nobody else can tell whether it was sent."""
    with transaction.atomic():
        unsettled = Draft.objects.select_for_update(of=("self",)).select_related("workspace", "run").get(pk=draft.pk)
        if unsettled.status != Status.UNCERTAIN or unsettled.version != version:
            raise refusal(draft, version, by)
        actor = by.get_username()
        if was_sent:
            sent_at = Sending.objects.values_list("tried_at", flat=True).get(draft=draft.pk) or timezone.now()
            Draft.objects.filter(pk=draft.pk).update(status=Status.SENT, version=F("version") + 1, sent_at=sent_at)
            Sending.objects.filter(draft=draft.pk).delete()
        else:
            why = "It may have been sent, and turned out not to be."
            sending.give_back(unsettled, why, cause="not_sent", status=[Status.UNCERTAIN], actor=actor)
        audit.record(
            "draft_settled", unsettled.workspace, actor=actor, run=unsettled.run, draft=draft.pk, sent=was_sent
        )


def reject(draft: Draft, *, version: int, reason: str, by: User) -> None:
    """Mark a draft as one that should not go, and say why."""
    decide(draft, Status.REJECTED, version=version, by=by, reason=reason)


def decide(draft: Draft, status: Status, *, version: int, by: User, reason: str = "") -> None:
    fit = Q(is_sound=True) if status == Status.APPROVED else Q()
    # Race: two reviewers; the first verdict stands.
    with transaction.atomic():
        changed = Draft.objects.filter(fit, pk=draft.pk, status=Status.READY, version=version).update(
            status=status,
            version=F("version") + 1,
            reviewed_by=by,
            reviewed_at=timezone.now(),
            rejected_because=codec.storable(reason)[:300],
            returned_because="",
        )
        if not changed:
            raise refusal(draft, version, by)
        if status == Status.APPROVED and offers.is_late(draft, timezone.now()):
            raise NotPossible(
                f"“{draft}” can't be approved: a time that it offers has passed, or is too near. "
                "Edit it: tick other times, or leave them out."
            )
        if status == Status.REJECTED:
            holds.release(draft.run_id)
        audit.record(f"draft_{status}", draft.workspace, actor=by.get_username(), run=draft.run, draft=draft.pk)


def reopen(draft: Draft, *, version: int, by: User) -> None:
    """Take the verdict back while nothing has been sent. Whoever may review may do so, whosever verdict it was.

    Not of a draft whose run was started again: another has taken its place.
    """
    # Race: its undo window ends at this moment. Whoever gets the draft's row first decides.
    with transaction.atomic():
        changed = Draft.objects.filter(pk=draft.pk, status__in=TAKEN_BACK, version=version, run__again=None).update(
            status=Status.READY,
            version=F("version") + 1,
            reviewed_by=None,
            reviewed_at=None,
            rejected_because="",
            approved_as="",
        )
        if not changed:
            raise refusal(draft, version, by)
        Sending.objects.filter(draft=draft.pk).delete()
        holds.keep(draft.run, offers.on_offer([draft.pk]).get(draft.pk, ()), timezone.now())
        audit.record("draft_reopened", draft.workspace, actor=by.get_username(), run=draft.run, draft=draft.pk)


def refusal(draft: Draft, version: int, by: User) -> NotPossible:
    """Why a change was refused: somebody was faster, or the draft is not fit for it."""
    now = Draft.objects.filter(pk=draft.pk).first()
    if now is None:
        return NotPossible(f"“{draft}” is no longer there.")
    if now.version == version and now.status == Status.READY:
        return NotPossible(f"“{now}” can't be approved: {fails(failed(now))}. Edit it, or reject it.")
    last = Event.objects.filter(run=now.run_id, kind__in=TOLD, facts__draft=now.pk).order_by("-at", "-pk").first()
    if last is None:
        return Conflict(f"“{now}” has changed since you opened it. Nothing of yours was saved.")
    who = "You" if last.actor == by.get_username() else name_of(last.actor) or SYSTEM
    ago = span(timedelta(seconds=round((timezone.now() - last.at).total_seconds())))
    return Conflict(f"{who} {TOLD[last.kind]} {ago} ago, so nothing of yours was saved. “{now}” is {state_of(now)}.")


def failed(draft: Draft) -> int:
    """How many hard checks it fails."""
    return sum(bool(check.get("hard")) and not check.get("passed") for check in draft.checks)


def fails(number: int) -> str:
    return "a check fails" if number == 1 else f"{number} checks fail"


def state_of(draft: Draft) -> str:
    return draft.get_status_display().lower()


def name_of(username: str) -> str:
    """How colleagues call the person."""
    user = User.objects.filter(username=username).first()
    return (user.get_full_name() if user else "") or username


def supersede(run: WorkflowRun, *, actor: str) -> None:
    """Close the open draft of a run that is started again: the new run writes its own, in the same place."""
    # Race: somebody approves it at this moment; a transaction around this keeps what is decided here.
    draft = Draft.objects.select_for_update(of=("self",)).filter(run=run).first()
    if draft is None:
        return
    if draft.status in {Status.APPROVED, Status.SCHEDULED}:
        raise NotPossible(f"its draft is {state_of(draft)}. Take that back first.")
    if draft.status in GOOD:
        raise NotPossible(f"its draft: {state_of(draft)}. Another would be a second answer.")
    forget_edits(draft)
    holds.release(draft.run_id)
    Draft.objects.filter(pk=draft.pk).update(version=F("version") + 1)
    if draft.status != Status.READY:
        return
    Draft.objects.filter(pk=draft.pk).update(status=Status.SUPERSEDED, reviewed_at=timezone.now())
    audit.record("draft_superseded", run.workspace, actor=actor, run=run, draft=draft.pk)


def forget_edits(draft: Draft) -> None:
    """No edit of this draft may reach the mailbox any more, where another draft takes its place."""
    never_left = Q(tried__lte=F("held")) | Q(state=Mailbox.FAILED)
    MailboxUpdate.objects.filter(never_left, draft=draft, lease=None).delete()
    if MailboxUpdate.objects.filter(draft=draft, state=Mailbox.PENDING).exists():
        raise NotPossible("an edit of its draft is on its way to Gmail. Try again in a minute.")
