"""Drives one claimed run: steps side by side, effects as soon as they may, everything through the journal.

One thread owns an execution and its database connection. Calls to vendors are made in a pool and report back
through a queue, so however many calls a run has under way, it writes in one place and in few transactions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any, overload

from django.conf import settings

from connectors import gate
from connectors.calls import Call as ApiCallMade
from connectors.calls import heard_by
from connectors.errors import AuthFailed, Conflict, NotFound, PermissionDenied, RateLimited, Transient
from connectors.ports import Accounts, Busy
from leads import codec, optouts, policy, projections
from leads.budgets import Rank
from leads.connections import ConnectionBroken
from leads.effects import KINDS, MAY_EXIST, Effect, ids_in
from leads.engine import retries, turns, without
from leads.engine.attempts import Attempt, Finished
from leads.engine.journal import Journal, Span
from leads.engine.leases import LeaseLost
from leads.engine.steps import REGISTRY, Call, Step, StepContext, Touches
from leads.facts import Earlier, Profile, Slots
from leads.models import Effect as EffectRow
from leads.models import WorkflowRun
from leads.vendor_gate import VendorGate, within

logger = logging.getLogger(__name__)

LOOK_AGAIN = 0.05  # seconds between two looks at a turn that another run holds
# After these a write was certainly not done; after anything else the next attempt looks first.
NOT_DONE = (Transient, RateLimited, AuthFailed, PermissionDenied, NotFound, Conflict, LeaseLost, ConnectionBroken)
REFUSED = (AuthFailed, ConnectionBroken)
PATIENCE = 10.0  # seconds to wait for it, well within the lease


def stored(value: object) -> tuple[object, codec.Json]:
    """A step's value with its stored form; one that can't be stored is that step's failure."""
    return value, codec.encode(value)


class Execution:
    """`do` and `together` are all that the workflow sees."""

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        profile: Profile,
        pool: Executor,
        earlier: Earlier,
        held: tuple[Busy, ...] = (),
        broken: Mapping[str, str] = MappingProxyType({}),
        *,
        looks_first: bool = False,
    ) -> None:
        self.looks_first = looks_first and settings.LOOK_BEFORE_REPEAT  # the database was restored meanwhile
        self.earlier = earlier
        self.broken = broken  # accounts that refuse our credentials, and why
        self.quick: float = settings.QUICK_SECONDS
        self.held = held  # times on offer to other leads
        self.journal = journal
        self.accounts = accounts
        self.profile = profile
        self.pool = pool
        self.turn = turns.Turns(journal.run)
        self.now = journal.now()
        self.values: dict[str, Any] = {}
        self.calls: dict[str, Call[Any]] = {}
        self.errors: list[BaseException] = []
        self.setbacks: list[BaseException] = []  # of effects: the draft does not wait for them, the run's end does
        self.effects: dict[str, Effect] = {}
        self.ids: dict[str, str] = {}
        self.under_way: set[str] = set()
        self.wanted: set[str] = set()  # effects that may start
        self.settled: set[str] = set()  # effects that this execution is through with: done, failed or withheld
        self.inherited: dict[str, dict[str, str]] = {}  # ids that another run left for the same effect: not yet ours
        self.contended_since: float | None = None
        self.unproven: set[str] = set()  # effects that an earlier claim may have done: to be looked for first
        self.inbox: SimpleQueue[Finished] = SimpleQueue()
        self.gate = VendorGate(journal.run.workspace_id, self._rank, lambda: within(journal.lease_ends))
        for kind, row in journal.effects.items():
            self.effects[kind] = codec.decode(row.args, KINDS[kind])
            if row.state == EffectRow.State.DONE:
                self.ids |= row.result
                self.settled.add(kind)
            elif self.looks_first or (row.state == EffectRow.State.INTENDED and settings.LOOK_BEFORE_REPEAT):
                self.unproven.add(kind)

    def do[T](self, call: Call[T]) -> T:
        """The step's result: read back if an earlier claim finished it, else computed and recorded."""
        return self.together(call)[0]

    @overload
    def together[A](self, a: Call[A], /) -> tuple[A]: ...
    @overload
    def together[A, B](self, a: Call[A], b: Call[B], /) -> tuple[A, B]: ...
    @overload
    def together[A, B, C](self, a: Call[A], b: Call[B], c: Call[C], /) -> tuple[A, B, C]: ...
    def together(self, *calls: Call[Any]) -> tuple[Any, ...]:
        """Run steps that don't need each other side by side; all of them end before the first failure is raised."""
        # Effects wait for the end of the layer that planned them: the workflow may yet decide against going on.
        self.wanted = {kind for kind in self.effects if self.journal.effects[kind].step in self.values}
        layer = {call.step.name for call in calls}
        new = [call for call in calls if self._has_lapsed(call.step, layer) or not self._read_back(call.step)]
        if self.accounts.model and any(call.step.touches is Touches.MODEL for call in new):
            # It may take a third of the lease, and what was found until now is not to be looked for again.
            self.journal.commit()
        self.calls |= {call.step.name: call for call in new}
        for call in new:
            if call.step.waits:
                self._launch(call)
        self._start_effects()
        for call in new:
            if not call.step.waits:
                self._receive(self._run_step(call))
        while self.under_way & {call.step.name for call in new}:
            self._turn()
        self._stop_on(self.errors)
        return tuple(self.values[call.step.name] for call in calls)

    def read_back(self) -> None:
        """Know what all finished steps of an earlier pass found, and run none."""
        for step in REGISTRY.values():
            self._read_back(step)

    def finish(self, outcome: str, reason: str, rule: str = "") -> None:
        """Wait for the effects of a drafted run, then close it. A screened one wants nothing more written."""
        self.wanted = set(self.effects) if outcome == WorkflowRun.Outcome.DRAFTED else set()
        self._settle_effects()
        self._stop_on(self.errors + self.setbacks)
        for kind in self.effects.keys() - self.settled:
            self.journal.effect_withheld(kind, self._why_untried(kind))
        if rule in optouts.SAYS_NO:
            self.journal.project(optouts.close_for)
        self.journal.end(outcome, reason, rule)

    def _why_untried(self, kind: str) -> str:
        if kind not in self.wanted:
            return "the run was screened out"
        missing = sorted(set(self.effects[kind].needs) - self.ids.keys())
        return f"needs the {' and the '.join(missing)}, which is withheld"

    def wind_down(self) -> None:
        """Whatever happened: start nothing new, hear out what is under way, give turns back."""
        try:
            while self.under_way:
                self._receive(self.inbox.get())
        finally:
            self.turn.give_back()

    def _rank(self) -> Rank:
        """A run that has read more than its submission goes before one that has not."""
        return Rank.RUN if len(self.values) > 1 else Rank.NEW

    def _has_lapsed(self, step: Step[Any, Any], layer: set[str]) -> bool:
        """Free times that are not held any more, while nothing was built on them: a run that waited looks again."""
        is_last = self.journal.results.keys() <= self.values.keys() | layer
        return step.result is Slots and step.name in self.journal.lapsed and is_last

    def _read_back(self, step: Step[Any, Any]) -> bool:
        if step.name in self.journal.results and step.name not in self.values:
            self._know(step.name, codec.decode(self.journal.results[step.name], step.result))
        return step.name in self.values

    def _know(self, name: str, value: object) -> None:
        self.values[name] = value
        self.ids |= ids_in(value)

    def _launch(self, call: Call[Any]) -> None:
        self.pool.submit(lambda: self.inbox.put(self._run_step(call)))
        self.under_way.add(call.step.name)

    def _run_step(self, call: Call[Any]) -> Finished:
        contexts: list[StepContext] = []

        def run() -> tuple[object, codec.Json]:
            contexts.append(self._context())  # of its own, so that what a failed try planned is forgotten
            if why := self.broken.get(call.step.touches):
                raise ConnectionBroken(call.step.touches, why)
            return stored(call.run(contexts[-1]))

        result = self._observed(lambda: retries.quickly(run, self.quick), step=call.step)
        result.planned = tuple(contexts[-1].planned)
        return result

    def _context(self) -> StepContext:
        return StepContext(
            read=self.accounts.readers,
            profile=self.profile,
            workspace_id=self.journal.run.workspace_id,
            marker=str(self.journal.run.key),
            now=self.now,
            earlier=self.earlier,
            held=self.held,
        )

    def _observed(self, work: Callable[[], Any], *, step: Step[Any, Any] | None = None, effect: str = "") -> Finished:
        calls: list[ApiCallMade] = []
        started, value, error = self.journal.now(), None, None
        vendors = replace(self.gate, may_write=lambda: self._may_write(effect)) if effect else self.gate
        with heard_by(calls.append), gate.passing(vendors):
            try:
                value = work()
            except Exception as caught:  # noqa: BLE001  carried to the driving thread, which raises it
                error = caught
        return Finished(step, effect, Span(started, self.journal.now()), calls, value=value, error=error)

    def _may_write(self, kind: str) -> bool:
        return not policy.withheld_by(KINDS[kind], **self.journal.switches())

    def _turn(self) -> None:
        """Start what may start, then take what has come back."""
        self._start_effects()
        if not self.under_way and not self.contended_since:
            return  # the gate withheld all that was ready: nothing will come back
        try:
            self._receive(self.inbox.get(timeout=LOOK_AGAIN if self.contended_since else None))
            while True:
                self._receive(self.inbox.get_nowait())
        except Empty:
            pass

    def _receive(self, finished: Finished) -> None:
        name = finished.effect or (finished.step.name if finished.step else "")
        self.under_way.discard(name)
        if finished.step is not None:
            self._receive_step(finished.step, finished)
        else:
            self._receive_effect(name, finished)

    def _receive_step(self, step: Step[Any, Any], finished: Finished) -> None:
        self.journal.heard(step.name, finished.calls)
        if finished.error is not None and not self._goes_without(step, finished):
            self.journal.step_failed(step.name, finished.error, finished.span)
            self.errors.append(finished.error)
            return
        value, encoded = finished.value
        if isinstance(value, Slots):
            # The pool has no database: that nobody else offers these times too is settled here.
            value, encoded = stored(self.journal.hold(value, self.profile, self.now))
        self._know(step.name, value)
        if finished.error is None:
            self.journal.step_done(step.name, encoded, finished.span)
        else:
            self.journal.step_went_without(step.name, encoded, finished.error, finished.span)
        for effect in finished.planned:
            self.journal.planned(step.name, effect, finished.span.finished_at)
            self.effects.setdefault(effect.kind, effect)
            if self.looks_first:
                self.unproven.add(effect.kind)
        projections.of_step(self.journal, step.name, self.values)

    def _goes_without(self, step: Step[Any, Any], finished: Finished) -> bool:
        """Put what the draft does without the step in the place of its value, if there is that, and it is time."""
        if not (step.without and finished.error and without.is_time(self.journal, step, finished.error)):
            return False
        context = self._context()
        finished.value = stored(self.calls[step.name].go_without(context))
        finished.planned = tuple(context.planned)
        return True

    def _receive_effect(self, kind: str, finished: Finished) -> None:
        self.settled.add(kind)
        self.journal.heard(self.journal.effects[kind].step, finished.calls)
        if finished.error is not None:
            may_be_done = kind in self.unproven or not isinstance(finished.error, NOT_DONE)
            self.journal.effect_failed(kind, finished.error, may_be_done=may_be_done)
            self.setbacks.append(finished.error)
            return
        self.unproven.discard(kind)
        if finished.value is None:
            # Looked for, and not there: it is as good as new, and passes the gate and the fence like any other.
            self.settled.discard(kind)
            self.journal.effect_not_done(kind)
            return
        self.ids |= finished.value
        self.journal.effect_done(kind, finished.value, finished.span.finished_at)
        projections.of_effect(self.journal, kind, finished.value, finished.span.finished_at)

    def _settle_effects(self) -> None:
        while self.under_way or (self._ready() and not self.errors):
            self._turn()

    def _start_effects(self) -> None:
        ready = [kind for kind in self._ready() if self._has_turn(kind)] if not self.errors else []
        if not ready:
            return
        new = [kind for kind in ready if kind not in self.unproven]
        allowed = self.journal.intend(new)
        self.settled |= set(new) - set(allowed)
        if allowed or self.looks_first:
            self.journal.commit()  # also what an effect that is found changes must be there
        for kind in ready:
            if kind in self.unproven:
                self._launch_effect(kind, self._attempt(kind).look)
            elif kind in allowed:
                self._launch_effect(kind, self._attempt(kind).perform)

    def _has_turn(self, kind: str) -> bool:
        """Effects that several runs may want take turns; whoever comes later is told what the first one made."""
        once_key = self.effects[kind].once_key
        if not once_key:
            return True
        if (made_before := self.turn.take(once_key)) is not None:
            self.contended_since = None
            may_exist = {MAY_EXIST: "yes"} if self.looks_first else {}
            self.inherited.setdefault(kind, made_before or may_exist)
            return True
        self.contended_since = self.contended_since or time.monotonic()
        if time.monotonic() - self.contended_since > PATIENCE:
            self.setbacks.append(turns.Contended(f"another run is still busy with {kind} for the same {once_key}"))
            self.settled.add(kind)
            self.contended_since = None
        return False

    def _attempt(self, kind: str) -> Attempt:
        ids = self.ids | self.inherited.get(kind, {})
        return Attempt(self.effects[kind], self.accounts, ids, self.journal.lease_ends, self.broken, self.quick)

    def _launch_effect(self, kind: str, work: Callable[[], Any]) -> None:
        self.pool.submit(lambda: self.inbox.put(self._observed(work, effect=kind)))
        self.under_way.add(kind)

    def _ready(self) -> list[str]:
        return [
            kind
            for kind, effect in self.effects.items()
            if kind in self.wanted - self.settled - self.under_way and self.ids.keys() >= set(effect.needs)
        ]

    @staticmethod
    def _stop_on(failures: Sequence[BaseException]) -> None:
        if failures:
            # Dead credentials explain the rest, and cost no attempt.
            raise next((error for error in failures if isinstance(error, REFUSED)), failures[0])
