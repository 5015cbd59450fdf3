"""SIGKILL for any process of the product, and a new one for whom nothing else starts again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress

import psutil

from ops.stack import Stack

# Who can be killed, and how many generations below the process that we started they are.
ROLES = {
    "web": 0,
    "web/worker": 1,
    "worker": 0,
    "worker/cluster": 1,
    "worker/sentinel": 2,
    "worker/children": 3,  # the workers, the pusher and the monitor
}


class Killer:
    """Kills one process at a time; what has no supervisor of its own is started again, as a process manager would."""

    def __init__(self, product: Stack, dice: random.Random, roles: Mapping[str, int] = ROLES) -> None:
        self.product = product
        self.roles = roles
        self.dice = dice
        self.killed: Counter[str] = Counter()

    def kill_one(self) -> None:
        """A role first, then one who plays it: so each kind of process has its turn, however few or many it has."""
        role = self.dice.choice(list(self.roles))
        pid = self.await_one(role)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[role] += 1
        if self.roles[role] == 0:
            self.product.processes[role].wait(10)  # else it may seem alive still, and nobody starts it again
        self.restart()

    def await_one(self, role: str) -> int | None:
        """Somebody who plays the role; after an earlier kill there may be nobody for a few seconds."""
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            if players := self.players(role):
                return self.dice.choice(players)
            time.sleep(0.05)
        return None

    def players(self, role: str) -> list[int]:
        name, depth = role.split("/", maxsplit=1)[0], self.roles[role]
        top = self.product.processes[name].pid
        if depth == 0:
            return [top]
        with suppress(psutil.Error):
            return [pid for level, pid in descendants(psutil.Process(top)) if level == depth]
        return []

    def restart(self) -> None:
        for name, process in list(self.product.processes.items()):
            if process.poll() is None:
                continue
            if name == "worker":
                self.product.worker(wait=False)
            elif name == "web":
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                self.product.web()
            elif name == "approver":
                self.product.approver()


def descendants(process: psutil.Process, depth: int = 1) -> Iterator[tuple[int, int]]:
    for child in process.children():
        yield depth, child.pid
        yield from descendants(child, depth + 1)
