"""Plots as plain SVG, drawn on the server: bars of two colours, and a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 10, 24


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time: what it is called, what ended well and what badly in it, where its rows are."""

    label: str
    good: int
    bad: int
    address: str = ""
    is_partial: bool = False  # still going on

    @property
    def total(self) -> int:
        return self.good + self.bad

    @property
    def rate(self) -> float:
        """The share that ended badly, in percent."""
        return 100 * self.bad / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bucket as two stacked rectangles, in the plot's own units."""

    x: float
    width: float
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float
    bucket: Bucket
    shows_label: bool

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the plot, and what stands beside it."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything that the template needs to draw, and nothing to compute."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    rates: tuple[Tick, ...]
    points: str
    area: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM

    @property
    def right(self) -> int:
        return self.width - RIGHT


def plot(buckets: Sequence[Bucket], *, labels: int = 6) -> Plot:
    """Throughput as bars; the failure rate as a line over the same buckets, those without runs left out."""
    most = ceiling(max((bucket.total for bucket in buckets), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(len(buckets), 1)
    every = max(1, ceil(len(buckets) / labels))
    floor, bars = HEIGHT - BOTTOM, []
    for number, bucket in enumerate(buckets):
        good, bad = scaled(bucket.good, most), scaled(bucket.bad, most)
        shows = (len(buckets) - 1 - number) % every == 0
        bars.append(
            Bar(
                round(LEFT + number * step + step * 0.14, 1),
                round(step * 0.72, 1),
                round(floor - good, 1),
                round(good, 1),
                round(floor - good - bad - (1.5 if good and bad else 0), 1),
                round(bad, 1),
                bucket,
                shows,
            )
        )
    worst = ceiling(ceil(max((bucket.rate for bucket in buckets), default=0)))
    line = [(bar.middle, floor - scaled(bar.bucket.rate, worst)) for bar in bars if bar.bucket.total]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
    area = f"{line[0][0]:.1f},{floor} {points} {line[-1][0]:.1f},{floor}" if len(line) > 1 else ""
    return Plot(tuple(bars), ticks(most), ticks(worst, " %"), points if len(line) > 1 else "", area)


def ticks(most: int, unit: str = "") -> tuple[Tick, ...]:
    """Nothing, half and all of a scale."""
    return tuple(
        Tick(round(HEIGHT - BOTTOM - scaled(value, most), 1), f"{value:g}{unit if value else ''}")
        for value in (0, most / 2, most)
    )


def scaled(value: float, most: float) -> float:
    return (HEIGHT - TOP - BOTTOM) * value / most if most else 0.0


def ceiling(most: int) -> int:
    """A round number not below `most`, whose half is whole too."""
    if most <= 4:
        return 4
    size = 10 ** int(log10(most))
    return next(int(part * size) for part in (1, 2, 4, 6, 8, 10) if part * size >= most and part * size % 2 == 0)


@dataclass(frozen=True, slots=True)
class Spark:
    """A small plot of whole numbers, the last of them still growing: (x, y, width, height) of each bar."""

    bars: tuple[tuple[float, float, float, float], ...]
    numbers: Sequence[int]
    width: int
    height: int

    @property
    def said(self) -> str:
        """The same for who can't see it."""
        return ", ".join(map(str, self.numbers))


def spark(numbers: Sequence[int], *, width: int = 112, height: int = 28) -> Spark:
    """Bars side by side; a number that isn't 0 is always seen."""
    most, step = max(numbers, default=0) or 1, width / max(len(numbers), 1)
    tall = [max(2.0, (height - 1) * number / most) if number else 0.0 for number in numbers]
    bars = [
        (round(place * step + step * 0.12, 1), round(height - 1 - size, 1), round(step * 0.76, 1), round(size, 1))
        for place, size in enumerate(tall)
    ]
    return Spark(tuple(bars), numbers, width, height)
