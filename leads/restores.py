"""A database restored from a backup knows nothing of what was done since: so runs look before they do it again.

What a run makes carries its key, and the key follows from the submission (`key_of`). So also a submission that came
after the backup, was answered, was lost with the database and comes again finds the draft, note and task of then.
A run looks if its submission was sent before the workspace's `restored_at`; all others go as ever.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from leads import audit, sending
from leads.facts import Submitted
from leads.models import (
    AllowedForm,
    Draft,
    KnownDatabase,
    MailboxUpdate,
    MailboxWatch,
    Submission,
    WorkflowRun,
    Workspace,
)
from leads.twins import RETRIED

logger = logging.getLogger(__name__)

RUNS = uuid.UUID("5f0c1f0e-4c34-4f0b-8d0e-2a3a5c9e7b11")  # the namespace of their keys
TAKEN_OFF = "The database was restored from a backup. Whether this was sent, or taken back, since then, it can't say."

# A dump that is restored is another database, often in another cluster, or, by `pg_restore --clean`, has other tables
# in the same; a base backup goes on in another timeline.
MARKS = """
SELECT concat_ws('/', system_identifier, timeline_id, (SELECT oid FROM pg_database WHERE datname = current_database()),
  'leads_knowndatabase'::regclass::oid)
FROM pg_control_system(), pg_control_checkpoint()
"""
ARE_TOLD = """
SELECT has_function_privilege('pg_control_system()', 'execute')
  AND has_function_privilege('pg_control_checkpoint()', 'execute')
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What is known right after: `newest` is when the last submission came that the database has."""

    runs: int
    newest: datetime | None
    drafts: int
    polled: int
    not_polled: int


def key_of(workspace_id: int, dedupe_key: str, number: int) -> uuid.UUID:
    """The mark of a submission's run, counted from 1: the same whenever it is taken in."""
    return uuid.uuid5(RUNS, f"{workspace_id}:{dedupe_key}:{number}")


def looks_first(run: WorkflowRun, submitted: Submitted) -> bool:
    """Whether another database may have seen this run, or one like it, do what it is about to do."""
    restored_at, came_at = run.workspace.restored_at, run.submission.received_at
    sent_at = min(submitted.submitted_at, came_at) if submitted.is_timed else came_at - RETRIED
    return restored_at is not None and sent_at < restored_at


def marks() -> str:
    """By what a database is told from a copy of it; empty where the server does not say."""
    with connection.cursor() as cursor:
        cursor.execute(ARE_TOLD)
        if not cursor.fetchone()[0]:
            return ""
        cursor.execute(MARKS)
        return str(cursor.fetchone()[0])


def notice() -> Restored | None:
    """Asked by a worker before it does anything: whether the database is a restored one, which it is told then."""
    found = marks()
    # Race: two workers that start together; the second finds it known.
    with transaction.atomic():
        known, is_new = KnownDatabase.objects.select_for_update().get_or_create(pk=1, defaults={"marks": found})
        if is_new or known.marks == found or not found:
            return None
        return take_over(found)


def declare(*, actor: str) -> Restored:
    """The same, on a person's word: for restores that leave no mark, as a snapshot of the disk."""
    with transaction.atomic():
        return take_over(marks(), actor=actor)


def take_over(found: str, *, actor: str = "") -> Restored:
    KnownDatabase.objects.update_or_create(pk=1, defaults={"marks": found})
    Workspace.objects.update(restored_at=Now(), revision=F("revision") + 1)
    # Who drives a run at this moment does not look: it is taken from them, and goes on when their last call is over.
    WorkflowRun.objects.filter(state=WorkflowRun.State.RUNNING).update(lease=uuid.uuid4())
    # An edit may have arrived since; whoever brings it looks for what it may have tried.
    MailboxUpdate.objects.filter(state=MailboxUpdate.State.PENDING).update(tried=F("wanted"))
    # Whatever was done in the mailboxes since then is looked for at once, and not only what came after the last look.
    MailboxWatch.objects.update(reconcile_at=Now(), due_at=Now(), lease=None)
    scheduled = Draft.objects.filter(status=Draft.Status.SCHEDULED).select_related("workspace", "run").order_by("pk")
    only = [Draft.Status.SCHEDULED]
    drafts = sum(sending.give_back(draft, TAKEN_OFF, cause="restored", status=only, actor=actor) for draft in scheduled)
    forms = AllowedForm.objects.filter(enabled=True).count()
    newest = Submission.objects.order_by("-pk").values_list("received_at", flat=True).first()
    restored = Restored(
        runs=WorkflowRun.objects.filter(state__in=WorkflowRun.CLAIMABLE).count(),
        newest=newest,
        drafts=drafts,
        polled=forms if settings.POLL_MINUTES else 0,
        not_polled=0 if settings.POLL_MINUTES else forms,
    )
    audit.record("database_restored", None, actor=actor, runs=restored.runs, drafts=restored.drafts)
    logger.warning("%s", said(restored))
    return restored


def said(restored: Restored) -> str:
    """What an operator should know of it, and do."""
    newest = f"{restored.newest:%Y-%m-%d %H:%M:%S %Z}" if restored.newest else "never"
    comes = (
        f"What was sent through {restored.polled} form(s) since comes again by itself, from HubSpot's own list."
        if restored.polled
        else f"POLL_MINUTES is 0: take in what was sent through {restored.not_polled} form(s) since by a backfill."
    )
    return (
        f"This database was restored from a backup. Its newest submission came {newest}. {comes} "
        f"{restored.runs} run(s) are open: these, and whatever was sent before now, look in Gmail and HubSpot for what "
        f"was done already before they do it. {restored.drafts} scheduled draft(s) are back in review. "
        "Check DRAFT_ONLY, suppressed addresses and people: changes made since the backup are lost."
    )
