"""The queue's broker: django-q2's own, that outlives a database which is away for a while."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import Error as DatabaseError
from django_q.brokers.orm import ORM

logger = logging.getLogger(__name__)

PAUSE = 0.5  # seconds until the database is asked again


class Broker(ORM):  # type: ignore[misc]  # it is untyped
    """The queue's processes end on an error of the database, the pusher after ten seconds, and with them the cluster.

    A bell is worth none of that: one that can't be taken is taken later, and one that can't be removed stays locked,
    and rings once more.
    """

    def dequeue(self) -> list[tuple[int, str]] | None:
        try:
            tasks: list[tuple[int, str]] | None = super().dequeue()
        except DatabaseError as error:
            logger.warning("could not look for bells: %s", error)
            time.sleep(PAUSE)
            return None
        return tasks

    def acknowledge(self, task_id: Any) -> None:
        try:
            super().acknowledge(task_id)
        except DatabaseError as error:
            logger.warning("could not remove an answered bell: %s", error)
