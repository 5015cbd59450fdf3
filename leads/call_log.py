"""The record of calls to vendors that are made beside the workflow: for the list of API calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.calls import Call, heard_by
from leads.models import ApiCall, WorkflowRun, Workspace


@contextmanager
def noted(workspace: Workspace, step: str, run: WorkflowRun | None = None) -> Iterator[None]:
    """Keep a record of the calls that are made within, also of one that fails."""
    calls: list[Call] = []
    listen: Callable[[Call], None] = calls.append
    try:
        with heard_by(listen):
            yield
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
