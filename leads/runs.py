"""What people can do to a run."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Greatest, Now

from leads import audit
from leads.engine.drain import ring
from leads.models import WorkflowRun

State = WorkflowRun.State
# A cancelled run may still have a call under way; nobody may look for what it did before its lease is over.
AFTER_ITS_LEASE = Case(When(state=State.CANCELLED, then=Greatest(F("due_at"), Now())), default=Now())


class NotPossible(Exception):
    """The run is in a state that does not allow it; the message says which."""


def retry(run: WorkflowRun, *, actor: str) -> None:
    """Go on now from the step that failed; what is done stays done. For dead, cancelled and waiting runs."""
    # Race: the run may be claimed, or retried by somebody else, between the page and the click.
    with transaction.atomic():
        changed = WorkflowRun.objects.filter(pk=run.pk, state__in=[State.DEAD, State.CANCELLED, State.WAITING]).update(
            state=State.PENDING, due_at=AFTER_ITS_LEASE, attempt=0, claims=0, finished_at=None, reason=""
        )
        if not changed:
            raise NotPossible(f"{run} is {current(run)}: only a dead, cancelled or waiting run can be retried.")
        audit.record("run_retried", run.workspace, actor=actor, run=run)
        ring(run.pk)


def cancel(run: WorkflowRun, *, reason: str, actor: str) -> None:
    """Stop a run that has not ended. A worker that drives it loses its lease and writes nothing more."""
    with transaction.atomic():
        changed = WorkflowRun.objects.filter(pk=run.pk, state__in=WorkflowRun.CLAIMABLE).update(
            state=State.CANCELLED, reason=reason[:300], lease=None, holder="", finished_at=Now()
        )
        if not changed:
            raise NotPossible(f"{run} is {current(run)}: it has ended already.")
        audit.record("run_cancelled", run.workspace, actor=actor, run=run)


def current(run: WorkflowRun) -> str:
    return WorkflowRun.objects.get(pk=run.pk).get_state_display().lower()
