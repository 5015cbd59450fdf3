"""Letting go what DRAFT_ONLY withheld of runs that are done, once the locks are open.

To release a run is to give it back to the engine: it is claimed, fenced and retried like any other, and does of its
plan what is not done yet. So however often it is released or killed, each contact, note and task is there once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from leads import audit, codec, followup, policy, runs
from leads.effects import CreateContact, CreateDraft, CreateNote, CreateTask
from leads.engine.bell import ring
from leads.models import Draft, Effect, WorkflowRun, Workspace
from leads.readable import words
from leads.runs import NotPossible

COUNTED = 1000  # runs of a workspace that are counted
State = WorkflowRun.State
Status = Draft.Status
# Nobody sends these replies: a note and a task that tell of one would be wrong, and so may be the contact.
DROPPED = (Status.REJECTED, Status.SUPERSEDED, Status.DELETED)
SENT = (Status.SENT, Status.BY_HAND)
NOTHING = "nothing of it is withheld"


def release(run: WorkflowRun, *, actor: str) -> None:
    """Have the withheld writes of a run made now. Refused while a lock is closed, or where they would be wrong."""
    # Race: somebody else releases it or starts it again, or decides on its draft, between the page and the click.
    with transaction.atomic():
        held = WorkflowRun.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=run.pk)
        runs.refuse_started_again(held)
        draft = Draft.objects.select_for_update(of=("self",)).filter(run=held).first()
        planned = list(withheld_of(held))
        if why_not := obstacle(held, draft, is_withheld=bool(planned)):
            raise NotPossible(f"{run} can't be released: {why_not}.")
        try:
            for effect in planned:
                bring_up_to_date(effect, held, draft)
        except codec.Unreadable:
            raise NotPossible(f"{run} can't be released: an earlier version planned it. Start it again.") from None
        WorkflowRun.objects.filter(pk=held.pk).update(
            state=State.PENDING, outcome="", released_at=Now(), finished_at=None, due_at=Now(), attempt=0, claims=0
        )
        audit.record("run_released", held.workspace, actor=actor, run=held, effects=[effect.kind for effect in planned])
        ring(held.pk)


RELATED = ("workspace", "submission__form")


def obstacle(run: WorkflowRun, draft: Draft | None, *, is_withheld: bool) -> str:
    """Why a run that was not started again can't be released, as part of a sentence; nothing where it can."""
    if run.state != State.DONE:
        return f"it is {run.get_state_display().lower()}, and only what is done is released"
    if run.outcome != WorkflowRun.Outcome.DRAFTED or not is_withheld:
        return NOTHING
    if draft is not None and draft.status in DROPPED:
        status = draft.get_status_display().lower()
        return f"its draft is {status}, and its note would tell of a reply that nobody sends"
    return policy.lock_over(CreateContact, run)


@dataclass(frozen=True, slots=True)
class Offer:
    """What releasing a run would write, in words, and why it can't be, if so."""

    writes: list[str]
    why_not: str


def offer(run: WorkflowRun) -> Offer | None:
    """For the page of a run; nothing where nothing is withheld, or a later run counts. One query for a drafted run."""
    is_ripe = run.state == State.DONE and run.outcome == WorkflowRun.Outcome.DRAFTED
    if not is_ripe or hasattr(run, "again"):
        return None
    kinds = list(withheld_of(run).values_list("kind", flat=True))
    why_not = obstacle(run, getattr(run, "draft", None), is_withheld=bool(kinds))
    return Offer([words(kind).lower() for kind in kinds], why_not) if kinds else None


def withheld_of(run: WorkflowRun) -> QuerySet[Effect]:
    return Effect.objects.filter(run=run, state=Effect.State.PLANNED).order_by("pk")


def has_withheld() -> Exists:
    """Whether a run has planned writes, as an annotation or a filter."""
    return Exists(Effect.objects.filter(run=OuterRef("pk"), state=Effect.State.PLANNED))


def releasable(runs: QuerySet[WorkflowRun]) -> QuerySet[WorkflowRun]:
    """Those of `runs` that can be released as soon as their workspace's and the deployment's locks are open."""
    return runs.filter(
        Q(submission__form=None) | Q(submission__form__draft_only=False),
        has_withheld(),
        ~Q(draft__status__in=DROPPED),
        state=State.DONE,
        outcome=WorkflowRun.Outcome.DRAFTED,
        again=None,
        submission__draft_only=False,
    )


def count_in(workspace: Workspace) -> int:
    """How many of a workspace's runs can be released, counted up to one more than `COUNTED`."""
    found = releasable(WorkflowRun.objects.filter(workspace=workspace))
    return found.order_by()[: COUNTED + 1].count()


def bring_up_to_date(row: Effect, run: WorkflowRun, draft: Draft | None) -> None:
    """What was planned may be weeks old: the note says what the draft says now, the task is due in the future."""
    is_sent = draft is not None and draft.status in SENT
    if row.kind == CreateNote.kind and draft is not None:
        planned = codec.decode(row.args, CreateNote)
        said = followup.note_html(draft.subject, draft.body, str(run.key), is_sent=is_sent)
        row.args = codec.builtins(replace(planned, note=replace(planned.note, body_html=said)))
    elif row.kind == CreateTask.kind:
        planned_task = codec.decode(row.args, CreateTask)
        task, now = planned_task.task, timezone.now()
        if task.due_at <= now:
            task = replace(task, due_at=followup.due_at(run.workspace, now))
        if draft is not None and is_sent:
            said = followup.task_html(draft.form, mailbox_of(run), str(run.key), is_sent=True)
            task = replace(task, body_html=said)
        row.args = codec.builtins(replace(planned_task, task=task))
    else:
        return
    Effect.objects.filter(pk=row.pk).update(args=row.args)


def mailbox_of(run: WorkflowRun) -> str:
    planned = Effect.objects.filter(run=run, kind=CreateDraft.kind)
    return planned.values_list("args__mail__sender", flat=True).first() or run.workspace.sender_email
