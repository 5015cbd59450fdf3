"""The supervised side of `manage.py worker`: a cluster that dies with its supervisor, and drains on SIGTERM."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading

from django_q.cluster import Cluster as QCluster

from leads.engine import drain, leases

GC_ALLOCATIONS = 20_000  # before a collection; the default of some hundreds costs a tenth of a run


def run(name: str) -> None:
    """Run the cluster until SIGTERM, or until the supervisor is gone. It holds leases as `name`."""
    leases.hold_as(name)
    # Every process of the group watches, not just this one: it may be killed in the same moment as the supervisor.
    lifeline = os.dup(sys.stdin.fileno())
    os.register_at_fork(after_in_child=lambda: watch(lifeline))
    watch(lifeline)
    preload()
    cluster = QCluster()
    signal.signal(signal.SIGTERM, lambda *_: stop(cluster))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cluster.start()
    cluster.sentinel.join()
    sys.exit(cluster.sentinel.exitcode or 0)


def stop(cluster: QCluster) -> None:
    drain.STOPPING.value = True
    if cluster.stop_event is None:
        sys.exit(0)  # nothing was started yet
    cluster.stop_event.set()


def watch(lifeline: int) -> None:
    threading.Thread(target=die_with_supervisor, args=[lifeline], daemon=True).start()


def die_with_supervisor(lifeline: int) -> None:
    """The supervisor holds the pipe's other end; when that closes it is gone, and so must the whole group be."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def preload() -> None:
    """Import before forking what every worker needs, so that it is paid for, and held in memory, once."""
    from connectors import accounts, gmail, hubspot  # noqa: F401, PLC0415
    from leads import workflow, writing  # noqa: F401, PLC0415

    # What is loaded now lives as long as the process: the collector need not look at it again, nor the fork copy it.
    gc.freeze()
    gc.set_threshold(GC_ALLOCATIONS)
