"""Drafts that are approved and scheduled, and what a worker makes of them, by a test that decides when."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from leads import drafts
from leads.engine import sending
from leads.models import Draft, Sending, Workspace
from tests.leads.driving import drive_to_the_end, take_in

Make = Callable[..., dict[str, Any]]
LATER = timedelta(minutes=1)


def approved(lead: dict[str, Any], workspace: Workspace, by: User) -> Draft:
    """A draft that a run wrote and somebody approved."""
    draft = Draft.objects.get(run=drive_to_the_end(take_in(lead, workspace)))
    drafts.approve(draft, version=draft.version, by=by)
    draft.refresh_from_db()
    return draft


def send(times: int = 1) -> None:
    """As many claims of all that is scheduled, without the waiting between them: neither ours, nor Gmail's."""
    for _ in range(times):
        Sending.objects.filter(due_at__isnull=False).update(due_at=Now(), tried_at=F("tried_at") - LATER)
        for held in sending.claim(200):
            sending.send(held)


def send_side_by_side(workers: int, limit: int = 1) -> None:
    """So many workers claim all that is scheduled at once, up to `limit` each, and send it."""
    Sending.objects.update(due_at=Now())

    def work(_: int) -> None:
        try:
            for held in sending.claim(limit):
                sending.send(held)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(work, range(workers)))


def sent(box: Any) -> list[dict[str, Any]]:
    """What has left the mailbox, in order."""
    found: list[dict[str, Any]] = box.control.created("sent")["sent"]
    return found
