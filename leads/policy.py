"""The DRAFT_ONLY gate: the one place that says whether an outside write may happen now."""

from __future__ import annotations

from django.conf import settings

from leads.effects import Effect
from leads.models import WorkflowRun


def withheld_by(effect: type[Effect], *, workspace_draft_only: bool, form_draft_only: bool) -> str:
    """The lock that keeps this kind of write planned, or nothing if it may happen."""
    if effect.own_mailbox:
        return ""
    if settings.WORKFLOW_MODE != "SEND":
        return "WORKFLOW_MODE is DRAFT_ONLY"
    if workspace_draft_only:
        return "the workspace is DRAFT_ONLY"
    if form_draft_only:
        return "the form is draft-only"
    return ""


def lock_over(effect: type[Effect], run: WorkflowRun) -> str:
    """The same as the loaded rows say: to plan and to show with. Before a write the database is asked again."""
    form = run.submission.form
    return withheld_by(
        effect,
        workspace_draft_only=run.workspace.draft_only,
        form_draft_only=run.submission.draft_only or bool(form and form.draft_only),
    )
