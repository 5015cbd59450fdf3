"""What people change of a draft: each change is a revision that is checked, and brought to the mailbox.

As with verdicts, each says which version the person saw; if the draft has changed since, nothing is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from leads import audit, codec, drafts, holds
from leads.briefs import Dossier, times_of
from leads.engine.bell import ring
from leads.facts import Check, Slot
from leads.models import Draft, DraftRevision, MailboxUpdate

Status = Draft.Status
Mailbox = MailboxUpdate.State

LONGEST_SUBJECT = 300
LONGEST_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person can change of a draft."""

    subject: str
    body: str
    times: tuple[Slot, ...]
    asset_ids: tuple[str, ...]

    def tidied(self) -> Edit:
        """Without what no mail can carry: line breaks in the subject, NUL, blanks at the ends of lines."""
        body = codec.storable(self.body).replace("\r\n", "\n").replace("\r", "\n")
        rows = "\n".join(row.rstrip() for row in body.split("\n")).strip("\n")
        return Edit(" ".join(codec.storable(self.subject).split()), f"{rows}\n", self.times, self.asset_ids)

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


def save(draft: Draft, wording: Edit, dossier: Dossier, *, version: int, by: User) -> bool:
    """Give the draft another wording, check it, and send it on its way to the mailbox. False if nothing changed."""
    wording = wording.tidied()
    if wording.fault:
        raise drafts.NotPossible(wording.fault)
    checks = dossier.check(wording.subject, wording.body, wording.times, wording.asset_ids)
    # Race: two people who edit, or one who edits while another decides; the first stands.
    with transaction.atomic():
        before = Draft.objects.select_related("workspace", "run").filter(pk=draft.pk, version=version).first()
        if before is None or before.status != Status.READY:
            raise drafts.refusal(draft, version, by)
        old_times = times_of(before, dossier)
        if wording == Edit(before.subject, before.body, old_times, tuple(before.asset_ids)).tidied():
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
            raise drafts.refusal(draft, version, by)
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
        raise drafts.NotPossible("That wording is not kept. Nothing was changed.")
    times = codec.decode(earlier.slots, tuple[Slot, ...])
    wording = Edit(earlier.subject, earlier.body, times, tuple(earlier.asset_ids))
    return save(draft, wording, dossier, version=version, by=by)


def is_sound(checks: tuple[Check, ...]) -> bool:
    return all(check.passed for check in checks if check.hard)


def revise(
    before: Draft,
    old_times: tuple[Slot, ...],
    wording: Edit,
    checks: tuple[Check, ...],
    by: User | None,
    *,
    in_gmail: bool = False,
) -> int:
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
        in_gmail=in_gmail,
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
            raise drafts.NotPossible("There is no edit of this draft that could be tried again.")
        audit.record("draft_update_retried", draft.workspace, actor=by.get_username(), run=draft.run, draft=draft.pk)
        ring()
