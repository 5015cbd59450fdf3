"""What people can do about failures with one cause."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from leads import audit
from leads.causes import Cause
from leads.engine.bell import ring
from leads.models import ErrorGroup, Event, WorkflowRun, Workspace

AT_ONCE = 500  # runs that one click sends off
State = WorkflowRun.State
RETRIED = (State.DEAD, State.WAITING)


NOT_MUTED: dict[str, Any] = {"muted_at": None, "muted_until": None}
NOT_RESOLVED: dict[str, Any] = {"resolved_at": None, "resolved_by": None}


def mute(cause: Cause, *, until: datetime | None, by: User) -> None:
    """Keep it out of the open ones until then, or for ever. Its runs fail and are retried as before."""
    changes = {"muted_at": Now(), "muted_until": until, **NOT_RESOLVED}
    decide(cause, "error_muted", by, changes, until=until.isoformat() if until else None)


def unmute(cause: Cause, *, by: User) -> None:
    decide(cause, "error_unmuted", by, NOT_MUTED)


def assign(cause: Cause, *, to: User | None, by: User) -> None:
    """Make it somebody's to see to, or nobody's."""
    decide(cause, "error_assigned", by, {"assigned_to": to}, to=to.get_username() if to else None)


def resolve(cause: Cause, *, by: User) -> None:
    """Say that it is mended. The next failure with this cause opens it again."""
    decide(cause, "error_resolved", by, {"resolved_at": Now(), "resolved_by": by, **NOT_MUTED})


def reopen(cause: Cause, *, by: User) -> None:
    decide(cause, "error_reopened", by, NOT_RESOLVED)


@transaction.atomic
def retry(cause: Cause, *, states: Collection[str] = RETRIED, by: User) -> int:
    """Let the runs that it stopped go on now from the step that failed, oldest first; how many were sent off.

    At most `AT_ONCE` of them: the rest stands as it did, and can be sent off next.
    """
    # Race: runs that are claimed, retried, started again or cancelled at this moment are locked, and passed over; those
    # for which that was over a moment ago are seen by the second look.
    stopped = WorkflowRun.objects.filter(cause.failed_runs, state__in=set(states) & set(RETRIED)).order_by("pk")
    locked = stopped.select_for_update(of=("self",), skip_locked=True, no_key=True).values_list("pk", flat=True)[
        :AT_ONCE
    ]
    chosen = list(stopped.filter(pk__in=list(locked)).values_list("pk", flat=True))
    if not chosen:
        return 0
    WorkflowRun.objects.filter(pk__in=chosen).update(
        state=State.PENDING, due_at=Now(), attempt=0, claims=0, finished_at=None, reason=""
    )
    actor = by.get_username()
    Event.objects.bulk_create(
        Event(kind="run_retried", workspace_id=cause.workspace_id, run_id=pk, actor=actor) for pk in chosen
    )
    record("error_retried", cause, by, runs=len(chosen))
    ring(chosen[0])
    return len(chosen)


@transaction.atomic
def decide(cause: Cause, kind: str, by: User, changes: dict[str, Any], **facts: Any) -> None:
    """Keep what was decided, and leave a trace of it."""
    group, _ = ErrorGroup.objects.get_or_create(**cause.fields)
    ErrorGroup.objects.filter(pk=group.pk).update(**changes)
    record(kind, cause, by, **facts)


def record(kind: str, cause: Cause, by: User, **facts: Any) -> None:
    facts |= {"error": cause.error, "step": cause.step, "service": cause.service}
    audit.record(kind, Workspace(pk=cause.workspace_id), actor=by.get_username(), **facts)
