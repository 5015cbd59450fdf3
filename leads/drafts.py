"""What people can do to a draft. Approving sends nothing; it tells the product what good looks like.

Each says which version the person saw. If the draft has changed since, nothing happens but a `Conflict`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from leads import audit, codec, holds, offers
from leads.briefs import Dossier, times_of
from leads.engine.bell import ring
from leads.facts import Check, Slot
from leads.models import Draft, DraftRevision, Event, MailboxUpdate, WorkflowRun
from leads.models.draft import STARTED_AGAIN
from leads.readable import span

Status = Draft.Status
Mailbox = MailboxUpdate.State

LONGEST_SUBJECT = 300
LONGEST_BODY = 20_000
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


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person can change of a draft."""

    subject: str
    body: str
    times: tuple[Slot, ...]
    asset_ids: tuple[str, ...]

    def tidied(self) -> Wording:
        """Without what no mail can carry: line breaks in the subject, NUL, blanks at the ends of lines."""
        body = codec.storable(self.body).replace("\r\n", "\n").replace("\r", "\n")
        rows = "\n".join(row.rstrip() for row in body.split("\n")).strip("\n")
        return Wording(" ".join(codec.storable(self.subject).split()), f"{rows}\n", self.times, self.asset_ids)

    @property
    def fault(self) -> str:
        """Why nobody could send this, or nothing."""
        if not self.subject:
            return "The subject is empty. Write one, or leave the edit."
        if not self.body.strip():
            return "The text is empty. To drop the draft, reject it."
        if len(self.subject) > LONGEST_SUBJECT:
            return f"The subject has {len(self.subject)} characters; {LONGEST_SUBJECT} is the most."
        if len(self.body) > LONGEST_BODY:
            return f"The text has {len(self.body)} characters; {LONGEST_BODY} is the most."
        return ""


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


def edit(draft: Draft, wording: Wording, dossier: Dossier, *, version: int, by: User) -> bool:
    """Give the draft another wording, check it, and send it on its way to the mailbox. False if nothing changed."""
    wording = wording.tidied()
    if wording.fault:
        raise NotPossible(wording.fault)
    checks = dossier.check(wording.subject, wording.body, wording.times, wording.asset_ids)
    # Race: two people who edit, or one who edits while another decides; the first stands.
    with transaction.atomic():
        before = Draft.objects.select_related("workspace", "run").filter(pk=draft.pk, version=version).first()
        if before is None or before.status != Status.READY:
            raise refusal(draft, version, by)
        old_times = times_of(before, dossier)
        if wording == Wording(before.subject, before.body, old_times, tuple(before.asset_ids)).tidied():
            return False
        changed = Draft.objects.filter(pk=draft.pk, status=Status.READY, version=version).update(
            subject=wording.subject,
            body=wording.body,
            asset_ids=list(wording.asset_ids),
            checks=codec.builtins(checks),
            is_sound=is_sound(checks),
            version=F("version") + 1,
        )
        if not changed:
            raise refusal(draft, version, by)
        number = revise(before, old_times, wording, checks, by)
        Draft.objects.filter(pk=draft.pk).update(kept=share_kept(draft, wording.body))
        bring_to_mailbox(before, number)
        holds.keep(before.run, wording.times, timezone.now())
        audit.record(
            "draft_edited",
            before.workspace,
            actor=by.get_username(),
            run=before.run,
            draft=draft.pk,
            revision=number,
            sound=is_sound(checks),
        )
        ring()
    return True


def revert(draft: Draft, number: int, dossier: Dossier, *, version: int, by: User) -> bool:
    """Bring an earlier wording back, as a new revision."""
    earlier = DraftRevision.objects.filter(draft=draft, number=number).first()
    if earlier is None:
        raise NotPossible("That wording is not kept. Nothing was changed.")
    times = codec.decode(earlier.slots, tuple[Slot, ...])
    wording = Wording(earlier.subject, earlier.body, times, tuple(earlier.asset_ids))
    return edit(draft, wording, dossier, version=version, by=by)


def is_sound(checks: tuple[Check, ...]) -> bool:
    return all(check.passed for check in checks if check.hard)


def revise(before: Draft, old_times: tuple[Slot, ...], wording: Wording, checks: tuple[Check, ...], by: User) -> int:
    """Keep the new wording, and the writer's own when it is the first; its number."""
    number = DraftRevision.objects.filter(draft=before).count()
    if not number:
        number = 1
        DraftRevision.objects.create(
            draft=before,
            number=number,
            subject=before.subject,
            body=before.body,
            slots=codec.builtins(old_times),
            asset_ids=before.asset_ids,
            checks=before.checks,
            is_sound=before.is_sound,
            at=before.created_at,
        )
    DraftRevision.objects.create(
        draft=before,
        number=number + 1,
        subject=wording.subject,
        body=wording.body,
        slots=codec.builtins(wording.times),
        asset_ids=list(wording.asset_ids),
        checks=codec.builtins(checks),
        is_sound=is_sound(checks),
        by=by,
        at=timezone.now(),
    )
    return number + 1


def share_kept(draft: Draft, body: str) -> float:
    """How much of the writer's own wording is still there, in words."""
    written = DraftRevision.objects.get(draft=draft, number=1).body.split()
    same = SequenceMatcher(None, written, body.split(), autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) / max(1, len(written))


def bring_to_mailbox(draft: Draft, number: int) -> None:
    """Ask for revision `number` in the mailbox. While a worker writes, nobody else may; what people wrote stays."""
    wanted = {"workspace": draft.workspace, "wanted": number, "due_at": timezone.now()}
    update, is_new = MailboxUpdate.objects.get_or_create(draft=draft, defaults=wanted)
    if not is_new:
        MailboxUpdate.objects.filter(pk=update.pk).update(
            wanted=number,
            state=Case(When(state__in=[Mailbox.EDITED, Mailbox.GONE], then=F("state")), default=Value(Mailbox.PENDING)),
            due_at=Case(When(lease=None, then=Now()), default=F("due_at")),
            attempt=0,
        )


def bring_again(draft: Draft, *, by: User) -> None:
    """Let an edit that did not reach the mailbox try again."""
    with transaction.atomic():
        changed = MailboxUpdate.objects.filter(draft=draft, state=Mailbox.FAILED, draft__run__again=None).update(
            state=Mailbox.PENDING, due_at=Now(), attempt=0
        )
        if not changed:
            raise NotPossible("There is no edit of this draft that could be tried again.")
        audit.record("draft_update_retried", draft.workspace, actor=by.get_username(), run=draft.run, draft=draft.pk)
        ring()


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
