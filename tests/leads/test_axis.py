"""A run's bars on one axis of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leads.axis import WAIT, Stretch, axis_over, work
from leads.readable import round_span

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(ms: float) -> datetime:
    return START + timedelta(milliseconds=ms)


def stretch(start: float, end: float) -> Stretch:
    return Stretch(at(start), at(end))


def test_work_in_one_go_is_drawn_to_scale() -> None:
    axis = axis_over([stretch(0, 100), stretch(100, 400), stretch(120, 200)])
    assert axis.waits == []
    assert axis.bar(at(0), at(100)) == (0, 25)
    assert axis.bar(at(120), at(200)) == pytest.approx((30, 20))


def test_steps_side_by_side_begin_at_the_same_place() -> None:
    axis = axis_over([stretch(0, 10), stretch(10, 60), stretch(10, 110)])
    assert axis.bar(at(10), at(60))[0] == axis.bar(at(10), at(110))[0]


def test_a_long_wait_is_a_mark_with_its_length_and_the_work_keeps_the_rest() -> None:
    hour = 3_600_000
    axis = axis_over([stretch(0, 500), stretch(hour, hour + 500)])
    (wait,) = axis.waits
    assert (wait.left, wait.width) == pytest.approx(((100 - WAIT) / 2, WAIT))
    assert wait.length == timedelta(milliseconds=hour - 500)
    assert axis.bar(at(hour), at(hour + 500)) == pytest.approx(((100 + WAIT) / 2, (100 - WAIT) / 2))


def test_a_short_pause_between_steps_is_no_wait() -> None:
    assert axis_over([stretch(0, 1000), stretch(1400, 2400)]).waits == []


def test_however_often_a_run_waited_there_is_room_for_its_work() -> None:
    axis = axis_over([stretch(number * 60_000, number * 60_000 + 100) for number in range(40)])
    assert len(axis.waits) <= 6
    assert axis.at(at(39 * 60_000 + 100)) == pytest.approx(100)


def test_a_bar_of_no_length_is_seen_and_stays_within() -> None:
    axis = axis_over([stretch(0, 100)])
    for instant in (0, 50, 100):
        left, width = axis.bar(at(instant), at(instant))
        assert width > 0
        assert left + width <= 100


def test_nothing_done_has_an_axis_without_marks() -> None:
    axis = axis_over([])
    assert (axis.waits, axis.ticks, axis.at(START)) == ([], [], 0)
    assert axis_over([stretch(5, 5)]).bar(at(5), at(5))[0] == 0


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (24, ["0", "5 ms", "10 ms", "15 ms", "20 ms"]),
        (400, ["0", "100 ms", "200 ms", "300 ms", "400 ms"]),
        (1328, ["0", "500 ms", "1 s"]),
        (7000, ["0", "2 s", "4 s", "6 s"]),
        (260_000, ["0", "1 min", "2 min", "3 min", "4 min"]),
        (20_000_000, ["0", "2 h", "4 h"]),
        (0.3, ["0", "0.1 ms", "0.2 ms", "0.3 ms"]),
    ],
)
def test_ticks_are_at_round_times(length: float, said: list[str]) -> None:
    axis = axis_over([stretch(0, length)])
    assert [round_span(tick.after) for tick in axis.ticks] == said
    assert all(axis.at(START + tick.after) == pytest.approx(tick.left) for tick in axis.ticks)


def test_after_a_wait_ticks_count_from_where_the_work_went_on() -> None:
    hour = 3_600_000
    axis = axis_over([stretch(0, 100), stretch(hour, hour + 400)])
    assert [(round_span(tick.after), tick.waits) for tick in axis.ticks] == [
        *(("0", 0), ("100 ms", 0)),
        *((f"{number}00 ms", 1) for number in range(1, 5)),
    ]
    assert axis.ticks[-1].left == pytest.approx(100)


def test_work_side_by_side_counts_once() -> None:
    assert work([stretch(0, 100), stretch(50, 150), stretch(1000, 1010)]) == timedelta(milliseconds=160)
