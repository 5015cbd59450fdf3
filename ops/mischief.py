"""What else goes wrong while processes are killed: some are stopped, the database restarts, the vendors go away, and
clocks are set.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ops.clocks import Clocks
from ops.door import Door
from ops.killer import Killer
from ops.recovery import Setting, Trouble
from salesagent.postgres import embedded

# One of each, and for so many kills one more.
EVERY = {"stop": 15, "database": 30, "vendors": 100, "clock": 30}
BEYOND_THE_LEASE = (1.0, 5.0)  # seconds for which a process stays stopped after its lease is over
# Seconds by which a clock is off, at least and at most. With more, the web would rightly refuse what HubSpot signs.
WRONG = {"web": (60, 240), "worker": (1800, 3600)}
WRONG_FOR = (2.0, 8.0)  # seconds until it is right again


def plan(kills: int, dice: random.Random) -> list[str]:
    """So many kills, and in between what else there is, in an order of the dice."""
    deeds = ["kill"] * kills
    for deed, every in EVERY.items():
        deeds += [deed] * max(1, kills // every)
    dice.shuffle(deeds)
    return deeds


class Mischief:
    """Does what the plan says, one deed after the other; what was stopped, away or wrong comes back meanwhile."""

    def __init__(
        self, killer: Killer, door: Door, clocks: Clocks, data_dir: Path, *, lease: float, longest_away: float
    ) -> None:
        self.killer = killer
        self.dice = killer.dice
        self.door = door
        self.clocks = clocks
        self.data_dir = data_dir
        self.lease = lease
        self.longest_away = longest_away
        self.away_until = 0.0
        self.returned: list[float] = []
        self.restarts: Counter[str] = Counter()
        self.absences: list[str] = []
        self.settings: list[Setting] = []
        self.wrong_until = 0.0

    def do(self, deed: str) -> None:
        """Until it is done: there may be nobody to be killed for a moment."""
        deeds = {
            "kill": self.killer.kill_one,
            "stop": self.stop,
            "database": self.restart,
            "vendors": self.go_away,
            "clock": self.set_clock,
        }
        while not deeds[deed]():
            time.sleep(0.2)
            self.killer.restart()

    def stop(self) -> bool:
        return self.killer.stop_one(self.lease + self.dice.uniform(*BEYOND_THE_LEASE))

    def restart(self) -> bool:
        mode = self.dice.choice(["fast", "immediate"])
        self.killer.troubles.append(Trouble(f"database, {mode}", time.time(), ("web", "worker")))
        embedded.restart(self.data_dir, mode)
        self.restarts[mode] += 1
        self.killer.restart()
        return True

    def go_away(self) -> bool:
        if time.monotonic() < self.away_until:
            return False
        seconds = self.dice.uniform(self.longest_away / 4, self.longest_away)
        refusing = self.dice.random() < 0.5
        self.away_until = time.monotonic() + seconds + 1
        self.absences.append(f"{seconds:.0f} s {'refusing' if refusing else 'hanging'}")
        self.door.shut(refusing=refusing)
        after(seconds, self.come_back)
        return True

    def come_back(self) -> None:
        self.door.open()
        self.returned.append(time.time())

    def set_clock(self) -> bool:
        """Forward or back, for one tree; one at a time."""
        if not self.clocks.can_be_set:
            return True
        if time.monotonic() < self.wrong_until:
            return False
        tree = self.dice.choice(list(WRONG))
        seconds = self.dice.uniform(*WRONG_FOR)
        self.wrong_until = time.monotonic() + seconds + 0.5
        self.killer.note("clock set", tree, time.time())
        off = self.dice.choice((-1, 1)) * self.dice.randint(*WRONG[tree])
        self.settings.append(Setting(tree, time.time(), time.time() + seconds, off))
        self.clocks.set(tree, off)
        after(seconds, partial(self.clocks.set, tree, 0))
        return True

    def end(self) -> None:
        """Let everybody wake and come back."""
        last = max([self.away_until, self.wrong_until, *self.killer.asleep.values()])
        while time.monotonic() < last:
            time.sleep(0.5)
            self.killer.restart()

    def lines(self) -> list[str]:
        """What was done."""
        told = {
            "killed": self.killer.killed,
            "stopped beyond the lease": self.killer.stopped,
            "database restarted": self.restarts,
            "clocks set" if self.clocks.can_be_set else "clocks not set, for want of a C compiler": Counter(
                setting.tree for setting in self.settings
            ),
        }
        lines = [f"{what}: {', '.join(f'{who} {n}' for who, n in sorted(of.items()))}" for what, of in told.items()]
        return [*lines, f"of the stopped, woke: {self.killer.woken}", f"vendors away: {', '.join(self.absences)}"]


def after(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
