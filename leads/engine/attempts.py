"""What is done in the pool, beside the thread that drives a run: a go at an effect, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.calls import Call as ApiCallMade
from connectors.ports import Accounts
from leads.connections import ConnectionBroken
from leads.effects import Effect
from leads.engine import retries
from leads.engine.journal import Span
from leads.engine.leases import require_time
from leads.engine.steps import Step


@dataclass(slots=True)
class Finished:
    """What came back from the pool: a step's value, an effect's ids, or an error."""

    step: Step[Any, Any] | None
    effect: str
    span: Span
    calls: list[ApiCallMade]
    value: Any = None
    planned: tuple[Effect, ...] = ()
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go at an effect, made in the pool: a look whether it was done before, or the write itself."""

    effect: Effect
    accounts: Accounts
    ids: dict[str, str]
    lease_ends: float
    broken: Mapping[str, str]
    quick: float

    def look(self) -> dict[str, str] | None:
        """The vendor's ids if it was done; None if not."""
        self.require_connected()
        return retries.quickly(lambda: self.effect.find(self.accounts, self.ids), self.quick)

    def require_connected(self) -> None:
        """Nobody is asked who is known to refuse."""
        if why := self.broken.get(self.effect.service):
            raise ConnectionBroken(self.effect.service, why)

    def perform(self) -> dict[str, str]:
        self.require_connected()
        require_time(self.lease_ends, self.effect.kind)
        return self.effect.perform(self.accounts, self.ids)
