"""Puts a draft in front of a reviewer with the reason, wherever it was on its way."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Now

from leads import sending
from leads.models import Draft, Workspace
from leads.readable import moment, zone_named

LONGEST = 300


def bring_back(draft: Draft, why: str, *, cause: str) -> None:
    """One that was approved comes back; one that is still in review says why it must be read again."""
    if sending.give_back(draft, why, cause=cause):
        return
    Draft.objects.filter(pk=draft.pk, status=Draft.Status.READY).update(
        version=F("version") + 1, returned_because=why[:LONGEST], returned_at=Now()
    )


def locked(pk: int) -> Draft | None:
    """The draft, nobody else's until the transaction ends."""
    rows = Draft.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace", "run__workspace", "lead").filter(pk=pk).first()


def at(instant: datetime, workspace: Workspace) -> str:
    return moment(instant, zone_named(workspace.timezone))
