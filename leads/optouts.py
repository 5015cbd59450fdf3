"""Who asks not to be written to: onto the list, and nothing that is pending goes out to them."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.db.models.functions import Lower, Now
from django.utils import timezone

from leads import audit, holds, workspaces
from leads.models import Draft, Sending, WorkflowRun, Workspace
from leads.readable import moment, zone_named
from leads.rules import Rule

Status = Draft.Status
PENDING = (Status.READY, Status.APPROVED, Status.SCHEDULED)
SAYS_NO = (Rule.OPTED_OUT, Rule.LEFT_ALONE)
"""Rules by which a run was screened out because the person wants no mail."""


def put_on_list(workspace: Workspace, address: str) -> None:
    """Have nobody write to the address again, within a transaction of the caller's. Who asked is not in the audit."""
    listed = Workspace.objects.select_for_update(no_key=True).values_list("suppressed", flat=True).get(pk=workspace.pk)
    if address.lower() not in {entry.strip().lower() for entry in listed}:
        workspaces.change(workspace, {"suppressed": [*listed, address.lower()]}, actor="")


def close_all(workspace: Workspace, address: str, why: str) -> int:
    """Close every draft to the address that has not been sent; how many that were. Within a transaction."""
    drafts = Draft.objects.filter(workspace=workspace, status__in=PENDING).annotate(address=Lower("recipient"))
    pending = drafts.filter(address=address.lower())
    return sum(close(draft, why) for draft in pending.select_related("workspace", "run").order_by("pk"))


def close(draft: Draft, why: str) -> bool:
    changed = Draft.objects.filter(pk=draft.pk, status__in=PENDING).update(
        status=Status.REJECTED,
        version=F("version") + 1,
        reviewed_by=None,
        reviewed_at=Now(),
        rejected_because=why[:300],
        approved_as="",
        returned_because="",
    )
    if changed:
        Sending.objects.filter(draft=draft.pk).delete()
        holds.release(draft.run_id)
        audit.record("draft_closed", draft.workspace, actor="", run=draft.run, draft=draft.pk, cause="opted_out")
    return bool(changed)


def close_for(run: WorkflowRun) -> dict[str, Any]:
    """A run was screened out because the person wants no mail: what earlier ones wrote to them stays here, too.

    For `engine.journal`: changes nothing of the run itself.
    """
    if run.lead is not None:
        when = moment(timezone.now(), zone_named(run.workspace.timezone))
        close_all(run.workspace, run.lead.email, f"They asked not to be written to, by a form or in HubSpot: {when}.")
    return {}
