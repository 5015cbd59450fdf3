"""The record of calls to vendors that are made beside the workflow: for the list of API calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.calls import Call, heard_by
from leads import breakers
from leads.budgets import Rank
from leads.models import ApiCall, WorkflowRun, Workspace
from leads.vendor_gate import always, passing


@contextmanager
def noted(
    workspace: Workspace,
    step: str,
    run: WorkflowRun | None = None,
    lease_ends: float | None = None,
    may_write: Callable[[], bool] = always,
) -> Iterator[list[Call]]:
    """Keep a record of the calls that are made within, also of one that fails. What is for no run leaves runs room.

    Of the list that it gives, whoever made the calls may take out what nobody needs to know of.
    """
    calls: list[Call] = []
    listen: Callable[[Call], None] = calls.append
    rank = Rank.RUN if run else Rank.BACKGROUND
    breakers.beat()
    try:
        with heard_by(listen), passing(workspace.pk, rank, lease_ends, may_write):
            yield calls
    finally:
        ApiCall.objects.bulk_create(
            ApiCall(
                workspace=workspace,
                run=run,
                step=step,
                service=call.service,
                endpoint=call.endpoint,
                status=call.status,
                ms=round(call.ms, 2),
                error=call.error,
                at=call.started_at,
            )
            for call in calls
        )
        breakers.beat()
