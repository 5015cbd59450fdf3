"""What people can do to a run."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Greatest, Now

from leads import audit, drafts, restores
from leads.engine.bell import ring
from leads.models import WorkflowRun

State = WorkflowRun.State
# A cancelled run may still have a call under way; nobody may look for what it did before its lease is over.
AFTER_ITS_LEASE = Case(When(state=State.CANCELLED, then=Greatest(F("due_at"), Now())), default=Now())
ENDED = (State.DONE, State.DEAD, State.CANCELLED)


class NotPossible(Exception):
    """The run is in a state that does not allow it; the message says which."""


def retry(run: WorkflowRun, *, actor: str) -> None:
    """Go on now from the step that failed; what is done stays done. For dead, cancelled and waiting runs."""
    # Race: the run may be claimed, retried or started again by somebody else, between the page and the click.
    with transaction.atomic():
        refuse_started_again(held(run))
        changed = WorkflowRun.objects.filter(pk=run.pk, state__in=[State.DEAD, State.CANCELLED, State.WAITING]).update(
            state=State.PENDING, due_at=AFTER_ITS_LEASE, attempt=0, claims=0, finished_at=None, reason=""
        )
        if not changed:
            raise NotPossible(f"{run} is {current(run)}: only a dead, cancelled or waiting run can be retried.")
        audit.record("run_retried", run.workspace, actor=actor, run=run)
        ring(run.pk)


def start_again(run: WorkflowRun, *, actor: str, waived_by: str = "") -> WorkflowRun:
    """A new run over the same submission, from its first step. For runs that have ended; the earlier one stays ended.

    Its draft, note and task take the place of those that the earlier run left (`leads/effects.py`).
    """
    # Race: two people; one who retries while another starts again. Whoever gets the earlier run's row first, did it.
    with transaction.atomic():
        earlier = held(run)
        refuse_started_again(earlier)
        if earlier.state not in ENDED:
            raise NotPossible(f"{run} is {current(run)}: only a run that has ended can be started again.")
        # A cancelled run may still have a call under way; its lease tells for how long.
        when = {"due_at": earlier.due_at} if earlier.state == State.CANCELLED else {}
        again = WorkflowRun.objects.create(
            workspace_id=earlier.workspace_id,
            submission_id=earlier.submission_id,
            lead_id=earlier.submission.lead_id,
            again_of=earlier,
            key=restores.key_of(
                earlier.workspace_id, earlier.submission.dedupe_key, earlier.submission.runs.count() + 1
            ),
            waived_by=waived_by or earlier.waived_by,
            **when,
        )
        supersede_draft(earlier, actor=actor)
        audit.record("run_started_again", run.workspace, actor=actor, run=run, again=again.pk)
        audit.record("run_accepted", run.workspace, actor=actor, run=again, submission=again.submission_id)
        ring(again.pk)
    return again


def supersede_draft(run: WorkflowRun, *, actor: str) -> None:
    try:
        drafts.supersede(run, actor=actor)
    except drafts.NotPossible as refusal:
        raise NotPossible(f"{run} can't be started again: {refusal}") from None


def held(run: WorkflowRun) -> WorkflowRun:
    """The run as it stands, nobody else's until the transaction ends."""
    return WorkflowRun.objects.select_for_update(of=("self",)).select_related("submission").get(pk=run.pk)


def refuse_started_again(run: WorkflowRun) -> None:
    again = WorkflowRun.objects.filter(again_of=run.pk).values_list("pk", flat=True).first()
    if again:
        raise NotPossible(f"{run} was started again as run {again}: go on there.")


def cancel(run: WorkflowRun, *, reason: str, actor: str) -> None:
    """Stop a run that has not ended. A worker that drives it loses its lease and writes nothing more."""
    with transaction.atomic():
        changed = WorkflowRun.objects.filter(pk=run.pk, state__in=WorkflowRun.CLAIMABLE).update(
            state=State.CANCELLED, reason=reason[:300], lease=None, holder="", finished_at=Now()
        )
        if not changed:
            raise NotPossible(f"{run} is {current(run)}: it has ended already.")
        audit.record("run_cancelled", run.workspace, actor=actor, run=run)


def discard(run: WorkflowRun, *, reason: str, actor: str) -> None:
    """Take a run out of the dead letters for good: nothing more is tried, what it made stays."""
    with transaction.atomic():
        changed = WorkflowRun.objects.filter(pk=run.pk, state=State.DEAD).update(
            state=State.CANCELLED, reason=reason[:300]
        )
        if not changed:
            raise NotPossible(f"{run} is {current(run)}: only a dead run can be discarded.")
        audit.record("run_discarded", run.workspace, actor=actor, run=run)


def current(run: WorkflowRun) -> str:
    return WorkflowRun.objects.get(pk=run.pk).get_state_display().lower()
