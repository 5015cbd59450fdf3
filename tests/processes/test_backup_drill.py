"""The verdict of the restore drill, which itself takes a minute: that it can be passed, and failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ops.backup_drill import Verdict

PASSED = Verdict(dumped=9, open=2, since=3, accepted=12, done=12, lost=["lead 10", "lead 11"], returned=2, mid_send=1)


def test_it_is_passed_when_all_is_there_once() -> None:
    assert PASSED.is_clean
    assert PASSED.line() == (
        "before_dump=9 open_in_dump=2 after_dump=3 lost=2 returned=2 accepted=12 done=12 mid_send_in_dump=1 sent=0 "
        "gone=0 missing=0 doubled=0"
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"gone": ["lead 1"]},
        {"missing": ["lead 1: no notes"]},
        {"doubled": ["lead 1: 2 drafts"]},
        {"done": 11},
        {"returned": 1},
        {"open": 0},
        {"mid_send": 0},
        {"lost": [], "returned": 0},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_it_is_failed_by_anything_odd_and_when_nothing_was_shown(odd: dict[str, Any]) -> None:
    assert not replace(PASSED, **odd).is_clean
