"""A draft that somebody sent or deleted in Gmail is settled here, too, with the words that went out."""

from __future__ import annotations

from leads import audit, briefs, codec, editing, sending
from leads.briefs import Dossier, Lost
from leads.following import edits, review
from leads.following.findings import Left
from leads.models import Draft, MailboxUpdate

Status = Draft.Status
Mailbox = MailboxUpdate.State


def take_over(found: Left) -> bool:
    draft = review.locked(found.draft)
    if draft is None or draft.gmail_message_id != found.was:
        return True
    sent = found.sent
    sending.left_by_hand(draft, sent_at=sent.message.sent_at if sent else None)
    MailboxUpdate.objects.filter(draft=draft.pk).update(state=Mailbox.GONE, lease=None)
    if sent is None:
        return True
    # What `leads.engine.sending` found gone at the last moment has no text of what was sent yet.
    by_hand = Draft.objects.filter(pk=draft.pk, status=Status.BY_HAND)
    if by_hand.update(gmail_message_id=sent.message.id, gmail_thread_id=sent.thread_id, sent_at=sent.message.sent_at):
        keep_what_was_sent(draft, found)
    return True


def keep_what_was_sent(draft: Draft, found: Left) -> None:
    """As a revision of its own, where it isn't what stands here."""
    if found.sent is None:
        return
    message = found.sent.message
    wording = editing.Edit(message.subject, message.text, (), tuple(draft.asset_ids)).tidied()
    if words(wording.subject, wording.body) == words(draft.subject, draft.body):
        return
    dossier = edits.dossier_of(draft)
    times = briefs.times_of(draft, dossier) if isinstance(dossier, Dossier) else ()
    still = () if isinstance(dossier, Lost) else tuple(one for one in times if dossier.time_line(one) in wording.body)
    subject = wording.subject[: editing.LONGEST_SUBJECT]
    sent = editing.Edit(subject, wording.body, still, wording.asset_ids)
    editing.revise(draft, times, sent, (), None, in_gmail=True)
    Draft.objects.filter(pk=draft.pk).update(
        subject=subject, body=sent.body, checks=codec.builtins(()), kept=editing.share_kept(draft, sent.body)
    )
    audit.record("draft_sent_changed", draft.workspace, actor="", run=draft.run, draft=draft.pk)


def words(*texts: str) -> list[str]:
    """Gmail wraps lines and trims blanks."""
    return " \x00 ".join(texts).split()
