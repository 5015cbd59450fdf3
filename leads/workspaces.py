"""What people can do to a workspace."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from leads import audit
from leads.models import Workspace


class NotPossible(Exception):
    """The deployment does not allow it; the message says what would have to change."""


def switch_draft_only(workspace: Workspace, *, on: bool, reason: str, actor: str) -> bool:
    """Turn the operators' lock on or off; whether anything changed. Runs under way obey from their next call."""
    if not on and settings.WORKFLOW_MODE != "SEND":
        raise NotPossible("This deployment is DRAFT_ONLY. Set WORKFLOW_MODE=SEND and restart before switching here.")
    with transaction.atomic():
        changed = Workspace.objects.filter(pk=workspace.pk, draft_only=not on).update(draft_only=on)
        if changed:
            audit.record("draft_only_switched", workspace, actor=actor, on=on, reason=reason[:300])
    return bool(changed)
