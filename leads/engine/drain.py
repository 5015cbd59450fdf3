"""The bell: drives a run that someone rang for, then whatever else is due, many at once: runs, edits, sendings.

Ringing it never, once or many times is the same: the tables own the truth.
"""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from multiprocessing import RawValue

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

from leads import backfill, breakers, connections, outbox, polling
from leads.engine import mailbox, sending
from leads.engine.driver import drive
from leads.engine.leases import claim
from leads.following import follower
from leads.reconciliation import report

logger = logging.getLogger(__name__)

STOPPING = RawValue(ctypes.c_bool)
"""Set by the worker's main process when it must end; shared with its forked workers. No lock, so no kill can jam it."""

CALLS_PER_RUN = 6  # the widest layer of the workflow
MIND_EVERY = 1.0  # seconds between looks for messages to send, forms to poll, mailboxes
LOOK_EVERY = 0.05  # seconds between looks for due runs while some are under way
AWAY = 0.5  # seconds until a database that does not answer is asked again
MAILBOX_EVERY = 0.5  # seconds between looks for edited and for approved drafts

type Job = Callable[[], None]


def is_stopping() -> bool:
    return bool(STOPPING.value)


def answer(run_id: int | None = None) -> None:
    """Drive `run_id`, then drain what is due. Called by django-q2."""
    Drain().work(run_id, settings.DRAIN_SECONDS)


@cache
def pools(_process: int) -> tuple[ThreadPoolExecutor, ThreadPoolExecutor]:
    """Threads that drive runs, and threads that call vendors; kept, so that connections stay open between bells."""
    many = settings.RUNS_PER_WORKER
    return (
        ThreadPoolExecutor(many, thread_name_prefix="run"),
        ThreadPoolExecutor(many * CALLS_PER_RUN, thread_name_prefix="call"),
    )


class Drain:
    """Keeps up to RUNS_PER_WORKER runs under way until nothing is due."""

    def __init__(self) -> None:
        self.drivers, self.callers = pools(os.getpid())
        self.free = settings.RUNS_PER_WORKER
        self.changed = threading.Condition()
        self.looked_at_mailbox = -MAILBOX_EVERY
        self.minded = -MIND_EVERY
        self.looked_at_connections = -MIND_EVERY

    def work(self, first: int | None, seconds: float) -> None:
        """Drive run `first`, then due runs, for about `seconds`; returns when those begun have ended."""
        ends = time.monotonic() + seconds
        if first is not None:
            self._begin(self._runs(1, first))
        while time.monotonic() < ends and not STOPPING.value:
            try:
                begun = self._begin_what_is_due()
            except DatabaseError as error:
                # It may be back in a moment, when nobody is about to ring.
                logger.warning("could not look for what is due: %s", error)
                close_old_connections()
                time.sleep(AWAY)
                continue
            if not begun and not self._wait(LOOK_EVERY if self.free else MIND_EVERY):
                break
        self._wait_for_all()

    def _begin_what_is_due(self) -> int:
        """Begin as much of it as there is room for; how much that was."""
        self._mind_the_rest()
        begun = self._begin(self._looks()) if self.free else 0
        begun += self._begin(self._of_drafts(self.free)) if self.free else 0
        begun += self._begin(self._runs(self.free)) if self.free else 0
        return begun

    def _runs(self, limit: int, only: int | None = None) -> list[Job]:
        return [partial(drive, one, self.callers) for one in claim(limit, only)]

    def _mind_the_rest(self) -> None:
        """Messages to the team, HubSpot's lists, mailboxes, and whether all agrees, in threads of their own."""
        if time.monotonic() >= self.minded + MIND_EVERY:
            self.minded = time.monotonic()
            breakers.beat()
            if outbox.is_due():
                outbox.SENDER.begin(is_stopping)
            if polling.is_due():
                polling.POLLER.begin(is_stopping)
            if follower.is_due():
                follower.FOLLOWER.begin(is_stopping)
            if backfill.due_now().exists():
                backfill.WORKER.begin(is_stopping)
            if report.is_due():
                report.WORKER.begin(is_stopping)

    def _of_drafts(self, limit: int) -> list[Job]:
        """Edited drafts on their way to the mailbox, and approved ones out of it; few, so not asked for as often."""
        if time.monotonic() - self.looked_at_mailbox < MAILBOX_EVERY:
            return []
        self.looked_at_mailbox = time.monotonic()
        edits: list[Job] = [partial(mailbox.bring, one) for one in mailbox.claim(limit)]
        left = limit - len(edits)
        return edits + ([partial(sending.send, one) for one in sending.claim(left)] if left else [])

    def _looks(self) -> list[Job]:
        """Broken connections that may be mended: each is asked once a minute, by one of all workers."""
        if time.monotonic() - self.looked_at_connections < MIND_EVERY:
            return []
        self.looked_at_connections = time.monotonic()
        looks: list[Job] = [partial(connections.look, one) for one in connections.claim()]
        looks += [partial(connections.try_circuit, one) for one in breakers.due().select_related("workspace")]
        return looks

    def _begin(self, jobs: Sequence[Job]) -> int:
        with self.changed:
            self.free -= len(jobs)
        for job in jobs:
            self.drivers.submit(self._do, job)
        return len(jobs)

    def _do(self, job: Job) -> None:
        close_old_connections()
        try:
            job()
        except Exception:
            # The lease will run out, and it be claimed again.
            logger.exception("%s was left as it was", job)
        finally:
            close_old_connections()
            with self.changed:
                self.free += 1
                self.changed.notify()

    def _wait(self, seconds: float | None) -> bool:
        """Wait for a run to end, at most `seconds`; false if none is under way."""
        with self.changed:
            if self.free == settings.RUNS_PER_WORKER:
                return False
            self.changed.wait(seconds)
            return True

    def _wait_for_all(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.free == settings.RUNS_PER_WORKER)
