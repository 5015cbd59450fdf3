"""Drafts that wait for review and that the mailbox does not have."""

from __future__ import annotations

from collections.abc import Iterator

from leads import runs
from leads.models import Draft, WorkflowRun, Workspace
from leads.reconciliation.finding import Check, Finding, lately


def not_in_mailbox(workspace: Workspace) -> Iterator[Finding]:
    found = Draft.objects.filter(
        workspace=workspace,
        status=Draft.Status.READY,
        gmail_draft_id="",
        created_at__gte=lately(),
        run__state=WorkflowRun.State.DONE,
        run__again=None,
    )
    for draft in found.order_by("pk").iterator():
        yield Finding(
            str(draft.run_id), f"Draft {draft.pk} is to be reviewed, and has no draft in Gmail.", draft.run_id
        )


def make_again(workspace: Workspace, subject: str, actor: str) -> None:
    """The new run looks in the mailbox first, so a draft that is there after all is used."""
    runs.start_again(WorkflowRun.objects.get(pk=subject, workspace=workspace), actor=actor)


NOT_IN_MAILBOX = Check(
    "Drafts without a draft in Gmail",
    "Written and shown for review, and never kept in the mailbox.",
    "Start the run again",
    not_in_mailbox,
    make_again,
    is_sent_off=True,
)
