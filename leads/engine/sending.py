"""Approved drafts out of the rep's mailbox: each once, exactly as approved, or back in review with the reason.

`leads.engine.drain` claims what is due. What must hold stands in `leads.conditions`. A call that may have been made is
looked for before anything else is done, as effects of runs are.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

from connectors.errors import NotFound, Permanent
from leads import audit, call_log, codec, conditions, connections, notices, restores, sending
from leads.connections import ConnectionBroken, Service
from leads.effects import SendDraft
from leads.engine import leases, retries
from leads.engine.execution import NOT_DONE
from leads.engine.leases import LeaseLost
from leads.models import Draft, Notice, Sending, WorkflowRun
from leads.outgoing import Outgoing
from leads.tracebacks import explained, kind_of

logger = logging.getLogger(__name__)

Status = Draft.Status

# A draft waits for the run that still has to put it into the mailbox; that of one which never will comes back.
CLAIM = """
UPDATE leads_sending SET lease = %(lease)s, holder = %(holder)s, due_at = statement_timestamp() + %(length)s
WHERE draft_id IN (
  SELECT draft_id FROM leads_sending
  WHERE due_at <= statement_timestamp() AND EXISTS (
    SELECT FROM leads_draft AS d JOIN leads_workflowrun AS r ON r.id = d.run_id
    WHERE d.id = draft_id AND (d.gmail_draft_id <> '' OR r.state NOT IN ('pending', 'running', 'waiting')))
  ORDER BY due_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING draft_id
"""
REFUSED = (*NOT_DONE, Permanent)  # the vendor's word that it was not sent
APIS = {"gmail": "Gmail", "calendar": "Google Calendar", "hubspot": "HubSpot"}


@dataclass(frozen=True, slots=True)
class Held:
    """The right to send one draft until its lease ends."""

    draft_id: int
    lease: uuid.UUID
    ends: float

    def write(self, **changes: object) -> None:
        """Change the row if it is still ours."""
        if not Sending.objects.filter(pk=self.draft_id, lease=self.lease).update(**changes):
            raise LeaseLost(f"sending of draft {self.draft_id}")

    @contextmanager
    def alone(self) -> Iterator[Draft]:
        """A transaction in which nobody else decides on the draft: no reviewer, no other worker."""
        with transaction.atomic():
            rows = Draft.objects.select_for_update(of=("self",), no_key=True)
            related = rows.select_related("workspace", "lead", "run__workspace", "run__submission")
            draft = related.filter(pk=self.draft_id).first()
            if draft is None or not Sending.objects.filter(pk=self.draft_id, lease=self.lease).exists():
                raise LeaseLost(f"sending of draft {self.draft_id}")
            yield draft


def due() -> QuerySet[Sending]:
    """What anybody may send now. What its run has not put into the mailbox yet waits for it."""
    on_its_way = Q(draft__gmail_draft_id="", draft__run__state__in=WorkflowRun.CLAIMABLE)
    return Sending.objects.filter(due_at__lte=Now()).exclude(on_its_way)


def claim(limit: int) -> list[Held]:
    """Claim up to `limit` of them, oldest first."""
    won, lease, ends = leases.taken(CLAIM, limit)
    return [Held(pk, lease, ends) for pk in won]


def send(held: Held) -> None:
    """Send one draft, or put it off, or leave it to a person. The job boundary: nothing escapes it."""
    try:
        attempt(held)
    except LeaseLost as lost:
        logger.info("left it to its new owner: %s", lost)
    except Exception:
        # The row is gone, or the database is: the lease ends by itself, and whoever claims it next looks first.
        logger.exception("sending of draft %s: nothing could be noted", held.draft_id)


def attempt(held: Held) -> None:
    rows = Sending.objects.select_related(
        "draft__workspace", "draft__lead", "draft__run__workspace", "draft__run__submission"
    )
    row = rows.filter(pk=held.draft_id, lease=held.lease).first()
    if row is None:
        return  # called off since it was claimed
    with call_log.noted(row.draft.workspace, SendDraft.kind, row.draft.run, held.ends):
        try:
            with sending.sole_sender(held.draft_id) as is_alone:
                if is_alone:
                    advance(Outgoing(row.draft), held, row.tried_at)
                else:
                    put_off(held, Now() + retries.soon().delay, "the worker that had it before")
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the row keeps it
            fail(row, held, connections.waits_for(row.draft.workspace, error) or error)


def advance(out: Outgoing, held: Held, tried_at: datetime | None) -> None:
    if tried_at is not None and not is_unsent(out, held, tried_at):
        return
    if stop := conditions.stopped(out, conditions.OWN):
        give_back(out, held, *stop)
        return
    stop = conditions.stopped(out, conditions.ASKED)
    if out.in_gmail is None:
        left_by_hand(out, held)
    elif stop:
        give_back(out, held, *stop)
    else:
        with sending.passing(out.draft.workspace_id):
            if intend(out, held):
                call(out, held)


def is_unsent(out: Outgoing, held: Held, tried_at: datetime) -> bool:
    """Find out what became of a call that may have been made; whether the draft may be sent as if there had been none.

    A draft that is in the mailbox was not sent, once the vendor must be through with whatever it was asked.
    """
    if settings.LOOK_BEFORE_REPEAT:
        patience = timedelta(seconds=settings.HTTP_CONNECT_TIMEOUT + settings.HTTP_READ_TIMEOUT)
        # By the database's clock, which wrote it: this machine's may have jumped.
        if Sending.objects.filter(pk=held.draft_id, tried_at__gt=Now() - patience).exists():
            put_off(held, tried_at + patience, "Gmail to be through with an earlier call")
            return False
        if out.in_gmail is None:
            settle(out, held, tried_at)
            return False
    unsent(held)
    restored_at = out.workspace.restored_at
    if restored_at is not None and tried_at < restored_at:
        # A backup was made while it was being sent; who took it back since, is not known any more.
        give_back(out, held, "restored", restores.TAKEN_OFF)
        return False
    return True


def settle(out: Outgoing, held: Held, tried_at: datetime) -> None:
    """The draft has left the mailbox, and we may have sent it: our message says so, or a person must."""
    ids = SendDraft(out.mail).find(out.accounts, {"thread": out.draft.gmail_thread_id})
    if ids is None:
        doubt(held)
    else:
        arrived(held, ids, tried_at)


def intend(out: Outgoing, held: Held) -> bool:
    """The last word: ask our own tables once more, and note that the call may be made from now on.

    False if something stands against it, and the draft was given back or put off.
    """
    # Race: two workers and the last place of the day, or two drafts to one person. Who gets the workspace's row first
    # counts for the other.
    with transaction.atomic():
        connections.hold(out.workspace).exists()
        with held.alone() as draft:
            now = Outgoing(draft)
            if stop := conditions.stopped(now, conditions.OWN):
                give_back(now, held, *stop)
                return False
            if wait := conditions.waiting(now):
                put_off(held, wait.until, wait.what, attempt=0, error_kind="", error="")
                return False
            leases.require_time(held.ends, f"draft {draft.pk}")
            Draft.objects.filter(pk=draft.pk).update(status=Status.SENDING)
            held.write(tried_at=Now(), waits_for="")
    return True


def call(out: Outgoing, held: Held) -> None:
    tried_at = timezone.now()
    try:
        ids = SendDraft(out.mail).perform(out.accounts, {"draft": out.draft.gmail_draft_id})
    except NotFound:
        settle(out, held, tried_at)  # somebody took it out of the mailbox at this moment
    except REFUSED:
        unsent(held)
        raise
    else:
        arrived(held, ids, timezone.now())


def arrived(held: Held, ids: dict[str, str], sent_at: datetime) -> None:
    """Our message is in the mailbox as sent."""
    with held.alone() as draft:
        Draft.objects.filter(pk=draft.pk).update(
            status=Status.SENT, sent_at=sent_at, gmail_message_id=ids["message"], gmail_thread_id=ids["thread"]
        )
        Sending.objects.filter(pk=draft.pk).delete()
        audit.record("draft_sent", draft.workspace, actor="", run=draft.run, draft=draft.pk)


def unsent(held: Held) -> None:
    """No call was made, or it did nothing: the draft is scheduled as before, and can be called off."""
    with held.alone() as draft:
        Draft.objects.filter(pk=draft.pk, status=Status.SENDING).update(status=Status.SCHEDULED)
        held.write(tried_at=None)


def doubt(held: Held) -> None:
    """Nobody but a person can find out whether it was sent."""
    with held.alone() as draft:
        Draft.objects.filter(pk=draft.pk).update(status=Status.UNCERTAIN)
        held.write(due_at=None, lease=None, waits_for="")
        audit.record("draft_uncertain", draft.workspace, actor="", run=draft.run, draft=draft.pk)
        notices.tell_of_sending(Notice.Kind.SEND_UNCERTAIN, draft.run)


def give_back(out: Outgoing, held: Held, cause: str, why: str) -> None:
    with held.alone() as draft:
        sending.give_back(draft, why, cause=cause, status=[Status.SCHEDULED])
        if cause == conditions.NEWER:
            # Whoever reviews it now is told of the message, and decides with it.
            Draft.objects.filter(pk=draft.pk).update(thread_head=out.unseen[-1].id)


def left_by_hand(out: Outgoing, held: Held) -> None:
    """Somebody sent the draft from Gmail, or deleted it there."""
    written = next((message.sent_at for message in reversed(out.unseen) if message.outgoing), None)
    if written is None and SendDraft(out.mail).find(out.accounts, {"thread": out.draft.gmail_thread_id}):
        written = out.now
    with held.alone() as draft:
        sending.left_by_hand(draft, sent_at=written)


def fail(row: Sending, held: Held, error: Exception) -> None:
    number = row.attempt + 1
    logger.warning("sending of draft %s, attempt %s: %s", row.pk, number, explained(error))
    noted: dict[str, Any] = {"error_kind": kind_of(error), "error": explained(error)}
    with transaction.atomic():
        match retries.decide_now(row.draft.workspace, error, number):
            case retries.Retry(delay=delay, costs_attempt=costs):
                noted["attempt"] = number if costs else row.attempt
                put_off(held, Now() + delay, what_passes(error), **noted)
            case _:
                give_up(held, error)


def give_up(held: Held, error: Exception) -> None:
    """Repeating can't help: back into review, or to whoever can tell whether it was sent."""
    with held.alone() as draft:
        if draft.status == Status.SENDING:
            doubt(held)
        else:
            sending.give_back(draft, f"It could not be sent. {explained(error)}", cause="failed")


def what_passes(error: Exception) -> str:
    if isinstance(error, ConnectionBroken):
        return f"{Service(error.service).label} to be connected again"
    api = APIS.get(getattr(error, "service", ""))
    return f"{api} to answer again" if api else "another try"


def put_off(held: Held, until: datetime | Combinable, what: str, **noted: object) -> None:
    """Have everything asked again then."""
    held.write(due_at=until, lease=None, waits_for=codec.storable(what)[:200], **noted)
