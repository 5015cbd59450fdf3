"""Sends on what waited for a service: in its order, and one after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from leads.models import FormPoll, MailboxUpdate, Sending

PACE = timedelta(milliseconds=200)  # between two runs that go on: vendors allow ten to twenty calls a second

# Oldest first, one after the other, so that a hundred runs that waited don't run into the vendor's limits together.
WAKE = """
UPDATE leads_workflowrun AS run SET due_at = statement_timestamp() + (turn.place - 1) * %(pace)s
FROM (
  SELECT id, row_number() OVER (ORDER BY id) AS place FROM leads_workflowrun
  WHERE workspace_id = %(workspace)s AND state = 'waiting' AND error_kind = %(kind)s AND failed_service = %(service)s
) AS turn
WHERE run.id = turn.id AND run.state = 'waiting'
"""


def wake(workspace_id: int, kind: str, service: str) -> int:
    """Make due what waits since this kind of error came from the service; how many runs that was.

    Edits and sendings wait for the mailbox only, polls for HubSpot: what waits for something else goes back to waiting.
    """
    bounds: dict[str, Any] = {
        "pace": PACE,
        "workspace": workspace_id,
        "kind": kind,
        "service": service,
    }
    with connection.cursor() as cursor:
        cursor.execute(WAKE, bounds)
        runs = int(cursor.rowcount)
    edits = MailboxUpdate.objects.filter(workspace=workspace_id, state=MailboxUpdate.State.PENDING)
    edits.filter(lease=None, error_kind=kind).update(due_at=Now())
    sendings = Sending.objects.filter(workspace=workspace_id, due_at__isnull=False, lease=None)
    sendings.filter(error_kind=kind).update(due_at=Now())
    FormPoll.objects.filter(workspace=workspace_id, lease=None, error_kind=kind).update(due_at=Now())
    return runs
