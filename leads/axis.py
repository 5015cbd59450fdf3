"""A run on one axis of time: where each bar begins and how wide it is, with long waits cut short.

A run works for a second and may wait for an hour in between; to scale, its work would be a hairline. So a wait that
is long beside the work is drawn as a mark of its own, with its length in words.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST_WAIT = timedelta(seconds=1)  # that is cut short at all
SHARE = 0.5  # of the work's own length, from which on a wait is long beside it
WAIT = 8.0  # per cent of the width that stand for a wait, however long
NARROWEST = 0.4  # per cent; a bar of no length is still seen
MOST_WAITS = 5  # that are cut, the longest ones
TICKS = 5  # at most, beside the first
CLOCK = [timedelta(seconds=seconds) for seconds in (60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that took from one instant to another."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that was cut short: where its mark is, in per cent, and how long it was."""

    left: float
    width: float
    length: timedelta

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: how far along, in per cent, and how long after the start, or after the last of some waits."""

    left: float
    after: timedelta
    waits: int = 0


@dataclass(frozen=True, slots=True)
class Axis:
    """From instants to per cent of the width."""

    worked: tuple[Stretch, ...]  # apart, in order; between them lie the waits
    scale: float  # per cent for each second of work

    @property
    def length(self) -> timedelta | None:
        """From one end to the other, waits and all."""
        return self.worked[-1].end - self.worked[0].start if self.worked else None

    @property
    def waits(self) -> list[Wait]:
        pairs = zip(self.worked, self.worked[1:], strict=False)
        return [Wait(self.at(one.end), WAIT, after.start - one.end) for one, after in pairs]

    @property
    def ticks(self) -> list[Tick]:
        """Marks at round times: since the start, and after a wait since the work went on."""
        length = sum((stretch.end - stretch.start for stretch in self.worked), timedelta())
        every = round_step(length / TICKS)
        found = [Tick(0.0, timedelta())] if self.worked else []
        for number, stretch in enumerate(self.worked):
            marks = int((stretch.end - stretch.start) / every)
            found += [Tick(self.at(stretch.start + every * mark), every * mark, number) for mark in range(1, marks + 1)]
        return found

    def at(self, instant: datetime) -> float:
        """How far along an instant is. One inside a wait is at its end."""
        left = 0.0
        for number, stretch in enumerate(self.worked):
            left += WAIT if number else 0.0
            if instant <= stretch.end:
                return left + max((instant - stretch.start).total_seconds(), 0.0) * self.scale
            left += (stretch.end - stretch.start).total_seconds() * self.scale
        return left

    def bar(self, start: datetime, end: datetime) -> tuple[float, float]:
        """Left edge and width of what took from `start` to `end`, within the axis."""
        left = min(self.at(start), 100 - NARROWEST)
        return left, min(max(self.at(end) - left, NARROWEST), 100 - left)


def axis_over(stretches: Iterable[Stretch]) -> Axis:
    """The axis on which all of these lie."""
    merged = joined(sorted(stretches, key=lambda one: one.start))
    worked = cut(merged, max(LEAST_WAIT, work(merged) * SHARE))
    seconds = sum((one.end - one.start).total_seconds() for one in worked)
    room = 100.0 - WAIT * max(len(worked) - 1, 0)
    return Axis(tuple(worked), max(room, 0.0) / seconds if seconds else 0.0)


def round_step(least: timedelta) -> timedelta:
    """The shortest of 1, 2, 5, 10 and so on that is not below `least`; of minutes and hours from a minute on."""
    one = timedelta(microseconds=100)
    while one <= timedelta(seconds=10):
        for step in (one, 2 * one, 5 * one):
            if step >= least and step < CLOCK[0]:
                return step
        one *= 10
    return next((step for step in CLOCK if step >= least), timedelta(days=max(least.days + 1, 1)))


def work(stretches: Iterable[Stretch]) -> timedelta:
    """How long all of these took, counting once what went on side by side."""
    merged = joined(sorted(stretches, key=lambda one: one.start))
    return sum((one.end - one.start for one in merged), timedelta())


def joined(ordered: Sequence[Stretch]) -> list[Stretch]:
    """Stretches that overlap or touch, as one."""
    merged: list[Stretch] = []
    for one in ordered:
        if merged and one.start <= merged[-1].end:
            merged[-1] = Stretch(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return merged


def cut(merged: Sequence[Stretch], long: timedelta) -> list[Stretch]:
    """Work, with the short waits counted in. Only the longest are cut, so that the work keeps its room."""
    gaps = sorted((after.start - one.end for one, after in itertools.pairwise(merged)), reverse=True)
    limit = max(long, gaps[MOST_WAITS]) if len(gaps) > MOST_WAITS else long
    worked: list[Stretch] = []
    for one in merged:
        if worked and one.start - worked[-1].end <= limit:
            worked[-1] = Stretch(worked[-1].start, one.end)
        else:
            worked.append(one)
    return worked
