"""Nobody keeps a worker busy with a long message: what is read is read in a moment, whatever is in it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from leads.anonymous import anonymous
from leads.screening import Asked, screen
from leads.writing.links import emails_in
from leads.writing.outsiders import may_be_repeated
from leads.writing.prose import undashed
from leads.writing.understanding import read_message
from tests.writing.office import PROFILE

LETTERS = 5_000
A_MOMENT = 0.25  # seconds of CPU; the worst take 25 ms alone, and took seconds when they were quadratic

RUNS = (
    "z. b. ",
    "mr. ",
    "20. ",
    "Wir bieten ",
    "wir ",
    "1,",
    "0",
    "a-",
    "/",
    "_",
    " \n",
    "? ",
    "a@",
    "we offer ",
    "\t",
)

READERS: dict[str, Callable[[str], object]] = {
    "read": read_message,
    "screened": lambda text: screen(Asked("p.shah@halden.example", text), PROFILE),
    "stripped of names": lambda text: anonymous(text, {"Halden"}, frozenset()),
    "searched for addresses": lambda text: emails_in(f"{text}@"),
    "searched for claims": may_be_repeated,
    "undashed": undashed,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("run", RUNS)
def test_no_long_run_of_the_same_takes_long(reader: str, run: str) -> None:
    text = (run * LETTERS)[:LETTERS]
    started = time.process_time()
    READERS[reader](text)
    assert time.process_time() - started < A_MOMENT
