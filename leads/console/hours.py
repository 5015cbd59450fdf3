"""Deliveries by the hour as plain SVG: one column an hour, stacked by verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from leads.console.plots import BOTTOM, HEIGHT, Tick, ceiling, scaled, ticks
from leads.models import Delivery
from leads.webhook_log import Hour

WIDTH = 960
LEFT, RIGHT = 44, 6
EVERY = 4  # hours between labels
VERDICTS = tuple(Delivery.Verdict.values)


@dataclass(frozen=True, slots=True)
class Part:
    """The deliveries of one verdict in an hour, as a rectangle."""

    verdict: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """An hour: its rectangles, what is said of it, and where its rows are."""

    x: float
    width: float
    parts: tuple[Part, ...]
    label: str
    text: str
    address: str
    is_partial: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Columns:
    """All that the template needs to draw."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    total: int
    not_kept: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def columns(hours: Sequence[Hour]) -> Columns:
    most = ceiling(max((hour.total for hour in hours), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(len(hours), 1)
    made = tuple(column(hour, LEFT + number * step, step, most, hour is hours[-1]) for number, hour in enumerate(hours))
    return Columns(made, ticks(most), sum(hour.total for hour in hours), sum(hour.not_kept for hour in hours))


def column(hour: Hour, x: float, step: float, most: int, is_partial: bool) -> Column:  # noqa: FBT001
    start = timezone.localtime(hour.start)
    counted = [f"{hour.by_verdict[verdict]} {verdict}" for verdict in VERDICTS if hour.by_verdict.get(verdict)]
    query = {
        "received_at__gte": hour.start.isoformat(),
        "received_at__lt": (hour.start + timedelta(hours=1)).isoformat(),
    }
    return Column(
        x=round(x + step * 0.14, 1),
        width=round(step * 0.72, 1),
        parts=tuple(parts(hour, most)),
        label=f"{start:%H:%M}" if start.hour % EVERY == 0 else "",
        text=f"{start:%a %H:%M}: {', '.join(counted) or 'none'}",
        address=f"{reverse('admin:leads_delivery_changelist')}?{urlencode(query)}" if hour.total else "",
        is_partial=is_partial,
    )


def parts(hour: Hour, most: int) -> Iterator[Part]:
    """From the ground up, in the order of the verdicts; a gap keeps neighbours apart."""
    y = float(HEIGHT - BOTTOM)
    for verdict in VERDICTS:
        if number := hour.by_verdict.get(verdict, 0):
            height = max(scaled(number, most), 2)
            y -= height
            yield Part(verdict, round(y, 1), round(max(height - 1, 1), 1))
