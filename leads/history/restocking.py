"""The sandbox forgets its mailbox when it ends: what the database says is in there is put back."""

from __future__ import annotations

from dataclasses import replace

from leads.effects import CreateDraft
from leads.following import watched
from leads.models import Draft, Effect, MailboxWatch, Workspace
from leads.outgoing import Outgoing

KEPT = (*watched.OPEN, Draft.Status.REJECTED)  # Gmail keeps what was rejected, too


def restock(workspace: Workspace) -> int:
    """Every draft that nobody sent or deleted is there again, under ids of today; how many. Before workers start."""
    mailbox = None
    drafts = Draft.objects.filter(workspace=workspace, status__in=KEPT).exclude(gmail_draft_id="").order_by("pk")
    for draft in drafts.select_related("workspace"):
        out = Outgoing(draft)
        mailbox = mailbox or out.accounts.mail
        saved = mailbox.create_draft(replace(out.mail, thread_id=""))
        draft.gmail_draft_id, draft.gmail_message_id = saved.draft_id, saved.message_id
        draft.gmail_thread_id = saved.thread_id
        draft.save(update_fields=["gmail_draft_id", "gmail_message_id", "gmail_thread_id"])
        ids = {"draft": saved.draft_id, "message": saved.message_id, "thread": saved.thread_id}
        Effect.objects.filter(run=draft.run_id, kind=CreateDraft.kind).update(result=ids)
    MailboxWatch.objects.filter(workspace=workspace).delete()  # it was read in another mailbox
    return drafts.count()
