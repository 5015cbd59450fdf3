"""An account that no longer takes our credentials: broken once, told once, waited for until it is mended.

Whoever changes the state of a connection, or relies on it, holds the workspace's row first. So of many who see it
break one notes it, and a run that goes to wait is found by whoever mends it, or hears of the mending.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.db.models.functions import Now
from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.errors import AuthFailed, ConnectorError, NotConfigured, NotFound, PermissionDenied
from connectors.ports import Accounts
from leads import audit, breakers, call_log
from leads.credentials import accounts_config
from leads.engine.bell import ring
from leads.meanwhile import revise
from leads.models import Breaker, Connection, MailboxWatch, WorkflowRun, Workspace
from leads.permits import BudgetSpent
from leads.waking import wake

logger = logging.getLogger(__name__)

Service = Connection.Service
State = Connection.State
ACCOUNT_OF = {
    "hubspot": Service.HUBSPOT,
    "gmail": Service.GOOGLE,
    "drive": Service.GOOGLE,
    "calendar": Service.GOOGLE,
}
LOOK_EVERY = timedelta(minutes=1)
# An API that takes our look and refuses a call of the run's breaks again as soon as it is mended: told every ten
# minutes, not every minute.
RELAPSE, AFTER_RELAPSE = timedelta(minutes=1), timedelta(minutes=10)


class ConnectionBroken(Exception):
    """The vendor refuses the credentials of an account that is needed. It is waited for; no attempt is spent."""

    def __init__(self, service: str, why: str) -> None:
        self.service = service
        super().__init__(f"{Service(service).label} is not connected any more. {why}")


def waits_for(workspace: Workspace, error: Exception) -> ConnectionBroken | None:
    """The connection that must be mended before what failed can go on, if it is one; that it broke is noted.

    `workspace` is the row with which the credentials were read.
    """
    if isinstance(error, AuthFailed) and error.service in ACCOUNT_OF:
        broke(workspace, error.service, str(error))
        return ConnectionBroken(ACCOUNT_OF[error.service], str(error))
    return error if isinstance(error, ConnectionBroken) else None


def broke(workspace: Workspace, api: str, why: str) -> bool:
    """An API refuses the credentials that were read with `workspace`; whether that is news. Told once.

    It is none either if the settings have changed since that row was read: the refusal may be of former credentials,
    and the next call tells.
    """
    service = ACCOUNT_OF[api]
    with transaction.atomic():
        if not hold(workspace).filter(revision=workspace.revision).exists():
            return False
        connection, _ = Connection.objects.get_or_create(workspace=workspace, service=service)
        relapse = When(since__gt=timezone.now() - RELAPSE, then=Now() + AFTER_RELAPSE)
        changed = Connection.objects.filter(pk=connection.pk, state=State.OK).update(
            state=State.BROKEN,
            since=Now(),
            why=why[:300],
            refused_by=api,
            look_at=Case(relapse, default=Now() + LOOK_EVERY),
        )
        if changed:
            revise(workspace)
            audit.record("connection_broken", workspace, actor="", service=service, api=api)
            logger.error("%s is broken: %s", connection, why)
    return bool(changed)


def mended(workspace: Workspace, service: str, *, actor: str = "") -> bool:
    """The vendor takes the credentials, or new ones were stored: what waits goes on. Whether it was broken."""
    with transaction.atomic():
        hold(workspace).exists()
        connection = Connection.objects.filter(workspace=workspace, service=service, state=State.BROKEN).first()
        if connection is None:
            return False
        Connection.objects.filter(pk=connection.pk).update(state=State.OK, since=Now(), why="", look_at=None)
        revise(workspace)
        runs = wake(workspace.pk, ConnectionBroken.__name__, service)
        if service == Service.GOOGLE:
            # Nobody heard what happened in the mailbox meanwhile: all of it is compared.
            MailboxWatch.objects.filter(pk=workspace.pk).update(due_at=Now(), reconcile_at=Now())
        audit.record("connection_mended", workspace, actor=actor, service=service, runs=runs)
        ring()
    return True


def hold(workspace: Workspace) -> QuerySet[Workspace]:
    """The workspace's row, nobody else's until the transaction ends. Runs of the workspace write on meanwhile."""
    return Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk)


def broken_of(workspace: Workspace) -> dict[str, str]:
    """The accounts of the workspace that are broken, and why."""
    return dict(broken(workspace).values_list("service", "why"))


def is_broken(workspace: Workspace, service: str) -> bool:
    """Whether it is, and stays so until the transaction ends."""
    hold(workspace).exists()
    return broken(workspace).filter(service=service).exists()


def broken(workspace: Workspace) -> QuerySet[Connection]:
    return Connection.objects.filter(workspace=workspace, state=State.BROKEN)


def waiting(connection: Connection) -> QuerySet[WorkflowRun]:
    """Runs that wait for it."""
    return WorkflowRun.objects.filter(
        workspace=connection.workspace_id,
        state=WorkflowRun.State.WAITING,
        error_kind=ConnectionBroken.__name__,
        failed_service=connection.service,
    )


def due() -> QuerySet[Connection]:
    """Broken connections that are to be asked again now: what was amended at the vendor's side tells nobody else."""
    return Connection.objects.filter(state=State.BROKEN, look_at__lte=Now())


def look_soon() -> None:
    """Have all that is broken asked again now: the environment, and so the credentials, may have changed."""
    Connection.objects.filter(state=State.BROKEN).update(look_at=Now())


def claim() -> list[Connection]:
    """Those of them that no other worker asks."""
    return [
        one
        for one in due().select_related("workspace")
        if due().filter(pk=one.pk, look_at=one.look_at).update(look_at=Now() + LOOK_EVERY)
    ]


def look(connection: Connection) -> None:
    """Ask the API that refused once more, with what harms nobody; the connection is mended if it answers."""
    try:
        with call_log.noted(connection.workspace, "connection"):
            ASK[connection.refused_by](open_accounts(accounts_config(connection.workspace)), connection.workspace)
    except (PermissionDenied, NotFound):
        pass  # answered: the credentials are alive
    except (ConnectorError, NotConfigured) as error:
        logger.info("%s is still broken: %s", connection, error)
        return
    mended(connection.workspace, connection.service)


def try_circuit(breaker: Breaker) -> None:
    """Make a call that harms nobody over a circuit that may be tried: how it goes closes it, or not."""
    try:
        with call_log.noted(breaker.workspace, "breaker"):
            ASK[breaker.service](open_accounts(accounts_config(breaker.workspace)), breaker.workspace)
    except BudgetSpent:
        return  # it stays due: there is room in a moment
    except (ConnectorError, NotConfigured) as error:
        logger.info("the circuit to %s was tried: %s", breaker, error)
    breakers.untried(breaker.pk)


ASK: dict[str, Callable[[Accounts, Workspace], Any]] = {
    "hubspot": lambda accounts, _: accounts.crm.contact_by_email("nobody@sales-agent.invalid"),
    "gmail": lambda accounts, workspace: accounts.mail.label_id(workspace.label),
    "drive": lambda accounts, workspace: accounts.files.files_in(tuple(workspace.folder_ids[:1])),
    "calendar": lambda accounts, workspace: accounts.calendar.busy(
        (workspace.sender_email,), timezone.now(), timezone.now() + timedelta(minutes=30)
    ),
}
