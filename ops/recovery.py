"""How long the product stood still after each trouble: the time until what was hit makes progress again."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

IN_TIME = 5.0  # seconds within which 95 % must be back
PROGRESS = {
    "web": "SELECT extract(epoch FROM created_at)::float8 FROM leads_workflowrun",
    "worker": """
SELECT extract(epoch FROM finished_at)::float8 FROM leads_steprun WHERE state = 'done'
UNION ALL SELECT extract(epoch FROM done_at)::float8 FROM leads_effect WHERE state = 'done'
""",
    "effects": "SELECT extract(epoch FROM done_at)::float8 FROM leads_effect WHERE state = 'done'",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was done to whom, and when: seconds since 1970, by the one clock of this machine.

    `hit` names what must make progress again: the web takes leads in, the worker takes steps.
    """

    kind: str
    at: float
    hit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """That the clocks of a tree of processes were so many seconds off, and when."""

    tree: str
    begun: float
    ended: float
    seconds: int

    def wrote(self, at: float) -> bool:
        return self.begun <= at - self.seconds <= self.ended


def progress(database_url: str, settings: Sequence[Setting] = ()) -> dict[str, list[float]]:
    """When each of them made progress, in order."""
    # The database's clock says when leads came; steps and effects tell by the worker's.
    wrong = [setting for setting in settings if setting.tree == "worker"]
    with psycopg.connect(database_url) as connection:
        return {who: sorted(righted(at, wrong) for (at,) in connection.execute(by)) for who, by in PROGRESS.items()}


def righted(at: float, settings: Sequence[Setting]) -> float:
    """When it was, though the clock was off: by more than all this takes, so that no other time looks like it."""
    return next((at - setting.seconds for setting in settings if setting.wrote(at)), at)


def recoveries(troubles: Sequence[Trouble], made: dict[str, list[float]], *, until: float) -> dict[str, list[float]]:
    """Seconds until the progress after each trouble, by kind; infinite if there was none.

    Only of troubles before `until`, when the last lead came: later there may be nothing due. Who is hit again before
    it made progress, and before it was late, counts from the last hit: it could not have been back yet.
    """
    found: dict[str, list[float]] = {}
    for number, trouble in enumerate(troubles):
        waits = []
        for who in trouble.hit:
            back = first_after(made[who], trouble.at)
            again = next((later.at for later in troubles[number + 1 :] if who in later.hit), math.inf)
            if again > min(back, trouble.at + IN_TIME):
                waits.append(back - trouble.at)
        if waits and trouble.at < until:
            found.setdefault(trouble.kind, []).append(max(waits))
    return found


def first_after(times: Sequence[float], at: float) -> float:
    place = bisect_right(times, at)
    return times[place] if place < len(times) else math.inf


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def line(kind: str, seconds: Sequence[float]) -> str:
    p50, p95 = percentile(seconds, 0.5), percentile(seconds, 0.95)
    return f"{kind}: {len(seconds)} measured, progress after {p50:.1f} s (p50), {p95:.1f} s (p95), {max(seconds):.1f} s"
