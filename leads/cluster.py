"""The supervised side of `manage.py worker`: a cluster that dies with its supervisor, and drains on SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
import threading

from django_q.cluster import Cluster as QCluster

from leads.engine import drain


def run() -> None:
    """Run the cluster until SIGTERM, or until the supervisor is gone."""
    threading.Thread(target=die_with_supervisor, daemon=True).start()
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


def die_with_supervisor() -> None:
    """The supervisor holds the other end of stdin; its end means it is gone, and so must the whole group be."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def preload() -> None:
    """Import before forking what every worker needs, so that it is paid for, and held in memory, once."""
    from connectors import accounts, gmail, hubspot  # noqa: F401, PLC0415
    from leads import workflow, writing  # noqa: F401, PLC0415
