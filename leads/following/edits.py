"""What somebody wrote into a draft in Gmail becomes its newest revision, is checked, and must be approved again."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from connectors.mail_feed import DraftText
from connectors.ports import SavedDraft
from leads import audit, briefs, codec, editing, holds
from leads.briefs import Dossier, Lost
from leads.engine.bell import ring
from leads.facts import Check, Slot
from leads.following import review, watched
from leads.following.findings import Edited, SavedAgain
from leads.models import Draft, DraftRevision, MailboxUpdate

Mailbox = MailboxUpdate.State


@dataclass(frozen=True, slots=True)
class Reading:
    """What a draft in Gmail offers and says, and how it fares."""

    wording: editing.Edit
    checks: tuple[Check, ...]


def take_over(found: Edited) -> bool:
    """False if an edit of ours is being written into the mailbox at this moment."""
    draft = review.locked(found.draft)
    if draft is None or draft.gmail_message_id != found.was or draft.status not in watched.OPEN:
        return True
    update = MailboxUpdate.objects.select_for_update().filter(draft=draft.pk).first()
    if update is not None and update.lease is not None and update.state == Mailbox.PENDING:
        return False
    dossier = dossier_of(draft)
    reading = read(draft, found.now, dossier)
    if is_known(draft, reading):
        move(draft, found.now.saved)
        settle(draft, update, update.held if update else 1)
        return True
    lost = update.wanted if update is not None and update.held < update.wanted else 0
    old_times = briefs.times_of(draft, dossier) if isinstance(dossier, Dossier) else ()
    number = editing.revise(draft, old_times, reading.wording, reading.checks, None, in_gmail=True)
    review.bring_back(draft, told(draft, lost), cause="edited_in_gmail")
    sound = editing.is_sound(reading.checks)
    Draft.objects.filter(pk=draft.pk).update(
        subject=reading.wording.subject,
        body=reading.wording.body,
        asset_ids=list(reading.wording.asset_ids),
        checks=codec.builtins(reading.checks),
        is_sound=sound,
        kept=editing.share_kept(draft, reading.wording.body),
    )
    move(draft, found.now.saved)
    settle(draft, update, number)
    holds.keep(draft.run, reading.wording.times, timezone.now())
    audit.record(
        "draft_edited_in_gmail", draft.workspace, actor="", run=draft.run, draft=draft.pk, revision=number, sound=sound
    )
    return True


def follow(found: SavedAgain) -> bool:
    """The draft is where it was, under another id."""
    draft = review.locked(found.draft)
    if draft is None or draft.gmail_message_id != found.was or draft.status not in watched.OPEN:
        return True
    move(draft, found.now)
    waits = MailboxUpdate.objects.filter(draft=draft.pk, state=Mailbox.EDITED, held__lt=F("wanted"))
    if waits.update(state=Mailbox.PENDING, due_at=Now(), attempt=0):
        ring()
    MailboxUpdate.objects.filter(draft=draft.pk, state=Mailbox.EDITED).update(state=Mailbox.DONE)
    return True


def move(draft: Draft, saved: SavedDraft) -> None:
    Draft.objects.filter(pk=draft.pk).update(gmail_message_id=saved.message_id, gmail_thread_id=saved.thread_id)


def settle(draft: Draft, update: MailboxUpdate | None, number: int) -> None:
    """The mailbox has revision `number`, and nothing of ours may be written over it."""
    as_it_is = {"state": Mailbox.DONE, "wanted": number, "held": number, "tried": number}
    if update is not None:
        MailboxUpdate.objects.filter(pk=update.pk).update(
            **as_it_is, lease=None, attempt=0, error_kind="", error="", due_at=Now()
        )
    elif number > 1:
        MailboxUpdate.objects.create(draft=draft, workspace=draft.workspace, due_at=timezone.now(), **as_it_is)


def told(draft: Draft, lost: int) -> str:
    """For the reviewer. `lost` is the revision that was written here and had not reached Gmail."""
    here = f" What was written here meanwhile is kept as revision {lost}." if lost else ""
    return f"Somebody edited it in Gmail; found {review.at(timezone.now(), draft.workspace)}.{here}"


def dossier_of(draft: Draft) -> Dossier | Lost:
    try:
        return briefs.dossier_of(draft.run)
    except Lost as lost:
        return lost


def read(draft: Draft, now: DraftText, dossier: Dossier | Lost) -> Reading:
    """What stands in Gmail, with the times and documents that it names, and every check of it."""
    times: tuple[Slot, ...] = ()
    assets: tuple[str, ...] = ()
    if isinstance(dossier, Dossier):
        times = tuple(slot for slot in dossier.times if dossier.time_line(slot) in now.text)
        assets = tuple(file.id for file in dossier.files if file.url and file.url in now.text)
    whole = editing.Edit(now.subject, now.text, times, assets).tidied()
    wording = editing.Edit(whole.subject[: editing.LONGEST_SUBJECT], whole.body, times, assets)
    if isinstance(dossier, Lost):
        return Reading(wording, (failing("facts_known", str(dossier)),))
    checks = dossier.check(wording.subject, wording.body, times, assets, recipients=now.to)
    odd = {
        "can_be_sent": whole.fault,
        "attachments": f"“{now.files[0]}” was attached in Gmail. Send it from there, or take it out."
        if now.files
        else "",
    }
    failed = tuple(failing(name, reason) for name, reason in odd.items() if reason)
    names = {one.name for one in failed}
    return Reading(wording, (*failed, *(one for one in checks if one.name not in names)))


def failing(name: str, reason: str) -> Check:
    return Check(name=name, hard=True, passed=False, reason=reason)


def is_known(draft: Draft, reading: Reading) -> bool:
    """Whether it is the newest revision, and that came from Gmail too: one with recipients of its own, saved again."""
    newest = DraftRevision.objects.filter(draft=draft).order_by("-number").first()
    if newest is None or not newest.in_gmail:
        return False
    failed = [one.name for one in reading.checks if not one.passed]
    before = [one.get("name") for one in newest.checks if not one.get("passed")]
    return (newest.subject, newest.body, before) == (reading.wording.subject, reading.wording.body, failed)
