"""Deliveries that nobody proved to be HubSpot's: kept to show a wrong set-up, bounded since anyone can send them.

Every one is counted. An hour's first are kept, the newest of all hours stay, and of a long body the beginning does.
A flood costs one statement a second and process, and the rows of HubSpot's own deliveries nothing.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from leads.codec import storable
from leads.models import Delivery, UnsignedHour

AN_HOUR = 100  # kept
AT_MOST = 2000  # kept at any time
FOR = timedelta(days=30)
LONGEST_BODY = 64 * 1024
LONGEST_HEADER = 500
LONGEST_TARGET = 2000
PAUSE = 1.0  # seconds between counting statements, once an hour is full

COUNT = """
INSERT INTO leads_unsignedhour (hour, number) VALUES (date_trunc('hour', now(), 'UTC'), %s)
ON CONFLICT (hour) DO UPDATE SET number = leads_unsignedhour.number + excluded.number
RETURNING number
"""


class Counter:
    """Counts for all processes in the database; while the hour is full, by itself in between."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.uncounted = 0
        self.full_at = float("-inf")

    def next(self) -> int | None:
        """Which of this hour's it is; None while the hour is known to be full."""
        with self.lock:
            self.uncounted += 1
            if time.monotonic() - self.full_at < PAUSE:
                return None
            number, self.uncounted = self.uncounted, 0
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [number])
            total: int = cursor.fetchone()[0]
        if total > AN_HOUR:
            self.full_at = time.monotonic()
        return total


counter = Counter()


def keep(reason: str, *, target: str, headers: dict[str, str], body: bytes, size: int) -> None:
    """Keep a request that is refused for want of a good signature, unless too many were."""
    place = counter.next()
    if place is None or place > AN_HOUR:
        return
    Delivery.objects.create(
        signature="",
        target=storable(target[:LONGEST_TARGET]),
        headers={name: storable(value[:LONGEST_HEADER]) for name, value in headers.items()},
        body=body[:LONGEST_BODY],
        size=size,
        verdict=Delivery.Verdict.REFUSED,
        reason=storable(reason)[:300],
    )
    if place == 1:
        prune()


def prune() -> None:
    """Delete the unsigned ones that are old, or more than may be kept."""
    oldest = timezone.now() - FOR
    # Their bodies need not be read to be deleted.
    unsigned = Delivery.objects.filter(signature="").order_by("-pk").only("pk")
    unsigned.filter(received_at__lt=oldest).delete()
    if surplus := unsigned.values_list("pk", flat=True)[AT_MOST : AT_MOST + 1].first():
        unsigned.filter(pk__lte=surplus).delete()
    UnsignedHour.objects.filter(hour__lt=oldest).delete()
