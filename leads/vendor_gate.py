"""What every call to a vendor passes on its way out: our own budget of calls. See `connectors.gate`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from connectors import gate
from connectors.errors import ConnectorError, RateLimited
from connectors.watch import Operation
from leads import budgets
from leads.budgets import Purse, Rank
from leads.permits import PERMITS

PATIENCE = 15.0  # seconds that a call may wait for its permit, rather than its run
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
        purses = [Purse(self.workspace_id, meter) for meter in budgets.meters_of(operation)]
        if purses:
            PERMITS.take_all(operation, purses, self.rank(), self.latest())

        def told(error: ConnectorError | None) -> None:
            if isinstance(error, RateLimited):
                for purse in purses:
                    PERMITS.pause(purse, error.retry_after or UNSAID)

        return told


@contextmanager
def passing(workspace_id: int, rank: Rank, lease_ends: float | None = None) -> Iterator[None]:
    """Have the calls that are made within pass the gate; they must be over before the lease is, if there is one."""
    latest = patient if lease_ends is None else partial(within, lease_ends)
    with gate.passing(VendorGate(workspace_id, lambda: rank, latest)):
        yield
