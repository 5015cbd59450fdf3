"""One call to a vendor, watched: let out, timed, its failure put into our words, and reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from types import TracebackType
from typing import Self

from connectors import calls, gate
from connectors.errors import ConnectorError


@dataclass(frozen=True, slots=True)
class Operation:
    """What a call does: the names it is reported under, whether a lost answer leaves a doubt, and in how many units
    the vendor's limit counts it."""

    service: str
    endpoint: str
    writes: bool = False
    units: int = 1


type Translator = Callable[[BaseException, Operation], ConnectorError | None]


class Watch:
    """Report what happens inside the `with` block as one call. The block sets `status` when an answer comes.

    `expected` names failures that the caller takes for an answer (a contact that isn't there): they are
    raised like any other, but are not reported as errors.
    """

    __slots__ = ("_clock", "_expected", "_operation", "_started_at", "_told", "_translate", "status")

    def __init__(
        self, operation: Operation, translate: Translator, expected: tuple[type[ConnectorError], ...] = ()
    ) -> None:
        self._operation = operation
        self._translate = translate
        self._expected = expected
        self.status: int | None = None

    def __enter__(self) -> Self:
        self._told = gate.admit(self._operation)
        self._started_at = datetime.now(UTC)
        self._clock = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        ms = (perf_counter() - self._clock) * 1000
        if problem is None:
            self._report(ms, "", None)
            return
        error = problem if isinstance(problem, ConnectorError) else self._translate(problem, self._operation)
        if error is not None:
            self.status = error.status = error.status or self.status
        self._report(ms, "" if isinstance(error, self._expected) else type(error or problem).__name__, error)
        if error is not None and error is not problem:
            # The vendor's exception holds addresses and bodies: keep it out of every traceback that is logged.
            raise error from None

    def _report(self, ms: float, name: str, error: ConnectorError | None) -> None:
        operation = self._operation
        calls.report(calls.Call(operation.service, operation.endpoint, self.status, ms, name, self._started_at))
        if self._told is not None:
            self._told(error)
