"""Edited drafts into the rep's own mailbox: each once, in order, and never over what somebody wrote there by hand.

A bell is rung when an edit is saved; `leads.engine.drain` claims what is due. A call that may have been made is looked
for before it is made again, as effects of runs are.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Now

from connectors.accounts import open_accounts
from connectors.errors import NotConfigured, NotFound
from connectors.ports import OutgoingMail
from leads import audit, call_log, codec, connections, policy
from leads.connections import ConnectionBroken, Service
from leads.credentials import accounts_config
from leads.effects import CreateDraft, UpdateDraft
from leads.engine import leases, retries
from leads.engine.leases import LeaseLost
from leads.models import Draft, DraftRevision, Effect, MailboxUpdate
from leads.tracebacks import explained, kind_of

logger = logging.getLogger(__name__)

State = MailboxUpdate.State

CLAIM = """
UPDATE leads_mailboxupdate SET lease = %(lease)s, holder = %(holder)s, due_at = statement_timestamp() + %(length)s
WHERE draft_id IN (
  SELECT draft_id FROM leads_mailboxupdate
  WHERE state = 'pending' AND due_at <= statement_timestamp()
    AND EXISTS (SELECT FROM leads_draft WHERE id = draft_id AND gmail_draft_id <> '')
  ORDER BY due_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING draft_id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """The right to write one draft until its lease ends."""

    draft_id: int
    lease: uuid.UUID
    ends: float

    def write(self, **changes: object) -> bool:
        """Change the row if it is still ours."""
        mine = MailboxUpdate.objects.filter(pk=self.draft_id, lease=self.lease, state=State.PENDING)
        return bool(mine.update(**changes))


def due() -> QuerySet[MailboxUpdate]:
    """Drafts whose edit anybody may bring to the mailbox now. What the run has not put there yet waits for it."""
    return MailboxUpdate.objects.filter(state=State.PENDING, due_at__lte=Now()).exclude(draft__gmail_draft_id="")


def claim(limit: int) -> list[Held]:
    """Claim up to `limit` of them, oldest first."""
    won, lease, ends = leases.taken(CLAIM, limit)
    return [Held(pk, lease, ends) for pk in won]


def bring(held: Held) -> None:
    """Bring one draft up to date, or put it off, or leave it to a person. The job boundary: nothing escapes it."""
    try:
        attempt(held)
    except Exception:
        # The row is gone, or the database is: the lease ends by itself, and whoever claims it next looks first.
        logger.exception("draft %s: nothing could be noted", held.draft_id)


def attempt(held: Held) -> None:
    update = MailboxUpdate.objects.select_related("workspace", "draft__run").get(pk=held.draft_id)
    with call_log.noted(update.workspace, UpdateDraft.kind, update.draft.run, held.ends):
        try:
            advance(update, held)
        except LeaseLost as lost:
            logger.info("left it to its new owner: %s", lost)
        except Exception as error:  # noqa: BLE001  whatever it is, the row keeps it
            fail(update, held, connections.waits_for(update.workspace, error) or error)


def advance(update: MailboxUpdate, held: Held) -> None:
    draft = update.draft
    if why := connections.broken_of(update.workspace).get(Service.GOOGLE):
        raise ConnectionBroken(Service.GOOGLE, why)
    mails = wordings(update)
    mailbox = open_accounts(accounts_config(update.workspace))
    maybe_ours = {number: mail for number, mail in mails.items() if update.held < number <= update.tried}
    found = mailbox.mail.draft_now(draft.gmail_draft_id, *maybe_ours.values())
    if found is None:
        settle(update, held, State.GONE)
        return
    there, carries = found
    if there.message_id != draft.gmail_message_id:
        # Somebody replaced the message since: an earlier call of ours whose answer was lost, or a person.
        ours = next((number for number, mail in maybe_ours.items() if mail == carries), 0)
        if not ours:
            settle(update, held, State.EDITED)
            return
        arrived(update, held, ours, {"message": there.message_id, "thread": there.thread_id})
        if ours == update.wanted:
            return
    wanted = UpdateDraft(mails[update.wanted])
    if lock := policy.withheld_by(UpdateDraft, workspace_draft_only=True, form_draft_only=True):
        raise NotConfigured(f"Withheld: {lock}.")
    intend(update, held)
    try:
        ids = wanted.perform(mailbox, {"draft": draft.gmail_draft_id})
    except NotFound:
        settle(update, held, State.GONE)
    else:
        arrived(update, held, update.wanted, ids)


def wordings(update: MailboxUpdate) -> dict[int, OutgoingMail]:
    """The revisions newer than the mailbox's, as the run would have sent them."""
    planned = Effect.objects.get(run=update.draft.run, kind=CreateDraft.kind)
    mail = codec.decode(planned.args, CreateDraft).mail
    newer = DraftRevision.objects.filter(draft=update.draft, number__gt=update.held, number__lte=update.wanted)
    return {one.number: replace(mail, subject=one.subject, text=one.body) for one in newer}


def intend(update: MailboxUpdate, held: Held) -> None:
    """Note that the call may be made from now on; it must be over before anyone else may claim the draft."""
    leases.require_time(held.ends, f"draft {update.pk}")
    if not held.write(tried=update.wanted):
        raise LeaseLost(f"draft {update.pk}")


def arrived(update: MailboxUpdate, held: Held, number: int, ids: dict[str, str]) -> None:
    """The mailbox has revision `number` now: note it with its new ids, and be through if it is the one wanted."""
    changes: dict[str, object] = {"held": number}
    if number == update.wanted:
        # A person may have saved a newer one since; then it is due at once.
        state = Case(When(wanted=number, then=Value(State.DONE)), default=Value(State.PENDING))
        changes |= {"state": state, "due_at": Now(), "lease": None, "attempt": 0, "error_kind": "", "error": ""}
    # Race: whoever holds the draft now must not find ids that belong to another revision.
    with transaction.atomic():
        if not held.write(**changes):
            raise LeaseLost(f"draft {update.pk}")
        Draft.objects.filter(pk=update.pk).update(gmail_message_id=ids["message"], gmail_thread_id=ids["thread"])
        tell(update, "draft_updated", revision=number)


def settle(update: MailboxUpdate, held: Held, state: State) -> None:
    """Leave the mailbox as it is: a person wrote there, or took the draft away."""
    with transaction.atomic():
        if not held.write(state=state, lease=None, error_kind="", error=""):
            raise LeaseLost(f"draft {update.pk}")
        tell(update, f"draft_found_{state}")


def fail(update: MailboxUpdate, held: Held, error: Exception) -> None:
    """Put it off, or leave it to a person."""
    attempt = update.attempt + 1
    changes: dict[str, object] = {
        "lease": None,
        "error_kind": kind_of(error),
        "error": explained(error),
    }
    with transaction.atomic():
        match retries.decide_now(update.workspace, error, attempt):
            case retries.Retry(delay=delay, costs_attempt=costs):
                held.write(due_at=Now() + delay, attempt=attempt if costs else attempt - 1, **changes)
            case _:
                # What is saved meanwhile may be what the mailbox takes.
                given_up = Case(When(wanted=update.wanted, then=Value(State.FAILED)), default=Value(State.PENDING))
                if held.write(state=given_up, due_at=Now(), attempt=attempt, **changes):
                    tell(update, "draft_update_failed", error=type(error).__name__)
    logger.warning("draft %s, attempt %s: %s: %s", update.pk, attempt, type(error).__name__, error)


def tell(update: MailboxUpdate, kind: str, **facts: object) -> None:
    audit.record(kind, update.workspace, actor="", run=update.draft.run, draft=update.pk, **facts)
