"""The replay lab: a past run's thinking done again, with its inputs frozen, for another profile or template set.

Only the pure steps run, and the writer's: nothing is looked up at a vendor, nothing is written to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from connectors.ports import Company, Contact, File, Readers, TextModel
from leads import codec, contacts, model_account
from leads.engine.steps import REGISTRY, Call, StepContext
from leads.facts import Enquiry, Letter, Patterns, Plan, Profile, Slots, Submitted, ThreadState
from leads.models import StepRun, WorkflowRun
from leads.screening import waived
from leads.steps import plan_next_step, validate_submission, write_draft

FROZEN = ("resolve_contact", "resolve_company", "load_thread", "recall_patterns", "find_assets", "propose_slots")


class NotReplayable(Exception):
    """The run did not get far enough, or left what can't be read any more; the message says which."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run found outside, as it stored it; and the letter that it made of it, if it came that far."""

    run: WorkflowRun
    submitted: Submitted
    contact: Contact
    company: Company | None
    thread: ThreadState
    patterns: Patterns
    assets: tuple[File, ...]
    slots: Slots
    now: datetime
    letter: Letter | None


@dataclass(frozen=True, slots=True)
class Lone:
    """The only reader that the pure steps may use."""

    model: TextModel | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the pure steps make of frozen inputs. Screened out, there is no plan and no letter."""

    enquiry: Enquiry
    plan: Plan | None = None
    letter: Letter | None = None


def inputs_of(run: WorkflowRun) -> Inputs:
    """Load what is needed to think it through again. One query. Raises `NotReplayable`."""
    rows = {row.name: row for row in StepRun.objects.filter(run=run, state=StepRun.State.DONE)}
    missing = [REGISTRY[name].title for name in FROZEN if name not in rows]
    if missing:
        raise NotReplayable(f"{run} did not come far enough. It has not done: {', '.join(missing)}.")
    written = rows.get("write_draft")
    return Inputs(
        run=run,
        submitted=readable("its submission", run.submission.payload, Submitted),
        contact=result(rows, "resolve_contact"),
        company=result(rows, "resolve_company"),
        thread=result(rows, "load_thread"),
        patterns=result(rows, "recall_patterns"),
        assets=result(rows, "find_assets"),
        slots=result(rows, "propose_slots"),
        # The checks ask whether an offered time is still ahead: as of when the letter was, or would have been, written.
        now=(written or rows["propose_slots"]).started_at,
        letter=result(rows, "write_draft") if written else None,
    )


def result(rows: dict[str, StepRun], name: str) -> Any:
    return readable(f"what “{REGISTRY[name].title}” left", rows[name].result, REGISTRY[name].result)


def readable[T](what: str, data: object, type_: type[T]) -> T:
    try:
        return codec.decode(data, type_)
    except codec.Unreadable as error:
        raise NotReplayable(f"An earlier version stored {what} in a way that this one can't read: {error}.") from None


def replay(inputs: Inputs, profile: Profile, model: TextModel | None = None) -> Outcome:
    """Read, plan and write again, as `profile` would have it; by the model, if there is one."""
    profile = waived(profile) if inputs.run.waived_by else profile
    context = StepContext(
        # A submission that came without its fields was completed from the contact; the rest looks nothing up.
        read=cast("Readers", Lone(model)),
        profile=profile,
        workspace_id=inputs.run.workspace_id,
        marker=str(inputs.run.key),
        now=inputs.now,
    )

    def do[T](call: Call[T]) -> T:
        return call.run(context)

    enquiry = do(validate_submission(completed(inputs)))
    if enquiry.screened:
        return Outcome(enquiry)
    plan = do(plan_next_step(enquiry, inputs.thread, inputs.patterns, inputs.assets, inputs.slots))
    letter = do(write_draft(enquiry, inputs.contact, inputs.company, inputs.thread, plan, inputs.slots))
    return Outcome(enquiry, plan, letter)


def replay_by_model(inputs: Inputs, profile: Profile) -> Outcome:
    """The same by the language model, on the account of the run's workspace."""
    outcome = replay(inputs, profile, model_account.model_for(inputs.run.workspace))
    if outcome.letter and outcome.letter.model and (cost := outcome.letter.model.cost):
        model_account.spend(inputs.run.workspace_id, cost)
    return outcome


def completed(inputs: Inputs) -> Submitted:
    submitted = inputs.submitted
    if submitted.contact_id and "email" not in submitted.fields:
        return contacts.submitted_as(inputs.contact, submitted)
    return submitted
