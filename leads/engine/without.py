"""Whether it is time for a draft to do without what a step could not read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError

from connectors.errors import AuthFailed, Misconfigured, NotConfigured, PermissionDenied
from leads.breakers import CircuitOpen
from leads.connections import ConnectionBroken, Service
from leads.engine.journal import Journal
from leads.engine.retries import HOPELESS, asked_by
from leads.engine.steps import Step, Touches
from leads.permits import BudgetSpent


def is_time(journal: Journal, step: Step[Any, Any], error: BaseException) -> bool:  # noqa: PLR0911
    """At once if waiting can't help, or the service is left alone; else once the step has failed for PATIENCE, or would
    have when the vendor's time is over.

    Gmail is waited for as long as it takes, since the draft itself goes there: only a right that is missing is done
    without. So is Google as a whole while it refuses our credentials; HubSpot is not.
    """
    match error:
        case NotConfigured() | DatabaseError():
            return False
        case ConnectionBroken():
            return error.service == Service.HUBSPOT
        case AuthFailed():
            return step.touches is Touches.HUBSPOT and journal.is_refused(error)
        case _ if step.touches is Touches.GMAIL:
            return isinstance(error, PermissionDenied) and not isinstance(error, Misconfigured)
        case _ if isinstance(error, (*HOPELESS, CircuitOpen)):
            return True
        case BudgetSpent():  # there is more in a moment, unless the vendor has stopped it
            return asked_by(error) >= settings.PATIENCE
        case _:
            return journal.failing_for(step.name) + asked_by(error) >= settings.PATIENCE
