"""Asks HubSpot every few minutes what was sent through each form that is answered, so that no webhook needs to come.

A form's poll is a row with a lease, so one process asks at a time; what was found and how far was read are written in
one transaction, so a poll that is killed is done again and nothing is answered twice.
"""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from connectors.errors import ConnectorError, NotConfigured, RateLimited
from leads import budgets, call_log, connections, listing
from leads.codec import storable
from leads.connections import ConnectionBroken
from leads.engine.beside import Beside
from leads.engine.leases import LeaseLost
from leads.models import AllowedForm, Event, FormPoll, Submission

logger = logging.getLogger(__name__)

OVERLAP = timedelta(hours=1)  # HubSpot may list a submission later than one that was sent after it
LEASE = timedelta(minutes=2)  # for one page
EXPECTED = (ConnectorError, NotConfigured, ConnectionBroken)
PATIENCE = timedelta(seconds=10)  # where HubSpot asks for time and doesn't say how much

CLAIM = """
UPDATE leads_formpoll SET lease = %s, due_at = statement_timestamp() + %s
WHERE form_id = (
  SELECT p.form_id FROM leads_formpoll p JOIN leads_allowedform f ON f.id = p.form_id
  WHERE f.enabled AND p.due_at <= statement_timestamp()
  ORDER BY p.due_at LIMIT 1 FOR NO KEY UPDATE OF p SKIP LOCKED
)
RETURNING form_id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """The right to ask for one form until the lease ends."""

    form_id: int
    lease: uuid.UUID

    def write(self, **changes: object) -> None:
        """Change the row; raises `LeaseLost` if it is no longer ours."""
        if not FormPoll.objects.filter(pk=self.form_id, lease=self.lease).update(**changes):
            raise LeaseLost(f"poll of form {self.form_id}")


def is_on() -> bool:
    return bool(settings.POLL_MINUTES)


def is_due() -> bool:
    """Whether any form is to be asked for now."""
    answered = AllowedForm.objects.filter(enabled=True)
    return is_on() and answered.filter(Q(poll=None) | Q(poll__due_at__lte=Now())).exists()


def poll_due(stopping: Callable[[], bool] = lambda: False) -> None:
    """Poll until no form is due."""
    try:
        while is_on() and not stopping() and (held := claim()) is not None:
            poll(held, stopping)
    except Exception:
        # The lease will run out, and it be polled again.
        logger.exception("a poll was left as it was")
    finally:
        connection.close()


POLLER = Beside("poll", poll_due)


def claim() -> Held | None:
    """The form that has been due for longest, and the right to ask for it."""
    new = AllowedForm.objects.filter(enabled=True, poll=None)
    if rows := [FormPoll(form=form, workspace_id=form.workspace_id) for form in new]:
        FormPoll.objects.bulk_create(rows, ignore_conflicts=True)
    held: list[Any] = [uuid.uuid4(), LEASE]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, held)
        row = cursor.fetchone()
    return Held(row[0], held[0]) if row else None


def poll(held: Held, stopping: Callable[[], bool] = lambda: False) -> None:
    """Ask for one form, and leave word of how it went; no form's trouble is another's."""
    state = FormPoll.objects.select_related("form__workspace").get(pk=held.form_id)
    try:
        with call_log.noted(state.form.workspace, "poll"):
            read(state, held, stopping)
    except LeaseLost as lost:
        logger.warning("%s was given to another worker", lost)
    except EXPECTED as error:
        fail(state, held, connections.waits_for(state.form.workspace, error) or error)
    except Exception as error:
        logger.exception("the poll of form %s failed", held.form_id)
        fail(state, held, error)


def read(state: FormPoll, held: Held, stopping: Callable[[], bool]) -> None:
    """Take in what was sent since the last poll, newest first; how far was read moves when all of it was."""
    form, newest, found = state.form, state.read_until, 0
    for sent, is_last in listing.pages(form, floor(state)):
        arrivals, _ = listing.usable(form, sent, Submission.Via.POLL)
        # A clock of HubSpot's that is ahead must not carry us past what is sent until then.
        newest = max(
            [*(min(one.submitted_at, timezone.now()) for one in sent), *([newest] if newest else [])], default=None
        )
        # Race: a worker that is killed here, or whose lease is lost: neither the runs nor the way to them are kept.
        with transaction.atomic():
            found += listing.take_in(form, listing.settled(form, listing.unknown(form, arrivals)))
            if is_last:
                settle(state, held, found, newest)
            elif stopping():
                held.write(lease=None, due_at=Now())
            else:
                held.write(due_at=Now() + LEASE)
        if stopping():
            return


def floor(state: FormPoll) -> datetime:
    """From when on submissions are asked for: never from before the form was answered; that is for a backfill."""
    since = state.form.answered_since
    return max(since, state.read_until - OVERLAP) if state.read_until else since


def settle(state: FormPoll, held: Held, found: int, newest: datetime | None) -> None:
    held.write(
        lease=None,
        due_at=Now() + interval(),
        read_until=newest,
        polled_at=Now(),
        found=found,
        failing_since=None,
        error_kind="",
        error="",
    )
    if state.failing_since:
        tell(state, "form_poll_mended")


def fail(state: FormPoll, held: Held, error: Exception) -> None:
    """Say what went wrong. The next poll is the next attempt, unless HubSpot asks for more time."""
    wait = interval()
    if isinstance(error, RateLimited):
        wait = budgets.rest(error, PATIENCE)
    said = str(error) if isinstance(error, EXPECTED) else "An error of this product: see its log."
    try:
        with transaction.atomic():
            held.write(
                lease=None,
                due_at=Now() + wait,
                failing_since=state.failing_since or Now(),
                error_kind=type(error).__name__,
                error=storable(said),
            )
            if state.error_kind != type(error).__name__:
                tell(state, "form_poll_failed", error=type(error).__name__)
            if isinstance(error, RateLimited):
                # The limit is that of the account: the workspace's other forms wait as well.
                others = FormPoll.objects.filter(workspace=state.workspace_id, lease=None)
                others.update(due_at=Greatest("due_at", Now() + wait))
    except LeaseLost:
        logger.warning("the poll of form %s was given to another worker", held.form_id)
    logger.warning("the poll of form %s: %s: %s", held.form_id, type(error).__name__, said)


def interval() -> timedelta:
    """Until the next poll of a form; a little apart, so that many forms don't ask at one moment."""
    return timedelta(minutes=settings.POLL_MINUTES) * random.uniform(0.95, 1.05)  # noqa: S311  not a secret


def tell(state: FormPoll, kind: str, **facts: object) -> None:
    Event.objects.create(kind=kind, workspace_id=state.workspace_id, facts={"form": state.pk, **facts})
