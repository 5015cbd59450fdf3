"""A record of each call that leaves the process, for whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One request on the wire: `endpoint` is the operation (`contacts.create`), never a URL with somebody's data."""

    service: str
    endpoint: str
    status: int | None
    ms: float
    error: str
    started_at: datetime


_listener: ContextVar[Callable[[Call], None] | None] = ContextVar("calls_listener", default=None)


@contextmanager
def heard_by(listener: Callable[[Call], None]) -> Iterator[None]:
    """Tell `listener` of every call made in this context (thread or task)."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(call: Call) -> None:
    """Hand `call` to the listener of this context, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener(call)
