"""What a driver asks of a run's past when something has failed: for how long it has, and whose fault that is."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from connectors.errors import AuthFailed
from leads import connections
from leads.models import Connection, Event, WorkflowRun
from leads.permits import BudgetSpent


def failing_for(run: WorkflowRun, step: str) -> timedelta:
    """How long ago a claim of this run first saw the step fail. One query."""
    failed = Event.objects.filter(run=run, kind="step_failed", facts__step=step).order_by("pk")
    failed = failed.exclude(facts__error=BudgetSpent.__name__)
    first = failed.values_list("at", flat=True).first()
    return timezone.now() - first if first else timedelta(0)


def age_of(run: WorkflowRun) -> timedelta:
    """For how long the run has been tried: since it came, was let go on or released, or its accounts were mended."""
    retried = Event.objects.filter(run=run, kind="run_retried").aggregate(at=Max("at"))["at"]
    connected = Connection.objects.filter(workspace=run.workspace_id, state=Connection.State.OK)
    mended = connected.aggregate(at=Max("since"))["at"]
    return timezone.now() - max(at for at in (run.created_at, retried, mended, run.released_at) if at)


def is_refused(run: WorkflowRun, error: AuthFailed) -> bool:
    """Note that the vendor refuses our credentials; false where they were replaced meanwhile, and may be taken."""
    broken = connections.waits_for(run.workspace, error)
    return broken is not None and connections.broken(run.workspace).filter(service=broken.service).exists()
