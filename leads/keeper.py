"""The one thread of a process that asks the database on behalf of those that call vendors, which have no connection."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

logger = logging.getLogger(__name__)

IDLE = 10.0  # seconds without work after which it ends, and gives its connection back
AFTER_TROUBLE = 0.5

type Round = Callable[[], float | None]


class Ended(Exception):
    """Nobody needs it any more."""


class Keeper:
    """Does errands in their order, and goes round whenever there is something to be done.

    `round` says in how many seconds it is to be called again, None if not before somebody asks.
    """

    def __init__(self, round_: Round) -> None:
        self.round = round_
        self.forget()

    def forget(self) -> None:
        """Begin anew, as a forked child does: the thread stayed with the parent."""
        self.changed = threading.Condition()
        self.errands: list[Callable[[], None]] = []
        self.pause: float | None = None
        self.thread: threading.Thread | None = None

    def nudge(self) -> None:
        """Have it go round now."""
        self.do(lambda: None)

    def ask[T](self, question: Callable[[], T], patience: float) -> T:
        """What the database answers. Raises what it raises, and `TimeoutError`."""
        answer: Future[T] = Future()

        def errand() -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)
                raise  # the connection may be of no use any more

        self.do(errand)
        try:
            return answer.result(patience)
        finally:
            answer.cancel()  # a call must not be admitted that nobody makes any more

    def do(self, errand: Callable[[], None]) -> None:
        """Have it done soon; nobody waits for it."""
        with self.changed:
            self.errands.append(errand)
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, name="keeper", daemon=True)
                self.thread.start()
            self.changed.notify()

    def rest(self) -> None:
        """Wait until it has ended, once nothing is left to do."""
        thread = self.thread
        if thread is not None:
            self.do(self._end)
            thread.join()

    def _end(self) -> None:
        raise Ended

    def _work(self) -> None:
        self.pause = None
        try:
            while errands := self._next(self.pause):
                self.pause = 0.0
                went = [carried_out(errand) for errand in errands]
                if not all(went):
                    time.sleep(AFTER_TROUBLE)
        except Ended:
            pass
        finally:
            connection.close()
            with self.changed:
                if self.thread is threading.current_thread():
                    self.thread = None

    def _next(self, pause: float | None) -> list[Callable[[], None]]:
        """What is to be done now, after a pause at the longest; nothing when there has been nothing for long."""
        with self.changed:
            self.changed.wait_for(lambda: self.errands, IDLE if pause is None else pause)
            errands, self.errands = self.errands, []
            if not errands and pause is None:
                self.thread = None
                return []
            return [*errands, self._go_round]

    def _go_round(self) -> None:
        self.pause = self.round()


def carried_out(errand: Callable[[], None]) -> bool:
    """Whether it was. One that fails keeps no other from being done, nor leaves it a connection that is of no use."""
    try:
        errand()
    except Ended:
        raise
    except Exception as error:
        expected = isinstance(error, DatabaseError)
        logger.log(logging.WARNING if expected else logging.ERROR, "an errand failed", exc_info=error)
        close_old_connections()
        return False
    return True


def keeper_of(round_: Round) -> Keeper:
    """A keeper that a forked child begins anew."""
    made = Keeper(round_)
    os.register_at_fork(after_in_child=made.forget)
    return made
