"""A gate that calls pass on their way out: whoever keeps to limits, or knows of an outage, stands there.

Nothing stands there unless somebody puts a gate into the context (thread or task) that makes the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from connectors.watch import Operation

type Told = Callable[[ConnectorError | None], None]
"""Told once how a call that went out has ended: with None, or with the error that its caller sees."""


class Gate(Protocol):
    def admit(self, operation: Operation) -> Told:
        """Comes back when the call may go out. Raises a `ConnectorError` when it may not now: nothing was sent."""


_gate: ContextVar[Gate | None] = ContextVar("gate", default=None)


@contextmanager
def passing(gate: Gate) -> Iterator[None]:
    """Let the calls that are made in this context pass `gate`."""
    token = _gate.set(gate)
    try:
        yield
    finally:
        _gate.reset(token)


def admit(operation: Operation) -> Told | None:
    """Pass the gate of this context, if there is one."""
    gate = _gate.get()
    return gate.admit(operation) if gate is not None else None
