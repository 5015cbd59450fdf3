"""Who has which draft open. A page says so every few seconds; when it stops, it is forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models.functions import Now

from leads.models import DraftViewer

EVERY = 15  # seconds between two signs of life
GONE_AFTER = timedelta(seconds=40)


def here(draft_id: int, user: User) -> None:
    """Note that `user` looks at the draft now, and forget where they looked before."""
    DraftViewer.objects.filter(user=user, seen_at__lte=Now() - GONE_AFTER).delete()
    DraftViewer.objects.bulk_create(
        [DraftViewer(draft_id=draft_id, user=user, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["draft", "user"],
        update_fields=["seen_at"],
    )


def left(draft_id: int, user: User) -> None:
    DraftViewer.objects.filter(draft_id=draft_id, user=user).delete()


def others(draft_ids: Iterable[int], user: User) -> dict[int, list[str]]:
    """What the others are called who look at these drafts now. One query."""
    looking = (
        DraftViewer.objects.filter(draft_id__in=list(draft_ids), seen_at__gt=Now() - GONE_AFTER)
        .exclude(user=user)
        .select_related("user")
        .order_by("seen_at")
    )
    found: dict[int, list[str]] = defaultdict(list)
    for viewer in looking:
        found[viewer.draft_id].append(viewer.user.get_full_name() or viewer.user.get_username())
    return dict(found)
