"""Looks at each workspace's mailbox every few seconds, and compares all of it once a day.

A watch is a row with a lease, so one process looks at a time; what was found and how far was read are written in one
transaction, so a look that is killed is done again and nothing is taken twice.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.errors import ConnectorError, NotConfigured, RateLimited
from connectors.ports import Mail
from leads import audit, budgets, call_log, connections
from leads.codec import storable
from leads.connections import ConnectionBroken, Service
from leads.credentials import accounts_config
from leads.engine.beside import Beside
from leads.engine.leases import LeaseLost, take_one
from leads.following import looking, reconciling, watched
from leads.following.findings import Finding
from leads.following.taking import take
from leads.models import MailboxWatch, Workspace

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # for a few calls; renewed between them
RENEW = 20.0  # seconds
QUIET, IDLE = 8, 20  # looks are so many times rarer while nothing was sent lately, or no draft is there at all
DAILY = timedelta(days=1)
OVERLAP = timedelta(hours=1)  # what came while the last comparison was made
EXPECTED = (ConnectorError, NotConfigured, ConnectionBroken)
PATIENCE = timedelta(minutes=1)  # where Google asks for time and doesn't say how much
BATCH = 20  # findings that are taken over at once

CLAIM = """
UPDATE leads_mailboxwatch SET lease = %s, due_at = statement_timestamp() + %s
WHERE workspace_id = (
  SELECT workspace_id FROM leads_mailboxwatch WHERE due_at <= statement_timestamp()
  ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING workspace_id
"""


class Stopping(Exception):
    """The worker must end; the look is left to the next one."""


@dataclass(slots=True)
class Held:
    """The right to look at one mailbox until the lease ends. `pause` renews it between two calls."""

    workspace_id: int
    lease: uuid.UUID
    stopping: Callable[[], bool] = lambda: False
    renewed: float = 0.0

    def write(self, **changes: object) -> None:
        """Change the row; raises `LeaseLost` if it is no longer ours."""
        if not MailboxWatch.objects.filter(pk=self.workspace_id, lease=self.lease).update(**changes):
            raise LeaseLost(f"watch of workspace {self.workspace_id}")

    def pause(self) -> None:
        if self.stopping():
            raise Stopping
        if time.monotonic() > self.renewed + RENEW:
            self.renewed = time.monotonic()
            self.write(due_at=Now() + LEASE)


def is_on() -> bool:
    return bool(settings.FOLLOW_SECONDS)


def is_due() -> bool:
    """Whether any mailbox is to be looked at now."""
    return is_on() and (MailboxWatch.objects.filter(due_at__lte=Now()).exists() or new().exists())


def new() -> Any:
    """Workspaces with a mailbox that nobody has looked at yet."""
    return Workspace.objects.filter(mailbox_watch=None).exclude(sender_email="")


def look_due(stopping: Callable[[], bool] = lambda: False) -> None:
    """Look until no mailbox is due."""
    try:
        while is_on() and not stopping() and (held := claim(stopping)) is not None:
            look(held)
    except Exception:
        # The lease will run out, and it be looked at again.
        logger.exception("a look at a mailbox was left as it was")
    finally:
        connection.close()


FOLLOWER = Beside("follow", look_due)


def claim(stopping: Callable[[], bool] = lambda: False) -> Held | None:
    """The mailbox that has been due for longest, and the right to look at it."""
    if rows := [MailboxWatch(workspace=workspace) for workspace in new()]:
        MailboxWatch.objects.bulk_create(rows, ignore_conflicts=True)
    taken = take_one(CLAIM, LEASE)
    return Held(*taken, stopping, time.monotonic()) if taken else None


def look(held: Held) -> None:
    """Look at one mailbox, and leave word of how it went; no workspace's trouble is another's."""
    watch = MailboxWatch.objects.select_related("workspace").get(pk=held.workspace_id)
    try:
        if not watched.open_drafts(watch.workspace).exists() and not watched.awaiting(watch.workspace).exists():
            rest(held)
            return
        with call_log.noted(watch.workspace, "follow") as calls:
            if not read(watch, held):
                # One every few seconds, for ever, would bury all others in the list of calls.
                calls[:] = [call for call in calls if call.error]
    except Stopping:
        held.write(lease=None, due_at=Now())
    except LeaseLost as lost:
        logger.info("left it to its new owner: %s", lost)
    except EXPECTED as error:
        fail(watch, held, connections.waits_for(watch.workspace, error) or error)
    except Exception as error:
        logger.exception("the look at the mailbox of workspace %s failed", held.workspace_id)
        fail(watch, held, error)


def rest(held: Held) -> None:
    """Nothing of ours is in the mailbox: it is not asked, and begun anew when something is."""
    well = {"failing_since": None, "error_kind": "", "error": ""}
    held.write(lease=None, due_at=Now() + pace(IDLE), point="", reconcile_at=Now(), **well)


def read(watch: MailboxWatch, held: Held) -> bool:
    """Take over what happened since the last look; all of it is compared where that is due, or nobody knows.

    Whether there is anything to tell: a comparison, or something found.
    """
    workspace = watch.workspace
    if why := connections.broken_of(workspace).get(Service.GOOGLE):
        raise ConnectionBroken(Service.GOOGLE, why)
    mail = open_accounts(accounts_config(workspace)).mail
    is_known = watch.point and watch.mailbox == workspace.sender_email and watch.reconcile_at > timezone.now()
    changes = mail.feed.changes_since(watch.point) if is_known else None
    if changes is None:
        reconcile(watch, held, mail)
        return True
    findings = list(looking.changed(mail, workspace, changes, held.pause))
    # Race: a worker that is killed here, or whose lease is lost: neither what was found nor the way to it is kept.
    with transaction.atomic():
        is_whole = take(workspace, findings)
        settle(watch, held, changes.until, **({} if is_whole else {"reconcile_at": Now()}))
    return bool(findings)


def reconcile(watch: MailboxWatch, held: Held, mail: Mail) -> None:
    """Compare everything. What changes meanwhile is read again: the history begins before."""
    workspace, point = watch.workspace, mail.feed.now()
    found, is_whole = 0, True
    for some in batched(differences(watch, held, mail), BATCH, strict=False):
        # Race: as above. What was taken over is no difference any more when it is compared again.
        with transaction.atomic():
            is_whole &= take(workspace, some)
            held.write(due_at=Now() + LEASE)
        found += len(some)
    with transaction.atomic():
        again = Now() + DAILY if is_whole else Now()
        settle(watch, held, point, mailbox=workspace.sender_email, reconciled_at=Now(), reconcile_at=again)
        if found:
            audit.record("mailbox_compared", workspace, actor="", differences=found)


def differences(watch: MailboxWatch, held: Held, mail: Mail) -> Iterable[Finding]:
    earliest = timezone.now() - watched.RECENT
    since = max(earliest, watch.reconciled_at - OVERLAP) if watch.reconciled_at else earliest
    return reconciling.differences(mail, watch.workspace, since, held.pause)


def settle(watch: MailboxWatch, held: Held, point: str, **changes: object) -> None:
    held.write(
        **{"lease": None, "due_at": Now() + interval(watch.workspace), "point": point, "looked_at": Now()}
        | {"failing_since": None, "error_kind": "", "error": ""}
        | changes
    )
    if watch.failing_since:
        audit.record("mailbox_follow_mended", watch.workspace, actor="")


def fail(watch: MailboxWatch, held: Held, error: Exception) -> None:
    """Say what went wrong. The next look is the next attempt, unless Google asks for more time."""
    wait = interval(watch.workspace)
    if isinstance(error, RateLimited):
        wait = budgets.rest(error, PATIENCE)
    said = str(error) if isinstance(error, EXPECTED) else "An error of this product: see its log."
    kind = type(error).__name__
    try:
        with transaction.atomic():
            held.write(
                lease=None,
                due_at=Now() + wait,
                failing_since=watch.failing_since or Now(),
                error_kind=kind,
                error=storable(said),
            )
            if watch.error_kind != kind:
                audit.record("mailbox_follow_failed", watch.workspace, actor="", error=kind)
    except LeaseLost as lost:
        logger.info("left it to its new owner: %s", lost)
    logger.warning("the mailbox of workspace %s: %s: %s", held.workspace_id, kind, said)


def interval(workspace: Workspace) -> timedelta:
    """Until the next look."""
    return pace(1 if watched.is_busy(workspace) else QUIET)


def pace(times: int) -> timedelta:
    """A little apart, so that many mailboxes aren't asked at one moment."""
    return timedelta(seconds=settings.FOLLOW_SECONDS) * times * random.uniform(0.95, 1.05)  # noqa: S311  not a secret
