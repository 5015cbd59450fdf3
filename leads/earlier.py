"""What earlier runs of the same submission left outside, for one that was started again."""

from __future__ import annotations

from leads.facts import FIRST, Earlier
from leads.models import Draft, WorkflowRun

MOST = 10  # runs of one submission that are looked back to


def earlier_of(run: WorkflowRun) -> Earlier:
    """Nothing, and no query, for a run that is its submission's first."""
    if run.again_of_id is None:
        return FIRST
    before = WorkflowRun.objects.filter(submission=run.submission_id, pk__lt=run.pk).order_by("-pk")
    marks = before.values_list("key", flat=True)[:MOST]
    drafts = Draft.objects.filter(run__submission=run.submission_id, run__lt=run.pk).exclude(gmail_draft_id="")
    draft_id, message_id = drafts.order_by("-pk").values_list("gmail_draft_id", "gmail_message_id").first() or ("", "")
    return Earlier(tuple(map(str, marks)), draft_id, message_id)
