"""Drives a claimed run to wherever it can go now: done, waiting or dead. The job boundary: nothing escapes it."""

from __future__ import annotations

import logging
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, transaction
from django.db.models import QuerySet

from connectors.accounts import open_accounts
from connectors.ports import Busy
from leads import breakers, codec, connections, holds, restores
from leads.earlier import earlier_of
from leads.engine import retries
from leads.engine.execution import Execution
from leads.engine.journal import Journal
from leads.engine.leases import Claim, LeaseLost, NoProgress, held
from leads.engine.turns import Contended
from leads.equipment import equipment_of
from leads.facts import Submitted
from leads.models import WorkflowRun
from leads.screening import waived
from leads.tracebacks import explained, kind_of, trace_of
from leads.workflow import Conclusion, answer_lead

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

logger = logging.getLogger(__name__)

State = WorkflowRun.State


def drive(claim: Claim, pool: Executor) -> None:
    """Go on with the run of `claim`, calling vendors in `pool`, until it ends, must wait, or is not ours any more."""
    run = owned(claim).first()
    if run is None:
        return
    journal = Journal(run, claim.lease)
    try:
        advance(run, journal, pool, holds.as_busy(run.held_elsewhere))
    except LeaseLost as lost:
        logger.info("left it to its new owner: %s", lost)
    except Exception as error:  # noqa: BLE001  the job boundary: whatever it is, the run keeps it
        try:
            cause = connections.waits_for(run.workspace, error) or error
            if isinstance(cause, retries.STOPS_ALL):
                park(run, journal, cause)
            else:
                fail(run, journal, cause)
        except LeaseLost as lost:
            logger.info("left it to its new owner: %s", lost)


class Found(TypedDict):
    """What comes with a run when it is read to be driven."""

    held_elsewhere: list[datetime]


def owned(claim: Claim) -> QuerySet[WithAnnotations[WorkflowRun, Found]]:
    """The run with all that driving it takes, in one query."""
    found = held(claim.run_id, claim.lease).select_related("workspace", "submission")
    return found.annotate(held_elsewhere=holds.of_others())


def advance(run: WorkflowRun, journal: Journal, pool: Executor, held_elsewhere: tuple[Busy, ...]) -> None:
    if run.claims > settings.MAX_CLAIMS:
        raise NoProgress(f"{run.claims} workers took this run and left it without a step forward")
    breakers.beat()
    equipment = equipment_of(run.workspace)
    equipment.require_mailbox()
    if run.started_at is None:
        journal.begin()
    else:
        journal.read_back()
    submitted = codec.decode(run.submission.payload, Submitted)
    profile = waived(equipment.profile) if run.waived_by else equipment.profile
    execution = Execution(
        journal,
        replace(open_accounts(equipment.accounts), model=equipment.model),
        profile,
        pool,
        earlier_of(run),
        held=held_elsewhere,
        broken=equipment.broken,
        looks_first=restores.looks_first(run, submitted),
    )
    try:
        conclusion = conclude(run, submitted, execution)
        execution.finish(conclusion.outcome, conclusion.reason, conclusion.rule)
    finally:
        execution.wind_down()


def conclude(run: WorkflowRun, submitted: Submitted, execution: Execution) -> Conclusion:
    """Take the steps. One that was drafted, and is released, took them long ago: nothing is thought through again."""
    if run.released_at:
        execution.read_back()
        return Conclusion(WorkflowRun.Outcome.DRAFTED)
    return answer_lead(execution, submitted)


def park(run: WorkflowRun, journal: Journal, error: Exception) -> None:
    """Wait until the connection is mended, or its circuit closed."""
    with transaction.atomic():
        give_back(run, journal, error, retries.decide_now(run.workspace, error, 0, journal.age()))


def fail(run: WorkflowRun, journal: Journal, error: Exception) -> None:
    """Put the run into waiting, or into the dead-letter queue, with what was learnt so far."""
    try:
        give_back(run, journal, error)
    except DatabaseError:
        # What the journal holds may be what the database refuses; the failure itself must be kept all the same.
        logger.exception("run %s: the journal was refused", run.pk)
        journal.discard()
        close_old_connections()  # or the database went away, and may be back
        give_back(run, journal, error)


def give_back(
    run: WorkflowRun, journal: Journal, error: Exception, decision: retries.Retry | retries.GiveUp | None = None
) -> None:
    attempt = 1 if journal.will_have_progressed else run.attempt + 1
    decision = decision or retries.decide(error, attempt, journal.age())
    # What failures have in common, by which `leads.problems` groups them.
    step = "" if isinstance(error, retries.STOPS_ALL) else journal.failed_step
    cause = {"error": kind_of(error), "step": step, "service": getattr(error, "service", "")}
    changes: dict[str, Any] = {
        "error_kind": cause["error"],
        "error": explained(error),
        "failed_step": cause["step"],
        "failed_service": cause["service"],
        "trace": "",
        "lease": None,
        "holder": "",
    }
    match decision:
        case retries.Retry(delay=delay, costs_attempt=costs):
            changes |= {"state": State.WAITING, "due_in": delay, "claims": 0}
            changes["attempt"] = attempt if costs else attempt - 1
            journal.event("run_waits", **cause, seconds=round(delay.total_seconds(), 1))
        case retries.GiveUp(why=why):
            changes |= {"state": State.DEAD, "finished_at": journal.now(), "attempt": attempt, "reason": why[:300]}
            journal.event("run_died", **cause)
            logger.error("run %s is dead", run.pk, exc_info=None if isinstance(error, DatabaseError) else error)
    if not retries.is_known(error):
        journal.event("unknown_error", **cause)
    if changes["state"] == State.DEAD or not retries.is_known(error):
        changes["trace"] = codec.storable(trace_of(error))
    if not isinstance(error, Contended):
        logger.warning("run %s, attempt %s: %s: %s", run.pk, attempt, type(error).__name__, explained(error))
    journal.commit(**changes)
