"""What every call to a vendor passes on its way out: the circuit to the service, and our own budget of calls.

See `connectors.gate`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import Error as DatabaseError

from connectors import gate
from connectors.errors import ConnectorError, RateLimited, Transient
from connectors.watch import Operation
from leads import breakers, budgets
from leads.budgets import Purse, Rank
from leads.permits import PERMITS

PATIENCE = 15.0  # seconds that a call may wait for its permit, rather than its run
ANSWERED = 5.0  # seconds for the database to say whether a call may go out
UNSAID = timedelta(seconds=1)  # to hold back after a refusal that names no time
A_MOMENT = 0.5  # seconds in which nobody turns a switch and expects it to hold


def patient() -> float:
    return time.monotonic() + PATIENCE


def always() -> bool:
    return True


def within(lease_ends: float) -> float:
    """Until when a call may wait that must be over before the lease is."""
    return min(patient(), lease_ends - settings.HTTP_CONNECT_TIMEOUT - settings.HTTP_READ_TIMEOUT)


@dataclass(frozen=True, slots=True)
class VendorGate:
    """`connectors.gate.Gate` for what is done for one workspace. `latest` says how long a call may wait from now.

    `may_write` is asked again of a write that had to wait: the switches may stand otherwise by then.
    """

    workspace_id: int
    rank: Callable[[], Rank]
    latest: Callable[[], float] = patient
    may_write: Callable[[], bool] = always

    def admit(self, operation: Operation) -> gate.Told:
        circuit = breakers.circuit_of(self.workspace_id, operation.service)
        if circuit is not None and not circuit.may_be_tried:
            raise circuit.refusal(operation)
        purses = [Purse(self.workspace_id, meter) for meter in budgets.meters_of(operation)]
        if purses:
            begun = time.monotonic()
            PERMITS.take_all(operation, purses, self.rank(), self.latest())
            if operation.writes and time.monotonic() > begun + A_MOMENT and not says_yes(self.may_write):
                why = "it waited for its turn, and may not be made any more"
                raise Transient(why, service=operation.service, endpoint=operation.endpoint)
        if circuit is not None and not says_yes(partial(breakers.win_probe, circuit.pk)):
            raise circuit.refusal(operation)

        def told(error: ConnectorError | None) -> None:
            if circuit is not None:
                PERMITS.keeper.do(lambda: breakers.probed(circuit.pk, error))
            else:
                breakers.count(self.workspace_id, operation, error)
            if isinstance(error, RateLimited):
                for purse in purses:
                    PERMITS.pause(purse, budgets.rest(error, UNSAID).total_seconds())

        return told


def says_yes(question: Callable[[], bool]) -> bool:
    """What the database answers. No, if it doesn't: it could not be told how a call went either."""
    try:
        return PERMITS.keeper.ask(question, ANSWERED)
    except (DatabaseError, TimeoutError):
        return False


@contextmanager
def passing(
    workspace_id: int, rank: Rank, lease_ends: float | None = None, may_write: Callable[[], bool] = always
) -> Iterator[None]:
    """Have the calls that are made within pass the gate; they must be over before the lease is, if there is one."""
    latest = patient if lease_ends is None else partial(within, lease_ends)
    with gate.passing(VendorGate(workspace_id, lambda: rank, latest, may_write)):
        yield
