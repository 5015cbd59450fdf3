"""What people can do to the reps of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from connectors.accounts import open_accounts
from connectors.ports import Owner
from leads import audit, call_log, workspaces
from leads.credentials import accounts_config
from leads.meanwhile import unchanged
from leads.models import Rep, Workspace


def fetch(workspace: Workspace, *, actor: str) -> int:
    """Read the owners from HubSpot; how many there are. New ones are listed, and speak once somebody says so.

    Raises what a HubSpot call may raise.
    """
    with call_log.noted(workspace, "reps"):
        owners = open_accounts(accounts_config(workspace)).crm.owners()
    for owner in owners:
        keep(workspace, owner, actor=actor)
    audit.record("reps_fetched", workspace, actor=actor, reps=len(owners))
    return len(owners)


def keep(workspace: Workspace, owner: Owner, *, actor: str) -> None:
    named = {"name": owner.name[:120], "email": owner.email[:254]}
    rep, is_new = Rep.objects.get_or_create(workspace=workspace, owner_id=owner.id, defaults=named)
    if not is_new:
        change(rep, named, actor=actor)


def change(rep: Rep, values: Mapping[str, Any], *, actor: str, shown: int | None = None) -> bool:
    """Write what differs, with a trace; whether anything did. Raises `Stale` if somebody changed the rep since."""
    # Race: two people; the trace must tell what each of them replaced.
    with transaction.atomic():
        unchanged(rep.workspace, shown, lambda facts: (facts["noun"], facts["id"]) == ("rep", rep.pk))
        before = Rep.objects.select_for_update().get(pk=rep.pk)
        changes = workspaces.differences(before, values)
        Rep.objects.filter(pk=rep.pk).update(**{name: after for name, (_, after) in changes.items()})
        workspaces.record_changes(rep.workspace, "rep", rep.pk, "changed", changes, actor=actor)
    return bool(changes)
