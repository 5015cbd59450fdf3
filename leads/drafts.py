"""What people can do to a draft. Approving sends nothing; it tells the product what good looks like."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from leads import audit
from leads.models import Draft, WorkflowRun

Status = Draft.Status


class NotPossible(Exception):
    """The draft is not open for review; the message says why."""


def approve(draft: Draft, *, by: User) -> None:
    """Mark a draft as one that may go as it is. One with a failed hard check can't be approved."""
    if not draft.is_sound:
        failed = ", ".join(check["name"] for check in draft.checks if check.get("hard") and not check.get("passed"))
        raise NotPossible(f"“{draft}” fails {failed}.")
    review(draft, Status.APPROVED, by=by)


def reject(draft: Draft, *, reason: str, by: User) -> None:
    """Mark a draft as one that should not go, and say why."""
    review(draft, Status.REJECTED, by=by, reason=reason)


def review(draft: Draft, status: str, *, by: User, reason: str = "") -> None:
    # Race: two reviewers; the first verdict stands.
    with transaction.atomic():
        changed = Draft.objects.filter(pk=draft.pk, status=Status.READY).update(
            status=status, reviewed_by=by, reviewed_at=timezone.now(), rejected_because=reason[:300]
        )
        if not changed:
            raise NotPossible(f"“{draft}” was reviewed already.")
        audit.record(f"draft_{status}", draft.workspace, actor=by.get_username(), run=draft.run, draft=draft.pk)


STARTED_AGAIN = "started again"


def supersede(run: WorkflowRun, *, actor: str) -> None:
    """Close the open draft of a run that is started again: the new run writes its own, in the same place."""
    # Race: somebody approves it at this moment; a transaction around this keeps what is decided here.
    draft = Draft.objects.select_for_update(of=("self",)).filter(run=run).first()
    if draft is None or draft.status == Status.REJECTED:
        return
    if draft.status != Status.READY:
        raise NotPossible(f"its draft is {draft.get_status_display().lower()}. Take that back first.")
    Draft.objects.filter(pk=draft.pk).update(
        status=Status.REJECTED, reviewed_at=timezone.now(), rejected_because=STARTED_AGAIN
    )
    audit.record("draft_superseded", run.workspace, actor=actor, run=run, draft=draft.pk)
