"""What worked before, for similar prospects of the same workspace. Counts and ids only, never a name."""

from __future__ import annotations

from collections import Counter

from leads.facts import Enquiry, Patterns
from leads.models import Draft

LOOK_BACK = 200  # approved drafts


def recall(workspace_id: int, enquiry: Enquiry) -> Patterns:
    """The approach, ask and document most often approved where the first thing asked was the same."""
    approved = Draft.objects.filter(
        workspace_id=workspace_id, status=Draft.Status.APPROVED, intents__contains=[enquiry.intents[0].value]
    )
    recent = approved.order_by("-created_at").values_list("approach", "ask", "asset_ids")[:LOOK_BACK]
    worked = Counter((approach, ask, next(iter(assets), "")) for approach, ask, assets in recent)
    if not worked:
        return Patterns()
    # Of several that worked as often, always the same one: a draft written twice must say the same things.
    (approach, ask, asset_id), times = min(worked.items(), key=lambda item: (-item[1], item[0]))
    return Patterns(approach=approach, ask=ask, asset_id=asset_id, approved=times)
