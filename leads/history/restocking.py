"""The sandbox forgets its mailbox when it ends: what the database says is in there is put back."""

from __future__ import annotations

from dataclasses import replace

from leads.following import watched
from leads.models import MailboxWatch, Workspace
from leads.outgoing import Outgoing


def restock(workspace: Workspace) -> int:
    """Every open draft is in the mailbox again, under ids and in a thread of today; how many. Before workers start."""
    mailbox = None
    drafts = watched.open_drafts(workspace).select_related("workspace").order_by("pk")
    for draft in drafts:
        out = Outgoing(draft)
        mailbox = mailbox or out.accounts.mail
        saved = mailbox.create_draft(replace(out.mail, thread_id=""))
        draft.gmail_draft_id, draft.gmail_message_id = saved.draft_id, saved.message_id
        draft.gmail_thread_id = saved.thread_id
        draft.save(update_fields=["gmail_draft_id", "gmail_message_id", "gmail_thread_id"])
    MailboxWatch.objects.filter(workspace=workspace).delete()  # it was read in another mailbox
    return len(drafts)
