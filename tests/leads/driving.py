"""Leads taken in as the webhook would, and driven as a worker would, by a test that decides when."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from leads.engine.driver import drive
from leads.engine.leases import Claim, claim
from leads.intake import Signed, receive
from leads.models import WorkflowRun, Workspace
from leads.payloads import parse
from leads.supervisor import Cluster

CALLERS = ThreadPoolExecutor(24, thread_name_prefix="call")
PATIENCE = 15.0  # seconds


def cluster(*, complete: bool) -> Cluster:
    """One of which a supervisor knows only whether all its processes were there."""
    return cast("Cluster", SimpleNamespace(was_complete=complete))


def take_in(payload: Any, workspace: Workspace) -> WorkflowRun:
    """The run of a delivery of one."""
    body = json.dumps(payload).encode()
    items = receive(Signed([workspace], "v3", {}, body), parse(body, timezone.now()))
    assert items[0].run is not None, items[0].reason
    return WorkflowRun.objects.get(pk=items[0].run)


def claim_now(run: WorkflowRun) -> Claim:
    """Claim a run that waits for its time, or for its holder's lease to run out."""
    # In one transaction, or its holder could renew the lease in between.
    with transaction.atomic():
        WorkflowRun.objects.filter(pk=run.pk).update(due_at=Now())
        return claim(1, run.pk)[0]


def drive_once(run: WorkflowRun) -> WorkflowRun:
    """One claim and what a worker makes of it; the run as it stands then."""
    drive(claim_now(run), CALLERS)
    return WorkflowRun.objects.get(pk=run.pk)


def drive_to_the_end(run: WorkflowRun, most: int = 12) -> WorkflowRun:
    """As many claims as it takes, without the waiting between them."""
    for _ in range(most):
        run = drive_once(run)
        if run.finished_at:
            return run
    raise AssertionError(f"still {run.state} after {most} claims: {run.error}")


@contextmanager
def beside(act: Callable[..., Any], *arguments: Any) -> Iterator[Future[Any]]:
    """Run `act` in a thread that closes its database connection; its own failure is the test's."""

    def work() -> Any:
        try:
            return act(*arguments)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(work)
        yield done
        done.result(PATIENCE)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another thread or the sandbox does."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.005)


def made(box: Any) -> dict[str, int]:
    """How many of each kind the vendors have; kinds of which there are none are left out."""
    return {kind: len(entries) for kind, entries in box.control.created().items() if entries}


def calls(box: Any, *, writes: bool | None = None) -> Counter[str]:
    """How often each endpoint was called."""
    return Counter(
        {
            f"{call['service']}.{call['endpoint']}": call["count"]
            for call in box.control.requests()["calls"]
            if writes in {None, call["write"]} and call["count"]
        }
    )
