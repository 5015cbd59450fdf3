"""Ringing the bell. It stands apart from what answers it, which needs half of the product."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.tasks import async_task

# Every delivery asks this, so it is kept from growing with the queue.
UNANSWERED = "SELECT count(*) FROM (SELECT FROM django_q_ormq WHERE lock <= %s LIMIT %s) AS bells"


def ring(run_id: int | None = None) -> None:
    """Put a bell into the queue. Inside a transaction it commits with the run: an outbox for free.

    When there are as many unanswered bells as workers, another would find nothing left to do: those drain what is
    due. Should they be through in the instant before this commits, the supervisor's sweep rings again.
    """
    # Bells that a dead cluster had taken stay locked in the queue for a while; nobody will answer those.
    with connection.cursor() as cursor:
        cursor.execute(UNANSWERED, [timezone.now(), settings.WORKER_PROCESSES])
        (unanswered,) = cursor.fetchone()
    if unanswered < settings.WORKER_PROCESSES:
        async_task("leads.engine.drain.answer", run_id)
