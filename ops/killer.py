"""SIGKILL or SIGSTOP for any process of the product, and a new one for whom nothing else starts again."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

import psutil

from ops.recovery import PROGRESS, Trouble
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


SLEEPERS = ("web", "web/worker", "worker", "worker/children")


class Killer:
    """Kills or stops one process at a time; whom nothing else starts again it does, as a process manager would."""

    def __init__(self, product: Stack, dice: random.Random, roles: Mapping[str, int] = ROLES) -> None:
        self.product = product
        self.roles = roles
        self.dice = dice
        self.killed: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()
        self.woken = 0
        self.asleep: dict[str, float] = {}  # until when somebody of each tree is stopped
        self.troubles: list[Trouble] = []

    def kill_one(self) -> bool:
        """SIGKILL; false if there was nobody to be killed.

        A role first, then one who plays it: so each kind of process has its turn, however few or many it has.
        """
        role, pid = self.somebody(self.roles)
        if pid is None:
            return False
        at = time.time()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[role] += 1
            self.note("killed", role, at)
        if self.roles[role] == 0:
            self.product.processes[role].wait(10)  # else it may seem alive still, and nobody starts it again
        self.restart()
        return True

    def stop_one(self, seconds: float) -> bool:
        """SIGSTOP, and SIGCONT after these seconds; false if there was nobody to be stopped.

        Its tree is not killed meanwhile, for it is to wake up, and to find that its lease is lost.
        """
        role, pid = self.somebody([role for role in self.roles if role in SLEEPERS])
        with suppress(psutil.Error):
            if pid is None:
                return False
            sleeper = psutil.Process(pid)
            at = time.time()
            sleeper.suspend()
            self.stopped[role] += 1
            self.note("stopped", role, at)
            self.asleep[tree_of(role)] = time.monotonic() + seconds
            timer = threading.Timer(seconds, self.wake, [sleeper])
            timer.daemon = True
            timer.start()
            return True
        return False

    def wake(self, sleeper: psutil.Process) -> None:
        with suppress(psutil.Error):  # the supervisor may have replaced its cluster
            sleeper.resume()
            self.woken += 1

    def note(self, kind: str, role: str, at: float) -> None:
        tree = tree_of(role)
        self.troubles.append(Trouble(kind, at, (tree,) if tree in PROGRESS else ()))

    def somebody(self, roles: Collection[str]) -> tuple[str, int | None]:
        now = time.monotonic()
        awake = [role for role in roles if self.asleep.get(tree_of(role), now) <= now]
        if not awake:
            return "", None
        role = self.dice.choice(awake)
        return role, self.await_one(role)

    def await_one(self, role: str) -> int | None:
        """Somebody who plays the role; after an earlier kill there may be nobody for a few seconds."""
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            if players := self.players(role):
                return self.dice.choice(players)
            time.sleep(0.05)
        return None

    def players(self, role: str) -> list[int]:
        top, depth = self.product.processes[tree_of(role)].pid, self.roles[role]
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


def tree_of(role: str) -> str:
    return role.split("/", maxsplit=1)[0]


def descendants(process: psutil.Process, depth: int = 1) -> Iterator[tuple[int, int]]:
    for child in process.children():
        yield depth, child.pid
        yield from descendants(child, depth + 1)
