"""Notes and tasks that should stand together in HubSpot, and what DRAFT_ONLY withheld and nobody released."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from leads import policy, releasing, runs
from leads.effects import CreateContact, CreateNote, CreateTask
from leads.models import Effect, WorkflowRun, Workspace
from leads.reconciliation.finding import Check, Finding, lately

State = WorkflowRun.State
OTHER = {CreateNote.kind: CreateTask.kind, CreateTask.kind: CreateNote.kind}
SAID = {CreateNote.kind: "a task and no note", CreateTask.kind: "a note and no task"}


def halves(workspace: Workspace) -> Iterator[Finding]:
    for kind, other in OTHER.items():
        done = Effect.objects.filter(run=OuterRef("run"), kind=other, state=Effect.State.DONE)
        missing = Effect.objects.filter(
            Exists(done),
            workspace=workspace,
            kind=kind,
            run__state__in=[State.DONE, State.DEAD],
            run__again=None,
            planned_at__gte=lately(),
        ).exclude(state=Effect.State.DONE)
        for pk in missing.order_by("pk").values_list("run_id", flat=True).iterator():
            yield Finding(str(pk), f"Run {pk} left {SAID[kind]} in HubSpot.", pk)


def complete(workspace: Workspace, subject: str, actor: str) -> None:
    """What is there is found by its mark, and not made again."""
    run = WorkflowRun.objects.get(pk=subject, workspace=workspace)
    if run.state == State.DONE:
        releasing.release(run, actor=actor)
    else:
        runs.retry(run, actor=actor)


def withheld(workspace: Workspace) -> Iterator[Finding]:
    """Nothing while DRAFT_ONLY is on: then it is withheld on purpose."""
    if policy.withheld_by(CreateContact, workspace_draft_only=workspace.draft_only, form_draft_only=False):
        return
    found = releasing.releasable(WorkflowRun.objects.filter(workspace=workspace))
    for pk in found.order_by("pk").values_list("pk", flat=True).iterator():
        yield Finding(str(pk), f"Run {pk} planned writes while DRAFT_ONLY was on, and they were not released.", pk)


def release(workspace: Workspace, subject: str, actor: str) -> None:
    releasing.release(WorkflowRun.objects.get(pk=subject, workspace=workspace), actor=actor)


HALVES = Check(
    "Tasks without note, and notes without task",
    "Of one run, one is in HubSpot and the other is not.",
    "Make the other",
    halves,
    complete,
    is_sent_off=True,
)
WITHHELD = Check(
    "Planned and never released",
    "DRAFT_ONLY is off, and what it withheld still waits.",
    "Release it",
    withheld,
    release,
    is_sent_off=True,
)
