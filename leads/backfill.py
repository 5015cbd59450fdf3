"""Older submissions answered after all: counted first, then taken in if a person says so. Workers do it, beside runs.

What is taken in twice is known the second time, so a worker that is killed is followed by one that begins again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from time import sleep
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from connectors.errors import ConnectorError, NotConfigured, RateLimited, Transient
from leads import audit, budgets, call_log, connections, intake, listing
from leads.codec import storable
from leads.connections import ConnectionBroken
from leads.engine.bell import ring
from leads.engine.beside import Beside
from leads.engine.leases import LeaseLost, due, take_one
from leads.enquiry import message_in
from leads.models import AllowedForm, Backfill, Event, Submission, Workspace
from leads.payloads import Arrived
from leads.twins import twins_of

logger = logging.getLogger(__name__)

State = Backfill.State
MOST = 1000  # runs of one backfill
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)  # far beyond them a moment can't be stored, or not be read again
LEASE = timedelta(minutes=2)  # for one page
AHEAD = 50  # runs that may be due; with more of them, those who write now would wait behind old ones
SHOWN, LONGEST = 8, 160  # of the first lines, and characters of each
EXPECTED = (ConnectorError, NotConfigured, ConnectionBroken)
PASSING = (RateLimited, Transient)
AGAIN = timedelta(seconds=10)  # where HubSpot does not say when

CLAIM = """
UPDATE leads_backfill SET lease = %s, due_at = statement_timestamp() + %s
WHERE id = (
  SELECT id FROM leads_backfill WHERE state IN ('counting', 'running') AND due_at <= statement_timestamp()
  ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id
"""


class NotPossible(Exception):
    """It can't be done as asked; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Held:
    """The right to work on one backfill until its lease ends, it is through, or a person cancels it."""

    pk: int
    lease: uuid.UUID

    def write(self, **changes: object) -> None:
        """Change the row; raises `LeaseLost` if it is no longer ours to work on."""
        mine = Backfill.objects.filter(pk=self.pk, lease=self.lease, state__in=Backfill.WORKED_ON)
        if not mine.update(**({"due_at": Now() + LEASE, "error": ""} | changes)):
            raise LeaseLost(f"backfill {self.pk}")


def stretch(workspace: Workspace, since: date, until: date) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of the other, where the workspace is."""
    if min(since, until) < EARLIEST or max(since, until) > LATEST:
        raise NotPossible(f"Choose days between {EARLIEST} and {LATEST}.")
    zone = ZoneInfo(workspace.timezone)
    return datetime.combine(since, time(), zone), datetime.combine(until + timedelta(days=1), time(), zone)


def ask(form: AllowedForm, since: datetime, until: datetime, *, actor: str, lease: uuid.UUID | None = None) -> Backfill:
    """Have what was sent from `since` until before `until` counted: by the holder of `lease`, else by a worker."""
    if until <= since:
        raise NotPossible("The last day comes before the first one.")
    if since >= timezone.now():
        raise NotPossible("Nothing was sent yet in a time to come. Choose days of the past.")
    if not form.enabled:
        raise NotPossible(f"“{form}” is switched off. Have it answered first.")
    due_at = timezone.now() + (LEASE if lease else timedelta())
    try:
        with transaction.atomic():
            asked = Backfill.objects.create(
                workspace=form.workspace,
                form=form,
                since=since,
                until=until,
                asked_by=actor,
                lease=lease,
                due_at=due_at,
            )
            audit.record("backfill_asked", form.workspace, actor=actor, backfill=asked.pk, form=form.pk)
            if lease is None:
                ring()
    except IntegrityError:
        raise NotPossible(f"A backfill of “{form}” is open already. Run it or cancel it first.") from None
    return asked


def confirm(asked: Backfill, *, actor: str, lease: uuid.UUID | None = None) -> bool:
    """Take in what was counted; whether it still waited for that."""
    with transaction.atomic():
        due_at = Now() + LEASE if lease else Now()
        counted = Backfill.objects.filter(pk=asked.pk, state=State.COUNTED)
        said = counted.update(state=State.RUNNING, lease=lease, due_at=due_at, first=[])
        if said:
            audit.record("backfill_confirmed", asked.workspace, actor=actor, backfill=asked.pk, runs=asked.wanted)
            if lease is None:
                ring()
    return bool(said)


def cancel(asked: Backfill, *, actor: str) -> bool:
    """Take nothing more in; runs that were started go on. Whether it was open."""
    with transaction.atomic():
        still_open = Backfill.objects.filter(pk=asked.pk, state__in=Backfill.OPEN)
        said = still_open.update(state=State.CANCELLED, lease=None, first=[])
        if said:
            audit.record("backfill_cancelled", asked.workspace, actor=actor, backfill=asked.pk)
    return bool(said)


def due_now() -> QuerySet[Backfill]:
    return Backfill.objects.filter(state__in=Backfill.WORKED_ON, due_at__lte=Now())


def work_due(stopping: Callable[[], bool] = lambda: False) -> None:
    """Count and take in until nothing is due."""
    try:
        while not stopping() and (held := claim()) is not None:
            work(held, stopping)
    except Exception:
        # The lease will run out, and it be begun again.
        logger.exception("a backfill was left as it was")
    finally:
        connection.close()


WORKER = Beside("backfill", work_due)


def claim() -> Held | None:
    taken = take_one(CLAIM, LEASE)
    return Held(*taken) if taken else None


def work(held: Held, stopping: Callable[[], bool] = lambda: False) -> None:
    """Count it, or take it in, whichever is next."""
    asked = Backfill.objects.select_related("form__workspace").get(pk=held.pk)
    try:
        with call_log.noted(asked.form.workspace, "backfill"):
            (count if asked.state == State.COUNTING else take_in)(asked, held, stopping)
    except LeaseLost as lost:
        logger.info("%s was cancelled, or given to another worker", lost)
    except EXPECTED as error:
        connections.waits_for(asked.form.workspace, error)
        fail(asked, held, error)
    except Exception as error:
        logger.exception("backfill %s failed", held.pk)
        fail(asked, held, error)


def count(asked: Backfill, held: Held, stopping: Callable[[], bool]) -> None:
    """Say how many it would run, how many are known, and show a few."""
    wanted = known = unusable = 0
    first: list[dict[str, str]] = []
    for arrivals, bad, is_last in pages(asked):
        new = without_twins(asked.form, listing.unknown(asked.form, arrivals))
        wanted, known, unusable = wanted + len(new), known + len(arrivals) - len(new), unusable + bad
        first += [line(one) for one in new[: SHOWN - len(first)]]
        if wanted > MOST:
            told = f"There are more than {MOST:,} to run. Choose fewer days, and then the next ones."
            close(asked, held, State.FAILED, "backfill_failed", error=told, wanted=wanted)
            return
        found = {"wanted": wanted, "known": known, "unusable": unusable, "first": first}
        if is_last:
            close(asked, held, State.COUNTED, "backfill_counted", **found)
        elif stopping():
            held.write(lease=None, due_at=Now())
            return
        else:
            held.write()


def take_in(asked: Backfill, held: Held, stopping: Callable[[], bool]) -> None:
    """Start the runs, a page at a time, as fast as workers get through them."""
    for arrivals, _, is_last in pages(asked):
        let_others_pass(held, stopping)
        if stopping():
            held.write(lease=None, due_at=Now())
            return
        # Race: a person cancels, or this worker is killed: runs and progress are kept together or not at all.
        with transaction.atomic():
            started = listing.take_in(asked.form, listing.unknown(asked.form, arrivals))
            held.write(started=F("started") + started)
            if is_last:
                close(asked, held, State.DONE, "backfill_done")


def let_others_pass(held: Held, stopping: Callable[[], bool]) -> None:
    while not stopping() and due().values("pk")[:AHEAD].count() == AHEAD:
        held.write()
        sleep(1)


def pages(asked: Backfill) -> Iterator[tuple[list[Arrived], int, bool]]:
    """What was sent in its time, a page at a time: what can be answered, how many can't, whether it is the last."""
    for sent, is_last in listing.pages(asked.form, asked.since):
        arrivals, bad = listing.usable(
            asked.form, [one for one in sent if one.submitted_at < asked.until], Submission.Via.BACKFILL
        )
        yield arrivals, len(bad), is_last


def without_twins(form: AllowedForm, arrivals: list[Arrived]) -> list[Arrived]:
    """Without those that came before under other names."""
    wanted = [intake.wanted_of(one, form.workspace, form) for one in arrivals]
    twins = twins_of(wanted) if wanted else {}
    return [one for one, each in zip(arrivals, wanted, strict=True) if each.at not in twins]


def line(one: Arrived) -> dict[str, str]:
    """A submission in few words, for the person who decides."""
    said = " ".join(message_in(one.submitted.fields).split())
    return {"at": one.submitted.submitted_at.isoformat(), "who": one.email, "said": said[:LONGEST]}


def close(asked: Backfill, held: Held, state: State, kind: str, **changes: object) -> None:
    with transaction.atomic():
        held.write(state=state, lease=None, **changes)
        Event.objects.create(kind=kind, workspace=asked.workspace, facts={"backfill": asked.pk})


def fail(asked: Backfill, held: Held, error: Exception) -> None:
    """Wait if HubSpot asks for time, or is away; else end it, and say why: who asked is there to ask again."""
    said = str(error) if isinstance(error, EXPECTED) else "An error of this product: see its log."
    try:
        if isinstance(error, PASSING):
            held.write(lease=None, due_at=Now() + budgets.rest(error, AGAIN), error=storable(said))
            return
        close(asked, held, State.FAILED, "backfill_failed", error=storable(said), first=[])
    except LeaseLost:
        logger.info("backfill %s was cancelled, or given to another worker", held.pk)
