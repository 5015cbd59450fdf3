"""What a run leaves in the database, gathered in memory and written a layer at a time, fenced by the lease."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from connectors.calls import Call as ApiCallMade
from leads import codec, policy
from leads.effects import KINDS, Effect
from leads.engine.leases import LeaseLost, held
from leads.models import ApiCall, Event, StepRun, WorkflowRun
from leads.models import Effect as EffectRow

EFFECT_UPDATES = ["state", "result", "withheld", "intended_at", "done_at", "error"]
STEP_UPDATES = ["state", "result", "attempt", "started_at", "finished_at", "error_kind", "error"]


@dataclass(frozen=True, slots=True)
class Span:
    """When a piece of work ran."""

    started_at: datetime
    finished_at: datetime


class Journal:
    """The rows of one run. Nothing is in the database before `commit`; everything buffered is, after it.

    Used by the one thread that drives the run.
    """

    def __init__(self, run: WorkflowRun, lease: uuid.UUID) -> None:
        self.run = run
        self.lease = lease
        self.lease_ends = time.monotonic() + settings.LEASE.total_seconds()
        self.results: dict[str, Any] = {}
        self.attempts: dict[str, int] = {}
        self.effects: dict[str, EffectRow] = {}
        self._steps: dict[str, StepRun] = {}
        self._touched: dict[str, EffectRow] = {}
        self._calls: list[ApiCall] = []
        self._events: list[Event] = []
        self._projections: list[Callable[[WorkflowRun], dict[str, Any]]] = []
        self.has_progressed = False
        self.failed_step = ""
        self._opening: dict[str, Any] = {}

    def begin(self) -> None:
        """The run's first claim: there is nothing to read back."""
        self._opening = {"started_at": timezone.now()}
        self.event("run_started")

    def end(self, outcome: str, reason: str) -> None:
        """Close the run, and let the lease go."""
        self.event("run_done", outcome=outcome)
        self.commit(
            state=WorkflowRun.State.DONE,
            outcome=outcome,
            reason=reason,
            lease=None,
            holder="",
            finished_at=timezone.now(),
            error_kind="",
            error="",
            failed_step="",
        )

    def read_back(self) -> None:
        """Load what earlier claims of this run left."""
        for row in StepRun.objects.filter(run=self.run):
            self.attempts[row.name] = row.attempt
            if row.state == StepRun.State.DONE:
                self.results[row.name] = row.result
        self.effects = {row.kind: row for row in EffectRow.objects.filter(run=self.run).order_by("pk")}

    def step_done(self, name: str, value: object, span: Span) -> None:
        result = codec.encode(value)
        self.results[name] = result
        self._steps[name] = self._step(name, StepRun.State.DONE, span, result=result)
        self.has_progressed = True

    def step_failed(self, name: str, error: BaseException, span: Span) -> None:
        self._steps[name] = self._step(
            name, StepRun.State.FAILED, span, error_kind=type(error).__name__, error=codec.without_nul(str(error))
        )
        self.failed_step = self.failed_step or name
        self.event("step_failed", step=name, error=type(error).__name__)

    def _step(self, name: str, state: str, span: Span, **fields: Any) -> StepRun:
        attempt = self.attempts[name] = self.attempts.get(name, 0) + 1
        times = {"started_at": span.started_at, "finished_at": span.finished_at}
        return StepRun(run=self.run, name=name, state=state, attempt=attempt, **times, **fields)

    def planned(self, step: str, effect: Effect, at: datetime) -> None:
        """Keep a planned write, unless an earlier attempt at the step planned it already."""
        if effect.kind in self.effects:
            return
        row = EffectRow(
            run=self.run,
            workspace_id=self.run.workspace_id,
            step=step,
            kind=effect.kind,
            args=codec.encode(effect),
            once_key=effect.once_key,
            planned_at=at,
        )
        self.effects[effect.kind] = self._touched[effect.kind] = row

    def effect_done(self, kind: str, ids: dict[str, str], at: datetime) -> None:
        row = self._touched[kind] = self.effects[kind]
        row.state, row.result, row.done_at, row.error = EffectRow.State.DONE, ids, at, ""
        self.event("effect_done", effect=kind, **ids)
        self.has_progressed = True

    def effect_failed(self, kind: str, error: BaseException, *, may_be_done: bool) -> None:
        """Unless it may be done, the next attempt need not look first."""
        row = self._touched[kind] = self.effects[kind]
        row.state = EffectRow.State.INTENDED if may_be_done else EffectRow.State.PLANNED
        row.error = codec.without_nul(str(error))
        self.failed_step = self.failed_step or row.step
        self.event("effect_failed", effect=kind, error=type(error).__name__, may_be_done=may_be_done)

    def effect_not_done(self, kind: str) -> None:
        """An earlier attempt turned out not to have been done, and the gate is closed now."""
        row = self._touched[kind] = self.effects[kind]
        row.state = EffectRow.State.PLANNED

    def effect_waits_for(self, kind: str, missing: list[str]) -> None:
        """Say why an effect of a finished run was never tried."""
        row = self._touched[kind] = self.effects[kind]
        row.withheld = f"needs the {' and the '.join(missing)}, which is withheld"

    def project(self, projection: Callable[[WorkflowRun], dict[str, Any]]) -> None:
        """Run `projection` in the next commit; it returns changes to the run's own row."""
        self._projections.append(projection)

    def heard(self, step: str, calls: Iterable[ApiCallMade]) -> None:
        self._calls += [
            ApiCall(
                workspace_id=self.run.workspace_id,
                run=self.run,
                step=step,
                service=call.service,
                endpoint=call.endpoint,
                status=call.status,
                ms=round(call.ms, 2),
                error=call.error,
                at=call.started_at,
            )
            for call in calls
        ]

    def event(self, kind: str, **facts: Any) -> None:
        self._events.append(Event(kind=kind, workspace_id=self.run.workspace_id, run=self.run, facts=facts))

    def discard(self) -> None:
        """Forget what is buffered, when it is what the database refuses."""
        self._steps, self._touched, self._calls, self._events, self._projections = {}, {}, [], [], []

    def commit(self, intents: Iterable[str] = (), *, at: datetime | None = None, **changes: Any) -> list[str]:
        """Write everything buffered, renew the lease, and intend `intents`; those of them that the gate lets through.

        Raises `LeaseLost` with nothing written when the run is not ours any more.
        """
        lease_ends = time.monotonic() + settings.LEASE.total_seconds()
        # Race: another worker or a person may have taken the run; the fence's row lock makes one of us wait, and lose.
        with transaction.atomic():
            for projection in self._projections:
                changes = projection(self.run) | changes
            if self.has_progressed:
                changes = {"attempt": 0, "claims": 0, **changes}
            changes = self._opening | changes
            if not held(self.run.pk, self.lease).update(**{"due_at": Now() + settings.LEASE, **changes}):
                raise LeaseLost(f"run {self.run.pk}")
            allowed = self._pass_gate(list(intents), at)
            self._write()
        self.discard()
        self._opening = {}
        self.lease_ends = lease_ends
        return allowed

    def _pass_gate(self, intents: list[str], at: datetime | None) -> list[str]:
        if not intents:
            return []
        workspace_draft_only, form_draft_only = WorkflowRun.objects.values_list(
            "workspace__draft_only", "submission__form__draft_only"
        ).get(pk=self.run.pk)
        for kind in intents:
            row = self._touched[kind] = self.effects[kind]
            row.withheld = policy.withheld_by(
                KINDS[kind], workspace_draft_only=workspace_draft_only, form_draft_only=bool(form_draft_only)
            )
            if not row.withheld:
                row.state, row.intended_at = EffectRow.State.INTENDED, at
        return [kind for kind in intents if not self.effects[kind].withheld]

    def _write(self) -> None:
        StepRun.objects.bulk_create(
            self._steps.values(), update_conflicts=True, unique_fields=["run", "name"], update_fields=STEP_UPDATES
        )
        EffectRow.objects.bulk_create(
            self._touched.values(), update_conflicts=True, unique_fields=["run", "kind"], update_fields=EFFECT_UPDATES
        )
        Event.objects.bulk_create(self._events)
        ApiCall.objects.bulk_create(self._calls)
