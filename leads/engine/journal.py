"""What a run leaves in the database, gathered in memory and written a layer at a time, fenced by the lease."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.calls import Call as ApiCallMade
from connectors.errors import AuthFailed
from leads import codec, holds, policy
from leads.effects import KINDS, Effect
from leads.engine import ledger, past
from leads.engine.leases import LeaseLost
from leads.facts import Lack, Profile, Slot, Slots
from leads.models import Effect as EffectRow
from leads.models import StepRun, WorkflowRun
from leads.tracebacks import explained, kind_of

type Projection = Callable[[WorkflowRun], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Span:
    """When a piece of work ran."""

    started_at: datetime
    finished_at: datetime


@dataclass(slots=True)
class Tracked:
    """An effect of this run, as its row has it, or will."""

    step: str
    kind: str
    args: codec.Json
    once_key: str
    planned_at: datetime
    state: str = EffectRow.State.PLANNED
    result: dict[str, str] = field(default_factory=dict)
    withheld: str = ""
    intended_at: datetime | None = None
    done_at: datetime | None = None
    error: str = ""


class Journal:
    """The rows of one run. Nothing is in the database before `commit`; everything buffered is, after it.

    Used by the one thread that drives the run.
    """

    def __init__(self, run: WorkflowRun, lease: uuid.UUID) -> None:
        self.run = run
        self.lease = lease
        self.lease_ends = time.monotonic() + settings.LEASE.total_seconds()
        self.results: dict[str, Any] = {}
        self.lapsed: set[str] = set()  # of them, those that are older than what holds their times
        self.attempts: dict[str, int] = {}
        self.lacks: dict[str, Lack] = {}  # what steps went without
        self.effects: dict[str, Tracked] = {}
        self.has_progressed = False  # something new of this claim is in the database
        self._progress = False  # something new is in the buffer
        self.failed_step = ""
        self._milestones: dict[str, Any] = {}
        self._rows = ledger.Rows()
        self._projections: list[Projection] = []

    def now(self) -> datetime:
        """The time of everything that this run leaves."""
        return timezone.now()

    def begin(self) -> None:
        """The run's first claim: there is nothing to read back."""
        self.milestone(started_at=self.now())
        self.event("run_started")

    def read_back(self) -> None:
        """Load what earlier claims of this run left."""
        for step in StepRun.objects.filter(run=self.run):
            self.attempts[step.name] = step.attempt
            if step.state == StepRun.State.DONE:
                self.results[step.name] = step.result
                if step.error_kind:
                    self.lacks[step.name] = Lack(step.name, step.error_kind, step.error)
                if step.finished_at <= self.now() - holds.WHILE_WRITING:
                    self.lapsed.add(step.name)
        for row in EffectRow.objects.filter(run=self.run).order_by("pk"):
            self.effects[row.kind] = Tracked(
                step=row.step,
                kind=row.kind,
                args=codec.encode(row.args),
                once_key=row.once_key,
                planned_at=row.planned_at,
                state=row.state,
                result=row.result,
                withheld=row.withheld,
                intended_at=row.intended_at,
                done_at=row.done_at,
                error=row.error,
            )

    def step_done(self, name: str, result: codec.Json, span: Span) -> None:
        self.lacks.pop(name, None)  # one that went without may be done again
        self._step(name, StepRun.State.DONE, span, result=result)
        self._progress = True

    def step_went_without(self, name: str, result: codec.Json, error: BaseException, span: Span) -> None:
        """The step could not read what it is for, and left what the draft does without it."""
        lack = self.lacks[name] = Lack(name, kind_of(error), explained(error))
        self._step(name, StepRun.State.DONE, span, result=result, error_kind=lack.error, error=lack.why)
        self.event("step_went_without", step=name, error=lack.error, service=getattr(error, "service", ""))
        self._progress = True

    def step_failed(self, name: str, error: BaseException, span: Span) -> None:
        self._step(name, StepRun.State.FAILED, span, error_kind=kind_of(error), error=explained(error))
        self.failed_step = self.failed_step or name
        self.event("step_failed", step=name, error=type(error).__name__)

    def _step(self, name: str, state: str, span: Span, **fields: Any) -> None:
        attempt = self.attempts[name] = self.attempts.get(name, 0) + 1
        self._rows.steps[name] = {
            "name": name,
            "state": state,
            "attempt": attempt,
            "started_at": span.started_at,
            "finished_at": span.finished_at,
            "error_kind": "",
            "error": "",
            **fields,
        }

    def planned(self, step: str, effect: Effect, at: datetime) -> None:
        """Keep a planned write, unless an earlier attempt at the step planned it already."""
        if effect.kind not in self.effects:
            self.effects[effect.kind] = Tracked(step, effect.kind, codec.encode(effect), effect.once_key, at)
            self._touch(effect.kind)

    def effect_done(self, kind: str, ids: dict[str, str], at: datetime) -> None:
        row = self._touch(kind)
        row.state, row.result, row.done_at, row.error = EffectRow.State.DONE, ids, at, ""
        self.event("effect_done", effect=kind, **ids)
        self._progress = True

    def effect_failed(self, kind: str, error: BaseException, *, may_be_done: bool) -> None:
        """Unless it may be done, the next attempt need not look first."""
        row = self._touch(kind)
        row.state = EffectRow.State.INTENDED if may_be_done else EffectRow.State.PLANNED
        row.error = explained(error)
        self.failed_step = self.failed_step or row.step
        self.event("effect_failed", effect=kind, error=type(error).__name__, may_be_done=may_be_done)

    def effect_not_done(self, kind: str) -> None:
        """An earlier attempt turned out not to have been done, and the gate is closed now."""
        self._touch(kind).state = EffectRow.State.PLANNED

    def effect_withheld(self, kind: str, why: str) -> None:
        """Say why an effect of a finished run was never tried."""
        self._touch(kind).withheld = why

    def _touch(self, kind: str) -> Tracked:
        row = self._rows.effects[kind] = self.effects[kind]
        return row

    def milestone(self, **times: datetime) -> None:
        """Note a time in the run's own row."""
        self._milestones |= times

    def lead(self, **fields: str) -> None:
        """Change these fields of the run's lead."""
        self._rows.lead |= fields

    def draft(self, **fields: Any) -> None:
        """Make the run's draft."""
        self._rows.draft = fields

    def hold(self, found: Slots, profile: Profile, now: datetime) -> Slots:
        """Keep the times of `found` from other runs: those of them, or others, that it got."""
        return holds.hold(self.run, found, profile, now)

    def keep_held(self, times: Sequence[Slot]) -> None:
        """Hold these of them for as long as the draft is open; the others are let go by themselves."""
        workspace = self.run.workspace
        if times and workspace.hold_days:
            until = holds.expiry(workspace, self.now())
            self._rows.held = {"until": until, "times": sorted(holds.cells_of(times))}

    def draft_in_mailbox(self, **ids: str) -> None:
        """Note where in the mailbox the draft is."""
        self._rows.in_mailbox = ids

    def tell(self, kind: str) -> None:
        """Put a message to each address that wants to hear of drafts into the outbox (`leads/outbox.py`)."""
        notice = {"kind": kind}
        if notice not in self._rows.notices:  # a projection that tells is run again with a commit that failed
            self._rows.notices.append(notice)

    def project(self, projection: Projection) -> None:
        """For what the ledger can't: run `projection` in the next commit; it returns changes to the run's own row."""
        self._projections.append(projection)

    def heard(self, step: str, calls: Iterable[ApiCallMade]) -> None:
        self._rows.calls += [
            {
                "step": step,
                "service": call.service,
                "endpoint": call.endpoint,
                "status": call.status,
                "ms": round(call.ms, 2),
                "error": call.error,
                "at": call.started_at,
            }
            for call in calls
        ]

    def event(self, kind: str, **facts: Any) -> None:
        self._rows.events.append({"at": self.now(), "kind": kind, "facts": facts})

    def failing_for(self, step: str) -> timedelta:
        """How long ago an earlier claim first saw this step fail. One query, if there was one."""
        return past.failing_for(self.run, step) if self.attempts.get(step) else timedelta(0)

    def age(self) -> timedelta:
        """For how long the run has been tried: since it came, or since a person last sent it off."""
        age = self.now() - self.run.created_at
        return age if age < settings.MAX_AGE else past.age_of(self.run)

    def is_refused(self, error: AuthFailed) -> bool:
        """Note that the vendor refuses our credentials; whether it does, for they may have been replaced since."""
        return past.is_refused(self.run, error)

    def discard(self) -> None:
        """Forget what is buffered, when it is what the database refuses."""
        self._rows = ledger.Rows()
        self._projections = []
        self._progress = False

    @property
    def will_have_progressed(self) -> bool:
        return self.has_progressed or self._progress

    def end(self, outcome: str, reason: str, rule: str) -> None:
        """Close the run, and let the lease go."""
        if self.run.released_at:
            self.event("run_caught_up")  # its draft is no news
        else:
            self.event("run_done", outcome=outcome)
        self.commit(
            state=WorkflowRun.State.DONE,
            outcome=outcome,
            reason=reason[:300],
            screened_by=rule,
            lease=None,
            holder="",
            finished_at=self.now(),
            error_kind="",
            error="",
            failed_step="",
            failed_service="",
            trace="",
        )

    def commit(self, **changes: Any) -> None:
        """Write everything buffered, and renew the lease.

        Raises `LeaseLost` with nothing written when the run is not ours any more.
        """
        lease_ends = time.monotonic() + settings.LEASE.total_seconds()
        progress = {"attempt": 0, "claims": 0} if self.will_have_progressed else {}
        # Race: another worker or a person may have taken the run. One fenced statement writes all of it or nothing;
        # projections, where there are any, share its fate.
        with transaction.atomic() if self._projections else nullcontext():
            for projection in self._projections:
                changes = projection(self.run) | changes
            if not self.write(self._milestones | progress | changes, self._rows):
                raise LeaseLost(f"run {self.run.pk}")
        self.has_progressed = self.will_have_progressed
        self.discard()
        self._milestones = {}
        self.lease_ends = lease_ends

    def write(self, changes: dict[str, Any], rows: ledger.Rows) -> bool:
        """Put it into the database; false, and nothing, if the lease is lost."""
        return ledger.write(self.run, self.lease, changes, rows)

    def switches(self) -> dict[str, bool]:
        """The operators' DRAFT_ONLY switches, as they stand at this instant."""
        return ledger.switches(self.run)

    def intend(self, intents: list[str]) -> list[str]:
        """Read the switches now, the instant before these effects; those that they let through, to be committed."""
        locks = {"workspace_draft_only": True, "form_draft_only": True}
        if any(not KINDS[kind].own_mailbox for kind in intents):
            locks = self.switches()
        for kind in intents:
            row = self._touch(kind)
            row.withheld = policy.withheld_by(KINDS[kind], **locks)
            if not row.withheld:
                row.state, row.intended_at = EffectRow.State.INTENDED, self.now()
        return [kind for kind in intents if not self.effects[kind].withheld]
