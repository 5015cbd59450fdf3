"""Runs driven by a command instead of a worker, with progress as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from django.db import connection, transaction

from leads import intake
from leads.engine.driver import drive
from leads.engine.leases import Claim, claim
from leads.models import Delivery, Submission, WorkflowRun, Workspace
from leads.payloads import Arrived
from leads.timeline import StepState, StepView, timeline

LOOK_EVERY = 0.05  # seconds


def submit_claimed(workspace: Workspace, arrival: Arrived) -> tuple[intake.Item, Claim | None]:
    """Submit, and claim in the same transaction: no worker may take the run from the one who waits for it."""
    with transaction.atomic():
        item = intake.submit(workspace, arrival)
        claims = claim(1, item.run) if item.verdict == Delivery.Verdict.ACCEPTED else []
    return item, claims[0] if claims else None


def follow(run_id: int, held: Claim | None, patience: float, tell: Callable[[StepView], None]) -> WorkflowRun:
    """Drive the run, again when it is due again, telling of each step as it ends; stops after `patience` seconds."""
    told: set[str] = set()
    ends = time.monotonic() + patience
    with ThreadPoolExecutor(1) as driver, ThreadPoolExecutor() as callers:
        while True:
            mine = held or next(iter(claim(1, run_id)), None)
            held = None
            work = driver.submit(drive_and_close, mine, callers) if mine else None
            while work is not None and not work.done():
                tell_new(run_id, told, tell)
                time.sleep(LOOK_EVERY)
            tell_new(run_id, told, tell)
            run = WorkflowRun.objects.select_related("workspace").get(pk=run_id)
            if run.finished_at or time.monotonic() > ends:
                return run
            time.sleep(LOOK_EVERY)


def drive_and_close(mine: Claim, callers: ThreadPoolExecutor) -> None:
    try:
        drive(mine, callers)
    finally:
        connection.close()


def tell_new(run_id: int, told: set[str], tell: Callable[[StepView], None]) -> None:
    for step in ended_steps(run_id):
        if step.name not in told:
            told.add(step.name)
            tell(step)


def ended_steps(run_id: int) -> Iterator[StepView]:
    run = WorkflowRun.objects.get(pk=run_id)
    return (step for step in timeline(run) if step.finished_at is not None and step.state != StepState.UNDER_WAY)


def by_command(arrival: Arrived) -> Arrived:
    """An arrival that needs no allowed form, because a person asked for it."""
    return replace(arrival, source=Submission.Source.COMMAND, via=Submission.Via.COMMAND)
