"""Sends what waits in the outbox of messages to the team. In a thread of its own beside the runs; it slows none.

A message is sent at least once: a worker that dies between the sending and the note of it sends it again.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from leads import messages, notices
from leads.credentials import KeyLost
from leads.engine.beside import Beside
from leads.messages import Message
from leads.models import Event, Notice, NoticeAddress

logger = logging.getLogger(__name__)

State = Notice.State
ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=30)  # and four times as long after each further failure: given up after some hours
LEASE = timedelta(minutes=2)
TIMEOUT = 10.0  # seconds to connect, and to hear an answer
SINGLY = 3  # messages of one kind; more of them become one
AT_ONCE = 200

# All that is due of one kind for one address. Whoever it returns rows to has them until the lease is over.
CLAIM = """
UPDATE leads_notice SET due_at = statement_timestamp() + %s, attempt = attempt + 1
WHERE id IN (
  SELECT id FROM leads_notice
  WHERE state = 'queued' AND due_at <= statement_timestamp() AND (address_id, kind) = (
    SELECT address_id, kind FROM leads_notice
    WHERE state = 'queued' AND due_at <= statement_timestamp() ORDER BY due_at LIMIT 1)
  ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


def is_due(since: timedelta = timedelta()) -> bool:
    """Whether anything is to be sent now, or was to be `since` then."""
    return Notice.objects.filter(state=State.QUEUED, due_at__lte=Now() - since).exists()


def send_due(stopping: Callable[[], bool] = lambda: False) -> None:
    """Send until nothing is due."""
    try:
        while not stopping() and (claimed := claim()):
            deliver(claimed)
    except Exception:
        # Their lease will run out, and they are sent then.
        logger.exception("messages were left in the outbox")
    finally:
        connection.close()


SENDER = Beside("outbox", send_due)


def claim() -> list[Notice]:
    bounds: list[Any] = [LEASE, AT_ONCE]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, bounds)
        taken = [pk for (pk,) in cursor.fetchall()]
    related = ("workspace", "address__person", "run__lead", "run__draft", "alert__workspace")
    return list(Notice.objects.filter(pk__in=taken).select_related(*related).order_by("pk"))


def deliver(claimed: Sequence[Notice]) -> None:
    """Send messages of one kind to one address: each by itself, or one for all of them."""
    news = []
    for notice in claimed:
        try:
            message = messages.message(notice)
        except Exception as error:
            # One that can't be written is given up like one that can't be sent, and holds no other up.
            logger.exception("message %s could not be written", notice.pk)
            settle([notice], f"The message could not be written: {type(error).__name__}.")
            continue
        if message is None:
            note([notice], state=State.DROPPED)
        else:
            news.append((notice, message))
    if len(news) > SINGLY:
        told = [notice for notice, _ in news]
        settle(told, send(told[0].address, messages.digest(told[0].kind, len(told))))
        return
    for notice, message in news:
        # Those before it may have taken longer than the lease; then somebody else has it in hand.
        if ours(notice).update(due_at=Now() + LEASE):
            settle([notice], send(notice.address, message))


def settle(told: Sequence[Notice], trouble: str) -> None:
    """Keep what became of a message that stood for these."""
    if not trouble:
        note(told, state=State.SENT, sent_at=timezone.now(), error="")
        if told[0].kind == Notice.Kind.TEST:
            tell("notice_tested", told)
        return
    # What went as one message is due again at one time, so that it is one again.
    due_at = {attempt: timezone.now() + pause(attempt) for attempt in {notice.attempt for notice in told}}
    for notice in told:
        if notice.attempt >= ATTEMPTS:
            note([notice], error=trouble[:300], state=State.FAILED)
            tell("notice_failed", [notice])
        else:
            note([notice], error=trouble[:300], due_at=due_at[notice.attempt])
            if notice.attempt == 1:
                tell("notice_put_off", [notice])
    logger.warning("%s message(s) to address %s were not sent: %s", len(told), told[0].address_id, trouble)


def note(told: Sequence[Notice], **changes: object) -> None:
    for notice in told:
        ours(notice).update(**changes)


def ours(notice: Notice) -> QuerySet[Notice]:
    """The message, fenced: nothing once somebody else has taken it, after the lease."""
    return Notice.objects.filter(pk=notice.pk, state=State.QUEUED, attempt=notice.attempt)


def tell(kind: str, told: Sequence[Notice]) -> None:
    """Leave an event, so that pages which are open show it at once."""
    for notice in told:
        Event.objects.create(kind=kind, workspace=notice.workspace, run=notice.run, facts={"notice": notice.pk})


def pause(attempt: int) -> timedelta:
    longer: timedelta = FIRST_PAUSE * 4 ** (attempt - 1)
    return longer * random.uniform(0.8, 1.2)  # noqa: S311  not a secret


def send(address: NoticeAddress, message: Message) -> str:
    """Send one message; what went wrong, in words without secrets, or nothing."""
    import apprise  # noqa: PLC0415  only who sends needs it

    try:
        url = notices.unsealed(address)
    except KeyLost as lost:
        return str(lost)
    target = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if target is None:
        return "Apprise does not understand the address any more. Enter it again."
    try:
        notices.refuse_inside(target)  # a name may stand for another place than when it was entered
    except notices.BadAddress as refusal:
        return str(refusal)
    target.redirects = False  # where it would lead to, nobody has looked at
    target.socket_connect_timeout = min(target.socket_connect_timeout, TIMEOUT)
    target.socket_read_timeout = min(target.socket_read_timeout, TIMEOUT)
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        try:
            sent = target.notify(
                title=message.title,
                body=message.body,
                body_format=apprise.NotifyFormat.TEXT,
                notify_type=apprise.NotifyType(message.tone),
            )
        except Exception as error:  # noqa: BLE001  140 plugins of others: whatever it is, the message waits
            return f"{address.service} failed with {type(error).__name__}."
        heard = said.getvalue().strip().splitlines()
    return "" if sent else without_secrets(heard[-1] if heard else f"{address.service} did not take it.", url)


def without_secrets(said: str, url: str) -> str:
    """What a plugin said, without any part of the address."""
    parts = {part for part in re.split(r"[/:@?&=,]+", f"{url}/{unquote(url)}".partition("://")[2]) if len(part) > 2}
    for part in sorted(parts, key=len, reverse=True):
        said = said.replace(part, "…")
    return said
