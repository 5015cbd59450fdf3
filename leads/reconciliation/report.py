"""Looks a workspace over, once a day and whenever somebody asks; repairs what repairs itself, and lists the rest."""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from connectors.errors import ConnectorError, NotConfigured
from leads import audit, deliveries, runs
from leads.connections import ConnectionBroken
from leads.credentials import KeyLost
from leads.engine.bell import ring
from leads.engine.beside import Beside
from leads.engine.leases import LeaseLost, take_one
from leads.locks import alone
from leads.models import Discrepancy, Event, Reconciliation, Workspace
from leads.reconciliation.checks import CHECKS
from leads.reconciliation.finding import Finding

logger = logging.getLogger(__name__)

MOST = 50  # findings of one kind
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)  # where HubSpot or Google could not be asked
FIRST = timedelta(hours=1)  # after a workspace was made
LEASE = timedelta(minutes=5)  # for one check
OUTSIDE = (ConnectorError, NotConfigured, ConnectionBroken, KeyLost)
REFUSALS = (runs.NotPossible, deliveries.NotPossible, ObjectDoesNotExist, *OUTSIDE)

CLAIM = """
UPDATE leads_reconciliation SET lease = %s, due_at = statement_timestamp() + %s
WHERE workspace_id = (
  SELECT workspace_id FROM leads_reconciliation WHERE due_at <= statement_timestamp()
  ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING workspace_id
"""
SCHEDULE = """
INSERT INTO leads_reconciliation (workspace_id, due_at, trouble)
SELECT id, statement_timestamp() + %s, '[]' FROM leads_workspace AS workspace
WHERE NOT EXISTS (SELECT FROM leads_reconciliation AS made WHERE made.workspace_id = workspace.id)
ON CONFLICT DO NOTHING
"""


class NotPossible(Exception):
    """It can't be repaired, or not any more; the message says why."""


def schedule() -> None:
    """Every workspace is looked over."""
    after: list[Any] = [FIRST]
    with connection.cursor() as cursor:
        cursor.execute(SCHEDULE, after)


def is_due() -> bool:
    return Reconciliation.objects.filter(due_at__lte=Now()).exists()


def ask(workspace: Workspace, *, actor: str) -> None:
    """Have a worker look it over now."""
    with transaction.atomic():
        Reconciliation.objects.update_or_create(workspace=workspace, defaults={"due_at": Now()})
        audit.record("reconciliation_asked", workspace, actor=actor)
        ring()


def make_due(stopping: Callable[[], bool] = lambda: False) -> None:
    """Look over what is due."""
    try:
        while not stopping() and (held := claim()) is not None:
            make(*held)
    except LeaseLost as lost:
        logger.warning("%s was given to another worker", lost)
    except Exception:
        # The lease will run out, and it be looked over again.
        logger.exception("a reconciliation was left as it was")
    finally:
        connection.close()


WORKER = Beside("reconciliation", make_due)


def claim() -> tuple[Workspace, uuid.UUID] | None:
    """The workspace that has been due for longest, and the right to look it over."""
    taken = take_one(CLAIM, LEASE)
    return (Workspace.objects.get(pk=taken[0]), taken[1]) if taken else None


def look_now(workspace: Workspace) -> None:
    """Look it over in this process, whoever else is at it."""
    lease = uuid.uuid4()
    Reconciliation.objects.update_or_create(workspace=workspace, defaults={"lease": lease, "due_at": Now() + LEASE})
    make(workspace, lease)


def make(workspace: Workspace, lease: uuid.UUID) -> None:
    """One report. What a check found before gives way to what it finds now, also if another check fails."""
    trouble: list[dict[str, str]] = []
    found: dict[str, int] = {}
    for kind, check in CHECKS.items():
        try:
            number = put(workspace, lease, kind, islice(check.look(workspace), MOST))
            found |= {kind: number} if number else {}
            if check.is_automatic:
                repair_all(workspace, kind, actor="")
        except OUTSIDE as error:
            trouble.append({"kind": kind, "why": str(error)[:300]})
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception as error:
            # One check's fault is not another's, and must be seen.
            logger.exception("the check %s of workspace %s failed", kind, workspace.pk)
            trouble.append(
                {"kind": kind, "why": f"It failed with {type(error).__name__}; the log of the worker says why."}
            )
    with transaction.atomic():
        due_at = Now() + (AGAIN if trouble else EVERY)
        write(workspace, lease, lease=None, due_at=due_at, finished_at=Now(), trouble=trouble)
        Event.objects.create(kind="reconciled", workspace=workspace, facts={"found": found, "failed": len(trouble)})


def put(workspace: Workspace, lease: uuid.UUID, kind: str, findings: Iterable[Finding]) -> int:
    """Store what a check finds, in the place of what it found before; how much that is."""
    rows = {
        one.subject: Discrepancy(
            workspace=workspace, kind=kind, subject=one.subject, words=one.words[:300], run_id=one.run
        )
        for one in findings
    }
    # Race: another worker has taken over; it writes then, and we don't.
    with transaction.atomic():
        write(workspace, lease, due_at=Now() + LEASE)
        Discrepancy.objects.filter(workspace=workspace, kind=kind).delete()
        Discrepancy.objects.bulk_create(rows.values())
    return len(rows)


def write(workspace: Workspace, held: uuid.UUID, **changes: object) -> None:
    if not Reconciliation.objects.filter(workspace=workspace, lease=held).update(**changes):
        raise LeaseLost(f"the reconciliation of {workspace}")


def repair_all(workspace: Workspace, kind: str, *, actor: str, seconds: float = math.inf) -> tuple[int, int, int]:
    """Repair what is listed of a kind, for about so long at most: how many were, could not be, and are left."""
    done = refused = 0
    ends = time.monotonic() + seconds
    listed = list(Discrepancy.objects.filter(workspace=workspace, kind=kind, repaired_at=None).order_by("pk"))
    for one in listed:
        if time.monotonic() > ends:
            break
        try:
            repair(one, actor=actor)
        except NotPossible:
            refused += 1
        else:
            done += 1
    return done, refused, len(listed) - done - refused


def repair(one: Discrepancy, *, actor: str) -> None:
    """Mend it, with a trace. `actor` is empty for the system. Killed meanwhile, it is left as not repaired."""
    mine = Discrepancy.objects.filter(pk=one.pk)
    # Race: two people. One of them repairs it; not in a transaction, since some repairs ask HubSpot.
    with alone("repairing", one.pk) as is_alone:
        if not is_alone:
            raise NotPossible("Somebody repairs it at this moment.")
        if not mine.filter(repaired_at=None).exists():
            raise NotPossible("It was repaired already, or a newer report took its place.")
        try:
            CHECKS[one.kind].repair(one.workspace, one.subject, actor)
        except REFUSALS as refusal:
            why = "What it is about is not there any more." if isinstance(refusal, ObjectDoesNotExist) else str(refusal)
            mine.update(trouble=why[:300])
            raise NotPossible(why) from None
        with transaction.atomic():
            mine.update(repaired_at=Now(), repaired_by=actor, trouble="")
            facts: dict[str, Any] = {"check": one.kind, "subject": one.subject}
            audit.record("discrepancy_repaired", one.workspace, actor=actor, run=one.run, **facts)
