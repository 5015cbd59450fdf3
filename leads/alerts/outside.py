"""That no worker is alive can't be seen by a worker. The web process looks, whenever it is asked whether all is well,
and sends what is to be told of it, since there is nobody else; so it does with what workers that live don't send."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import Error as DatabaseError

from leads import heartbeat, outbox
from leads.alerts import watch
from leads.models import AlertRule
from leads.momentary import Momentary

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=1)
EVERY = 5.0  # seconds, in each process
_looked: Momentary[str, bool] = Momentary(1)


def look() -> bool:
    """Whether a worker is alive."""
    return _looked.recall("", EVERY, look_now)


def look_now() -> bool:
    is_alive = heartbeat.alive().exists()
    try:
        watch.look([AlertRule.Kind.NO_WORKER])
        if outbox.is_due(LATE if is_alive else timedelta()):
            outbox.SENDER.begin(lambda: False)
    except DatabaseError as error:
        logger.warning("could not look whether a worker is alive: %s", error)
    return is_alive
