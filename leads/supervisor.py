"""Keeps a django-q2 cluster alive: starts it, watches every process in it, replaces it whole when one dies.

A killed child can leave the cluster's queues jammed for good, so no survivor is trusted. The runs that the dead
group held are released at once; nothing waits for a lease to end.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from datetime import timedelta

import psutil
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.db.models.functions import Now

from leads import backfill, breakers, connections, outbox, polling, restores
from leads.alerts import watch
from leads.engine import mailbox, sending
from leads.engine.bell import ring
from leads.engine.leases import due, is_idle, release_of
from leads.following import follower
from leads.heartbeat import beat, fall_silent
from leads.reconciliation import report

logger = logging.getLogger(__name__)

BESIDE = (outbox.is_due, polling.is_due, follower.is_due, report.is_due)
WATCH_EVERY = 0.5  # seconds
SWEEP_EVERY = 0.5
BEAT_EVERY = WATCH_ALERTS_EVERY = 5.0
OVERDUE = timedelta(seconds=3)  # for which runs are due, and nobody of the cluster has anything in hand
OVERDUE_SWEEPS = 8  # in a row that find it so: the cluster hangs
START_GRACE = 20.0  # seconds for a new cluster to have all its processes
STOP_GRACE = 30.0  # seconds for runs under way to end, before SIGKILL
MANY_STILLBORN = 5  # clusters in a row that ended before they were complete; from then on there are growing pauses
LONGEST_PAUSE = 60.0


class Cluster:
    """One django-q2 cluster in a session of its own: main process, sentinel, pusher, monitor and workers."""

    def __init__(self) -> None:
        # Under this name its workers hold leases; see `leads.engine.leases`.
        self.holder = f"{socket.gethostname()}:{uuid.uuid4().hex[:12]}"
        # The pipe's other end stays with us: when we die, however we die, the cluster reads its end and follows.
        # Our own start has made the system checks; while it starts, nothing is driven.
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--skip-checks", "--cluster", self.holder],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.started = time.monotonic()
        self.members: set[int] = set()

    def ailment(self) -> str:
        """What is wrong with it, if anything."""
        if self.process.poll() is not None:
            return f"the cluster ended by itself with {self.process.returncode}"
        alive = self._alive()
        if lost := self.members - alive:
            return f"process {min(lost)} of the cluster died"
        self.members |= alive
        if not self.was_complete and time.monotonic() - self.started > START_GRACE:
            return f"only {len(alive)} processes after {START_GRACE:.0f} s"
        return ""

    @property
    def was_complete(self) -> bool:
        """All its processes were there at once; main process, sentinel, pusher and monitor beside the workers."""
        return len(self.members) >= settings.WORKER_PROCESSES + 4

    def is_bloated(self) -> bool:
        """A worker has outgrown its memory: time for a fresh cluster."""
        most = 0
        with suppress(psutil.Error):
            most = max(
                (child.memory_info().rss for child in psutil.Process(self.process.pid).children(recursive=True)),
                default=0,
            )
        return most > settings.WORKER_MAX_RSS_MB * 1024 * 1024

    def stop(self) -> None:
        """Let runs under way end, then make sure."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_GRACE)
        self.kill()

    def kill(self) -> None:
        """End the whole group, and give its runs back."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin:
            with suppress(OSError):
                self.process.stdin.close()
        if is_gone(self.process.pid):
            release(self.holder)

    def _alive(self) -> set[int]:
        with suppress(psutil.Error):
            main = psutil.Process(self.process.pid)
            return {self.process.pid} | {child.pid for child in main.children(recursive=True) if is_alive(child)}
        return set()


def release(holder: str) -> None:
    """Give back what a holder that is gone had in hand. Without a database their leases run out, which takes longer."""
    close_old_connections()
    try:
        released = release_of(holder)
    except DatabaseError as error:
        logger.warning("could not release what the dead workers held; their leases will run out: %s", error)
        return
    if released:
        logger.warning("released %s runs, edits and sendings that the dead workers held", released)


def is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def is_gone(group: int, seconds: float = 5.0) -> bool:
    """Wait until no process of the group runs: only then may others be given its runs. False if some hang on."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return True
        time.sleep(0.02)
    return False


class Supervisor:
    """The loop of `manage.py worker`."""

    def __init__(self) -> None:
        self.stopping = False
        self.stillborn = 0  # clusters in a row that ended before they were complete
        self.swept = 0.0
        self.overdue = 0  # sweeps in a row that found that nobody takes what is due
        self.beaten = 0.0
        self.watched = 0.0

    def run(self) -> None:
        """Watch and sweep until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._recognise()
        self._look_soon()
        cluster = Cluster()
        try:
            while not self.stopping:
                time.sleep(WATCH_EVERY)
                self._watch()
                self._sweep(cluster)
                cluster = self._mend(cluster)
                self._beat(cluster)
        finally:
            logger.info("stopping: runs under way may end")
            cluster.stop()
            fall_silent(cluster.holder)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def _mend(self, cluster: Cluster) -> Cluster:
        if ailment := cluster.ailment() or self._hangs():
            logger.error("%s; replacing the cluster", ailment)
            cluster.kill()
            self._hold_back(cluster)
            return Cluster()
        if cluster.is_bloated():
            logger.info("a worker has outgrown %s MB; replacing the cluster", settings.WORKER_MAX_RSS_MB)
            cluster.stop()
            return Cluster()
        return cluster

    def _hangs(self) -> str:
        """A process that lives and does nothing, a stopped one or one in a deadlock, can keep all others from work."""
        return "nobody of the cluster takes the runs that are due" if self.overdue >= OVERDUE_SWEEPS else ""

    def _hold_back(self, cluster: Cluster) -> None:
        """Cap the rate of restarts: a cluster that can't start must not eat the machine.

        One that was complete has shown that it can; whatever killed it, a new one is started at once.
        """
        self.stillborn = 0 if cluster.was_complete else self.stillborn + 1
        if self.stillborn < MANY_STILLBORN:
            return
        pause = min(2.0 ** (self.stillborn - MANY_STILLBORN), LONGEST_PAUSE)
        logger.error("%s clusters in a row did not start; waiting %.0f s", self.stillborn, pause)
        ends = time.monotonic() + pause
        while time.monotonic() < ends and not self.stopping:
            time.sleep(WATCH_EVERY)

    def _recognise(self) -> None:
        """Nothing is driven before it is known whether the database is the one that was driven last."""
        while not self.stopping:
            try:
                restores.notice()
            except DatabaseError as error:
                logger.warning("waiting for the database: %s", error)
                time.sleep(SWEEP_EVERY)
                close_old_connections()
            else:
                return

    def _look_soon(self) -> None:
        try:
            connections.look_soon()
        except DatabaseError as error:
            logger.warning("broken connections are asked again in their time: %s", error)

    def _watch(self) -> None:
        """Look whether there is something to alert people to; the sweep rings for what is to be told."""
        if time.monotonic() - self.watched < WATCH_ALERTS_EVERY:
            return
        self.watched = time.monotonic()
        close_old_connections()
        try:
            watch.look()
            report.schedule()
        except DatabaseError as error:
            logger.warning("could not look for alerts: %s", error)

    def _sweep(self, cluster: Cluster) -> None:
        """Ring for what is due and nobody rang for, with at most as many bells queued as there are workers."""
        if time.monotonic() - self.swept < SWEEP_EVERY:
            return
        self.swept = time.monotonic()
        close_old_connections()
        try:
            rows = (due(), mailbox.due(), sending.due(), connections.due(), breakers.due(), backfill.due_now())
            if any(some.exists() for some in rows) or any(is_due() for is_due in BESIDE):
                ring()
            overdue = due().filter(due_at__lte=Now() - OVERDUE)
            is_overdue = cluster.was_complete and overdue.exists() and is_idle(cluster.holder)
            self.overdue = self.overdue + 1 if is_overdue else 0
        except DatabaseError as error:
            self.overdue = 0
            logger.warning("could not sweep: %s", error)

    def _beat(self, cluster: Cluster) -> None:
        """Say that this worker lives: whoever can't bring a cluster up does no work, and must be missed."""
        if cluster.was_complete and time.monotonic() - self.beaten >= BEAT_EVERY:
            self.beaten = time.monotonic()
            beat(cluster.holder, len(cluster.members))
