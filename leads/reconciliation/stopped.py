"""Runs that stand still for no reason: nobody takes them, or they wait for an account that is connected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from leads import connections, runs
from leads.connections import ConnectionBroken
from leads.engine.bell import ring
from leads.models import WorkflowRun, Workspace
from leads.readable import span
from leads.reconciliation.finding import Check, Finding

State = WorkflowRun.State
PATIENCE = timedelta(minutes=10)


def overdue(workspace: Workspace) -> Iterator[Finding]:
    now = timezone.now()
    late = WorkflowRun.objects.filter(workspace=workspace, state__in=WorkflowRun.CLAIMABLE, due_at__lte=now - PATIENCE)
    for run in late.order_by("due_at").iterator():
        since = span(now - run.due_at)
        what = f"Its lease ended {since} ago" if run.state == State.RUNNING else f"It has been due for {since}"
        yield Finding(str(run.pk), f"{run}: {what}, and nobody took it.", run.pk)


def forgotten(workspace: Workspace) -> Iterator[Finding]:
    broken = connections.broken_of(workspace)
    waiting = WorkflowRun.objects.filter(
        workspace=workspace, state=State.WAITING, error_kind=ConnectionBroken.__name__
    ).exclude(failed_service__in=broken)
    for run in waiting.filter(due_at__gt=timezone.now() + PATIENCE).order_by("pk").iterator():
        yield Finding(str(run.pk), f"{run} waits for {run.failed_service}, which is connected.", run.pk)


def go_on(workspace: Workspace, subject: str, actor: str) -> None:
    runs.retry(WorkflowRun.objects.get(pk=subject, workspace=workspace), actor=actor)


OVERDUE = Check(
    "Runs that nobody takes",
    "Due for ten minutes or more, or left behind by a worker that is gone.",
    "Ring for it",
    overdue,
    lambda _workspace, subject, _actor: ring(int(subject)),
    is_automatic=True,
    is_sent_off=True,
)
FORGOTTEN = Check(
    "Runs that wait for an account that is connected",
    "Nothing keeps them any more.",
    "Go on now",
    forgotten,
    go_on,
    is_automatic=True,
    is_sent_off=True,
)
