"""Permits to call a vendor: reserved from the budget in blocks by each process, and used up in memory.

A thread that finds none waits, and is served in the order of ranks. One statement serves all who wait; while there is
no room, nobody asks until there will be.
"""

from __future__ import annotations

import bisect
import itertools
import os
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.errors import RateLimited
from connectors.watch import Operation
from leads import budgets
from leads.budgets import UNDER_WAY_FOR, Meter, Purse, Rank, Reserved
from leads.keeper import keeper_of

LOOK_AGAIN = 0.005  # seconds, at the least, until the database is asked again after it had no room


class BudgetSpent(RateLimited):
    """Our own budget of calls is used up; nothing was sent. `retry_after` is spread, so that not all come at once."""

    def __init__(self, operation: Operation, meter: Meter, room_in: float) -> None:
        why = f"the budget of {meter.limit:,} {meter.unit} is used up, there is room in {room_in:.0f} s"
        if room_in > 2 * meter.window:
            why = f"{meter.title} refused a call, and is called again in {room_in:.0f} s"
        super().__init__(
            why,
            service=operation.service,
            endpoint=operation.endpoint,
            retry_after=room_in + random.random() * meter.window,  # noqa: S311  not a secret
        )


_places = itertools.count()


@dataclass(order=True, slots=True)
class Waiter:
    """One call that waits for its permit until `latest` (of `time.monotonic`)."""

    rank: Rank
    place: int = field(default_factory=lambda: next(_places))
    units: int = field(default=1, compare=False)
    latest: float = field(default=0.0, compare=False)
    admitted: bool = field(default=False, compare=False)
    served: threading.Event = field(default_factory=threading.Event, compare=False)


@dataclass(slots=True)
class Stock:
    """One purse in this process: the block that was reserved, who waits, and until when it is of no use to ask."""

    left: int = 0
    slot: int = 0
    good_until: float = 0.0
    waiting: list[Waiter] = field(default_factory=list)
    no_room_until: dict[Rank, float] = field(default_factory=dict)

    def take(self, units: int) -> bool:
        if self.left < units or time.monotonic() > self.good_until:
            return False
        self.left -= units
        return True


class Permits:
    """All stocks of this process."""

    def __init__(self) -> None:
        self.keeper = keeper_of(self.serve)
        os.register_at_fork(after_in_child=self.forget)
        self.forget()

    def forget(self) -> None:
        self.lock = threading.Lock()
        self.stocks: dict[Purse, Stock] = {}

    def take_all(self, operation: Operation, purses: Sequence[Purse], rank: Rank, latest: float) -> None:
        """Come back with a fresh permit of each purse, at `latest` then; else raise `BudgetSpent`.

        A permit must not grow old while another is waited for: what can't be had at once is waited for first.
        """
        order = deque(purses)
        while order:
            first, *others = order
            self.take(operation, first, rank, latest)
            fresh_until = min(latest, time.monotonic() + first.meter.lasts + UNDER_WAY_FOR / 2)
            had = [first]
            try:
                for purse in others:
                    self.take(operation, purse, rank, fresh_until)
                    had.append(purse)
            except BudgetSpent:
                for purse in had:
                    self.put_back(purse, operation.units)
                if fresh_until == latest:
                    raise
                order.rotate(-len(had))
            else:
                return

    def put_back(self, purse: Purse, units: int) -> None:
        """A permit that was not needed after all: for the next who comes, or for the budget."""
        with self.lock:
            self.stocks[purse].left += units

    def take(self, operation: Operation, purse: Purse, rank: Rank, latest: float) -> None:
        """Come back with the permit for one call, at `latest` then; else raise `BudgetSpent`."""
        with self.lock:
            stock = self.stocks.setdefault(purse, Stock())
            # What was reserved for runs isn't for those who leave them room.
            if rank is not Rank.BACKGROUND and not stock.waiting and stock.take(operation.units):
                return
            waiter = Waiter(rank, units=operation.units, latest=latest)
            hopeless = stock.no_room_until.get(rank, 0.0) > latest
            if not hopeless:
                bisect.insort(stock.waiting, waiter)
        if not hopeless:
            self.keeper.nudge()
            waiter.served.wait(max(0.0, latest - time.monotonic()))
        with self.lock:
            if waiter in stock.waiting:
                stock.waiting.remove(waiter)
            if not waiter.admitted:
                room_in = stock.no_room_until.get(rank, 0.0) - time.monotonic()
                raise BudgetSpent(operation, purse.meter, max(room_in, 0.0))

    def pause(self, purse: Purse, seconds: float) -> None:
        """The vendor asked for it: this process holds back at once, the others as soon as they ask for permits."""
        with self.lock:
            stock = self.stocks.setdefault(purse, Stock())
            stock.good_until = 0.0
            until = time.monotonic() + seconds
            stock.no_room_until = {rank: max(until, stock.no_room_until.get(rank, 0.0)) for rank in Rank}
        self.keeper.do(lambda: budgets.pause(purse, seconds))

    def serve(self) -> float | None:
        """Reserve for those who wait, and serve them; in how many seconds to look again, None if nobody waits."""
        with self.lock:
            wanted = [purse for purse, stock in self.stocks.items() if stock.waiting]
        return min((self._serve(purse) for purse in wanted), default=None)

    def _serve(self, purse: Purse) -> float:
        with self.lock:
            stock = self.stocks[purse]
            if not stock.waiting:
                return 0.0
            first = stock.waiting[0]
            no_room_for = stock.no_room_until.get(first.rank, 0.0) - time.monotonic()
            if no_room_for > 0:
                self._turn_away(stock, first.rank)
                return no_room_for
            asked = sum(waiter.units for waiter in stock.waiting if waiter.rank is first.rank)
            ahead = 0 if first.rank is Rank.BACKGROUND else purse.meter.ahead
            back, stock.left = Reserved(stock.left, stock.slot), 0
        begun = time.monotonic()
        got = budgets.reserve(purse, first.rank, least=first.units, asked=asked + ahead, back=back)
        with self.lock:
            stock.left, stock.slot, stock.good_until = got.units, got.slot, begun + purse.meter.lasts
            if not got.units:
                stock.no_room_until[first.rank] = time.monotonic() + max(got.room_in, LOOK_AGAIN)
                self._turn_away(stock, first.rank)
            while stock.waiting and stock.take(stock.waiting[0].units):
                self._call_up(stock.waiting.pop(0), admitted=True)
        return 0.0

    def _turn_away(self, stock: Stock, rank: Rank) -> None:
        """Those who can't wait that long need not wait at all."""
        until = stock.no_room_until[rank]
        for waiter in [one for one in stock.waiting if one.rank is rank and one.latest < until]:
            stock.waiting.remove(waiter)
            self._call_up(waiter, admitted=False)

    def _call_up(self, waiter: Waiter, *, admitted: bool) -> None:
        waiter.admitted = admitted
        waiter.served.set()


PERMITS = Permits()
