"""What worked before, for similar prospects of the same workspace. Counts and ids only, never a name."""

from __future__ import annotations

from django.db.models import Count

from leads.facts import Enquiry, Patterns
from leads.models import Draft

LOOK_BACK = 200  # approved drafts


def recall(workspace_id: int, enquiry: Enquiry) -> Patterns:
    """The approach, ask and document most often approved where the first thing asked was the same."""
    approved = Draft.objects.filter(
        workspace_id=workspace_id, status=Draft.Status.APPROVED, intents__contains=[enquiry.intents[0].value]
    )
    recent = approved.order_by("-created_at").values("pk")[:LOOK_BACK]
    best = (
        Draft.objects.filter(pk__in=recent)
        .values("approach", "ask", "asset_ids__0")
        .annotate(times=Count("pk"))
        .order_by("-times", "approach", "ask", "asset_ids__0")
        .first()
    )
    if best is None:
        return Patterns()
    return Patterns(
        approach=best["approach"], ask=best["ask"], asset_id=best["asset_ids__0"] or "", approved=best["times"]
    )
