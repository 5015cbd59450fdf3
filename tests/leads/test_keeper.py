"""The thread that asks the database for others: what fails in it is nobody else's trouble."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import Error as DatabaseError
from django.db import connection

from leads.keeper import Keeper


@pytest.fixture
def keeper(transactional_db: None) -> Iterator[Keeper]:
    made = Keeper(lambda: None)
    yield made
    made.rest()


def wait_for(event: threading.Event) -> None:
    assert event.wait(5)


def fail() -> None:
    raise DatabaseError("it went away")


def asked() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def cut() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_an_errand_that_fails_keeps_none_behind_it_from_being_done(keeper: Keeper) -> None:
    all_there, done = threading.Event(), threading.Event()
    keeper.do(lambda: wait_for(all_there))
    keeper.do(fail)
    keeper.do(done.set)
    all_there.set()
    assert done.wait(5)


def test_what_nobody_waits_for_any_more_is_not_asked(keeper: Keeper) -> None:
    busy, through, asked_late = threading.Event(), threading.Event(), threading.Event()
    keeper.do(lambda: wait_for(busy))
    with pytest.raises(TimeoutError):
        keeper.ask(asked_late.set, 0.05)
    keeper.do(through.set)
    busy.set()
    assert through.wait(5)
    assert not asked_late.is_set()


def test_a_connection_that_broke_under_a_question_answers_the_next(keeper: Keeper) -> None:
    with pytest.raises(DatabaseError):
        keeper.ask(cut, 5)
    assert keeper.ask(asked, 5) == 1
