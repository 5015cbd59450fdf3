"""Approved drafts on their way out: put on it, taken off it, and the lock between who sends and who forbids it.

`leads.engine.sending` does what is scheduled here. People ask for it through `leads.drafts`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils import timezone

from leads import audit, holds, notices, policy
from leads.effects import SendDraft
from leads.engine import ledger
from leads.locks import alone
from leads.models import Draft, Notice, Sending, Workspace

Status = Draft.Status

CANCELLABLE = (Status.APPROVED, Status.SCHEDULED)
SWITCHED_ON = "DRAFT_ONLY was turned on before it was sent."


def lock_over(draft: Draft) -> str:
    """The lock that keeps the draft from being sent, or nothing; as the switches stand at this instant."""
    return policy.withheld_by(SendDraft, **ledger.switches(draft.run))


def schedule(draft: Draft, *, by: User | None) -> datetime:
    """Send an approved draft when its undo window is over, at the time returned. Within the approval's transaction.

    Nothing is decided for good here: all that must hold is asked again at the instant of sending.
    """
    due_at = timezone.now() + timedelta(seconds=draft.workspace.undo_seconds)
    Draft.objects.filter(pk=draft.pk, status=Status.APPROVED).update(status=Status.SCHEDULED)
    Sending.objects.create(draft=draft, workspace=draft.workspace, approved_by=by, due_at=due_at)
    actor = by.get_username() if by else ""
    audit.record("draft_scheduled", draft.workspace, actor=actor, run=draft.run, draft=draft.pk)
    return due_at


def give_back(draft: Draft, why: str, *, cause: str, status: Collection[str] = CANCELLABLE, actor: str = "") -> bool:
    """Put a draft that is not sent yet back into review, and say why; false if it is in no such status any more.

    `cause` names what stopped it (`leads.conditions`, or what the mailbox showed). The approval is void. Within a
    transaction of the caller's.
    """
    changed = Draft.objects.filter(pk=draft.pk, status__in=status).update(
        status=Status.READY,
        version=F("version") + 1,
        reviewed_by=None,
        reviewed_at=None,
        approved_as="",
        returned_because=why[:300],
        returned_at=Now(),
    )
    if changed:
        Sending.objects.filter(draft=draft.pk).delete()
        audit.record("draft_returned", draft.workspace, actor=actor, run=draft.run, draft=draft.pk, cause=cause)
        if not actor:  # who does it themselves knows
            notices.tell_of_sending(Notice.Kind.DRAFT_RETURNED, draft.run)
    return bool(changed)


def left_by_hand(draft: Draft, *, sent_at: datetime | None) -> bool:
    """Note that somebody sent the draft from Gmail then, or deleted it there; false if it was decided otherwise before.

    Within a transaction of the caller's.
    """
    status = Status.BY_HAND if sent_at else Status.DELETED
    # Between draft and sent mail, Gmail has nothing: one that seemed to be deleted may turn out to have been sent.
    before = [Status.READY, *CANCELLABLE, *([Status.DELETED] if sent_at else [])]
    changed = Draft.objects.filter(pk=draft.pk, status__in=before).update(
        status=status, sent_at=sent_at, version=F("version") + 1
    )
    if changed:
        Sending.objects.filter(draft=draft.pk).delete()
        if not sent_at:
            holds.release(draft.run_id)
        kind = "draft_sent_by_hand" if sent_at else "draft_deleted_by_hand"
        audit.record(kind, draft.workspace, actor="", run=draft.run, draft=draft.pk)
    return bool(changed)


def call_off(workspace: Workspace, *, actor: str, form: int | None = None) -> int:
    """Give back all that is scheduled in a workspace, or of one of its forms; how many that was."""
    scheduled = Draft.objects.filter(workspace=workspace, status=Status.SCHEDULED)
    if form is not None:
        scheduled = scheduled.filter(run__submission__form=form)
    rows = scheduled.select_related("workspace", "run").order_by("pk")
    only = [Status.SCHEDULED]
    return sum(give_back(draft, SWITCHED_ON, cause="draft_only", status=only, actor=actor) for draft in rows)


def ask_again(workspace: Workspace) -> None:
    """Have everything asked again of what was put off: the hours or the cap that it waits for may be others now."""
    put_off = Sending.objects.filter(workspace=workspace, lease=None, due_at__isnull=False, error_kind="")
    put_off.exclude(waits_for="").update(due_at=Now())


# A lock of PostgreSQL's over a workspace's sendings: whoever sends shares it from the last look at the switches until
# the vendor has answered; whoever closes a switch has it alone. So nothing leaves after a switch was closed. The lock
# of a session ends with its process, however that dies, and may be held over a call, which a row lock must not be.
KEY = "hashtextextended('sending', %s)"


@contextmanager
def passing(workspace_id: int) -> Iterator[None]:
    """While within, no switch of the workspace is closed; waits while one is being closed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock_shared({KEY})", [workspace_id])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_unlock_shared({KEY})", [workspace_id])


def wait_for_passing(workspace_id: int) -> None:
    """Let those that are being sent arrive, and keep others from leaving until the transaction ends.

    A worker that died, or lost the answer, holds no lock any more; what it asked for may still be on its way out of
    Gmail for as long as a call may take.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({KEY})", [workspace_id])
    under_way = Sending.objects.filter(workspace=workspace_id, draft__status=Status.SENDING)
    last = under_way.aggregate(last=Max("tried_at"))["last"]
    if last is not None:
        through = last + timedelta(seconds=settings.HTTP_CONNECT_TIMEOUT + settings.HTTP_READ_TIMEOUT)
        time.sleep(max(0.0, (through - timezone.now()).total_seconds()))


def sole_sender(draft_id: int) -> AbstractContextManager[bool]:
    """Whether this is the only worker that has the draft in hand.

    One that was stopped in the instant before its call, for longer than its lease, would still make it when it wakes;
    until then its session, and so this lock, lives.
    """
    return alone("sending of a draft", draft_id)
