"""Which workers live: written by their supervisors, read by the console."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db.models import QuerySet
from django.db.models.functions import Now

from leads.models import Worker

logger = logging.getLogger(__name__)

ALIVE = timedelta(seconds=20)  # a few beats may fail
FORGOTTEN = timedelta(days=1)


def beat(name: str, processes: int) -> None:
    """Say that the worker lives. Without a database nothing is said: the console can't be asked either."""
    try:
        Worker.objects.update_or_create(name=name, defaults={"processes": processes, "seen_at": Now()})
        Worker.objects.filter(seen_at__lt=Now() - FORGOTTEN).delete()
    except DatabaseError as error:
        logger.warning("could not say that this worker lives: %s", error)


def fall_silent(name: str) -> None:
    """Say that the worker ended as it should."""
    try:
        Worker.objects.filter(name=name).delete()
    except DatabaseError as error:
        logger.warning("could not say that this worker ended: %s", error)


def alive() -> QuerySet[Worker]:
    """By the clock by which they say so, the database's: this machine's may differ."""
    return Worker.objects.filter(seen_at__gte=Now() - ALIVE)
