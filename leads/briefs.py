"""The facts that a run wrote its draft from, rebuilt from what its steps left, so that any wording can be checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from django.utils import timezone

import leads.steps  # noqa: F401  fills the registry
from connectors.errors import NotConfigured
from connectors.ports import Company, Contact, File
from leads import assets, codec, slot_lines
from leads.engine.steps import REGISTRY
from leads.facts import Check, Enquiry, Letter, Patterns, Plan, Slot, Slots, ThreadState
from leads.models import Draft, StepRun, WorkflowRun
from leads.profiles import profile_of
from leads.writing.brief import Brief
from leads.writing.checks import check


class Lost(Exception):
    """The run's facts are not there, or no longer fit their types; the message says which."""


@dataclass(frozen=True)
class Dossier:
    """A run's brief, and everything that its draft could offer."""

    brief: Brief
    found: tuple[File, ...]
    patterns: Patterns = Patterns()  # noqa: RUF009  frozen and empty

    @cached_property
    def times(self) -> tuple[Slot, ...]:
        """Every meeting time that was found free, those on offer first where they are others."""
        return tuple(dict.fromkeys((*self.brief.slots.times, *self.brief.plan.slots)))

    @cached_property
    def files(self) -> tuple[File, ...]:
        """Every document that fits."""
        return tuple({file.id: file for file in (*self.brief.plan.assets, *self.found)}.values())

    def offering(self, times: Sequence[Slot], asset_ids: Sequence[str]) -> Brief:
        """The brief of a draft that offers just these, now: a time that was ahead for the run may have passed."""
        chosen = tuple(file for file in self.files if file.id in asset_ids)
        plan = replace(self.brief.plan, slots=tuple(times), assets=chosen)
        return replace(self.brief, plan=plan, now=timezone.now())

    def check(
        self,
        subject: str,
        body: str,
        times: Sequence[Slot],
        asset_ids: Sequence[str],
        recipients: tuple[str, ...] | None = None,
    ) -> tuple[Check, ...]:
        """The verdicts on a wording that offers these times and documents. `recipients`: the submitter by default."""
        return check(subject, body, self.offering(times, asset_ids), recipients)

    def time_line(self, slot: Slot) -> str:
        """A meeting time as it must stand in the draft."""
        return slot_lines.line(slot, self.brief.slots, self.brief.language)

    @staticmethod
    def file_line(file: File) -> str:
        """A document as the writer lists it."""
        return f"{assets.title(file)}: {file.url}"


def dossier_of(run: WorkflowRun) -> Dossier:
    """What the steps of `run` found, with the workspace's settings of today. Four queries; `Lost` if it can't be."""
    rows = {row.name: row for row in StepRun.objects.filter(run=run, state=StepRun.State.DONE)}
    try:
        results = {
            name: codec.decode(row.result, REGISTRY[name].result) for name, row in rows.items() if name in NEEDED
        }
        profile = profile_of(run.workspace)
    except (codec.Unreadable, NotConfigured) as error:
        raise Lost(str(error)) from error
    if missing := NEEDED - results.keys() - OPTIONAL:
        raise Lost(f"This run left no result of {', '.join(sorted(missing))}.")
    patterns = results.get("recall_patterns", Patterns())
    brief = offering(results.get("write_draft"), brief_of(profile, results, written_at(rows)))
    return Dossier(brief, results.get("find_assets", ()), patterns)


OPTIONAL = {"find_assets", "load_thread", "recall_patterns", "resolve_company", "write_draft"}
NEEDED = {"validate_submission", "resolve_contact", "propose_slots", "plan_next_step"} | OPTIONAL


def written_at(rows: dict[str, StepRun]) -> datetime:
    """The instant that the draft was written at: its times were ahead and free then."""
    return (rows.get("write_draft") or rows["plan_next_step"]).started_at


def brief_of(profile: Any, results: dict[str, Any], now: datetime) -> Brief:
    found = cast("Slots", results["propose_slots"])
    contact = cast("Contact", results["resolve_contact"])
    return Brief(
        profile=profile.for_owner(contact.owner_id),
        enquiry=cast("Enquiry", results["validate_submission"]),
        contact=contact,
        company=cast("Company | None", results.get("resolve_company")),
        thread=cast("ThreadState", results.get("load_thread", ThreadState())),
        plan=cast("Plan", results["plan_next_step"]),
        slots=found,
        now=now,
        busy=found.busy,
    )


def offering(letter: Letter | None, brief: Brief) -> Brief:
    """The brief with what its writer chose of the plan."""
    if letter is None or letter.slots is None:
        return brief
    files = tuple(file for file in brief.plan.assets if file.id in (letter.asset_ids or ()))
    return replace(brief, plan=replace(brief.plan, slots=letter.slots, assets=files))


def times_of(draft: Draft, dossier: Dossier) -> tuple[Slot, ...]:
    """The meeting times that a draft offers now: those of its newest revision, else the plan's."""
    newest = draft.revisions.order_by("-number").first()
    return codec.decode(newest.slots, tuple[Slot, ...]) if newest else dossier.brief.plan.slots
