"""What people can do to a draft. Approving sends nothing; it tells the product what good looks like.

Each says which version the person saw. If the draft has changed since, nothing happens but a `Conflict`.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from leads import audit, codec, holds, offers
from leads.models import Draft, Event, MailboxUpdate, WorkflowRun
from leads.models.draft import STARTED_AGAIN
from leads.readable import span

Status = Draft.Status
Mailbox = MailboxUpdate.State

TOLD = {
    "draft_approved": "approved it",
    "draft_rejected": "rejected it",
    "draft_reopened": "took the verdict on it back",
    "draft_edited": "edited it",
    "draft_superseded": "started its run again",
}


class NotPossible(Exception):
    """The draft does not allow it; the message says why."""


class Conflict(NotPossible):
    """Somebody was faster; the message says who did what, when."""


def approve(draft: Draft, *, version: int, by: User) -> None:
    """Mark a draft as one that may go as it is. One with a failed hard check can't be approved."""
    decide(draft, Status.APPROVED, version=version, by=by)


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
    """Take the verdict back. Nothing has been sent yet, so whoever may review may do so, whosever verdict it was.

    Not of a draft whose run was started again: another has taken its place.
    """
    with transaction.atomic():
        changed = Draft.objects.filter(
            pk=draft.pk, status__in=[Status.APPROVED, Status.REJECTED], version=version, run__again=None
        ).update(status=Status.READY, version=F("version") + 1, reviewed_by=None, reviewed_at=None, rejected_because="")
        if not changed:
            raise refusal(draft, version, by)
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
    who = "You" if last.actor == by.get_username() else name_of(last.actor)
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
    if draft.status not in {Status.READY, Status.REJECTED}:
        raise NotPossible(f"its draft is {draft.get_status_display().lower()}. Take that back first.")
    forget_edits(draft)
    holds.release(draft.run_id)
    Draft.objects.filter(pk=draft.pk).update(version=F("version") + 1)
    if draft.status == Status.REJECTED:
        return
    Draft.objects.filter(pk=draft.pk).update(
        status=Status.REJECTED, reviewed_at=timezone.now(), rejected_because=STARTED_AGAIN
    )
    audit.record("draft_superseded", run.workspace, actor=actor, run=run, draft=draft.pk)


def forget_edits(draft: Draft) -> None:
    """No edit of this draft may reach the mailbox any more, where another draft takes its place."""
    never_left = Q(tried__lte=F("held")) | Q(state=Mailbox.FAILED)
    MailboxUpdate.objects.filter(never_left, draft=draft, lease=None).delete()
    if MailboxUpdate.objects.filter(draft=draft, state=Mailbox.PENDING).exists():
        raise NotPossible("an edit of its draft is on its way to Gmail. Try again in a minute.")
