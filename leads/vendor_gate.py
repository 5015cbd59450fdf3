"""What every call to a vendor passes on its way out: the circuit to the service, and our own budget of calls.

See `connectors.gate`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import Error as DatabaseError

from connectors import gate
from connectors.errors import ConnectorError, RateLimited
from connectors.watch import Operation
from leads import breakers, budgets
from leads.breakers import Circuit
from leads.budgets import Purse, Rank
from leads.permits import PERMITS

PATIENCE = 15.0  # seconds that a call may wait for its permit, rather than its run
ANSWERED = 5.0  # seconds for the database to say who may try an open circuit
UNSAID = 1.0  # seconds to hold back after a refusal that names no time


def patient() -> float:
    return time.monotonic() + PATIENCE


def within(lease_ends: float) -> float:
    """Until when a call may wait that must be over before the lease is."""
    return min(patient(), lease_ends - settings.HTTP_CONNECT_TIMEOUT - settings.HTTP_READ_TIMEOUT)


@dataclass(frozen=True, slots=True)
class VendorGate:
    """`connectors.gate.Gate` for what is done for one workspace. `latest` says how long a call may wait from now."""

    workspace_id: int
    rank: Callable[[], Rank]
    latest: Callable[[], float] = patient

    def admit(self, operation: Operation) -> gate.Told:
        circuit = breakers.circuit_of(self.workspace_id, operation.service)
        if circuit is not None and not circuit.may_be_tried:
            raise circuit.refusal(operation)
        purses = [Purse(self.workspace_id, meter) for meter in budgets.meters_of(operation)]
        if purses:
            PERMITS.take_all(operation, purses, self.rank(), self.latest())
        if circuit is not None and not wins(circuit):
            raise circuit.refusal(operation)

        def told(error: ConnectorError | None) -> None:
            if circuit is not None:
                PERMITS.keeper.do(lambda: breakers.probed(circuit.pk, error))
            else:
                breakers.count(self.workspace_id, operation, error)
            if isinstance(error, RateLimited):
                for purse in purses:
                    PERMITS.pause(purse, error.retry_after or UNSAID)

        return told


def wins(circuit: Circuit) -> bool:
    """Whether this call is the one that may try. Not without a database, which could not be told how it went."""
    try:
        return PERMITS.keeper.ask(lambda: breakers.win_probe(circuit.pk), ANSWERED)
    except (DatabaseError, TimeoutError):
        return False


@contextmanager
def passing(workspace_id: int, rank: Rank, lease_ends: float | None = None) -> Iterator[None]:
    """Have the calls that are made within pass the gate; they must be over before the lease is, if there is one."""
    latest = patient if lease_ends is None else partial(within, lease_ends)
    with gate.passing(VendorGate(workspace_id, lambda: rank, latest)):
        yield
