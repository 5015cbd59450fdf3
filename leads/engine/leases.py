"""Who may drive a run: claim it, hold it, lose it."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from leads.models import WorkflowRun

State = WorkflowRun.State


class LeaseLost(Exception):
    """Somebody else owns the run now, or a person cancelled it: write nothing, leave."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to drive one run until its lease ends."""

    run_id: int
    lease: uuid.UUID


def due() -> QuerySet[WorkflowRun]:
    """Runs that anybody may claim now: new, waited long enough, or left behind by somebody whose lease ran out."""
    return WorkflowRun.objects.filter(state__in=WorkflowRun.CLAIMABLE, due_at__lte=Now())


def claim(limit: int, run_id: int | None = None) -> list[Claim]:
    """Claim up to `limit` due runs, oldest first, or just `run_id`. Runs that others are claiming are passed over."""
    lease = uuid.uuid4()
    wanted = due() if run_id is None else due().filter(pk=run_id)
    # Two workers that look at once: each locks what it takes, and skips what is locked.
    with transaction.atomic():
        picked = list(
            wanted.order_by("due_at").select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit]
        )
        if picked:
            WorkflowRun.objects.filter(pk__in=picked).update(
                state=State.RUNNING,
                lease=lease,
                holder=holder(),
                due_at=Now() + settings.LEASE,
                claims=F("claims") + 1,
            )
    return [Claim(pk, lease) for pk in picked]


def held(run_id: int, lease: uuid.UUID) -> QuerySet[WorkflowRun]:
    """The run, if `lease` still owns it: every write of a driver goes through this fence."""
    return WorkflowRun.objects.filter(pk=run_id, lease=lease, state=State.RUNNING)


def holder() -> str:
    """This worker's group of processes. The supervisor can tell when all of it is gone."""
    return f"{socket.gethostname()}:{os.getpgrp()}"


def release_of(dead_holder: str) -> int:
    """Make the runs of a holder that is known to be gone claimable at once; how many there were."""
    return WorkflowRun.objects.filter(Q(state=State.RUNNING) & Q(holder=dead_holder)).update(due_at=Now())
