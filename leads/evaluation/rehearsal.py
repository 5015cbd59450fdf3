"""A lead taken through the real workflow, with readers fed from it, and nothing written anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast, overload

from connectors.ports import OutgoingMail, TextModel
from leads.effects import CreateDraft
from leads.engine.steps import Call, StepContext
from leads.evaluation.desk import readers
from leads.evaluation.leadset import Lead
from leads.facts import Enquiry, Letter, Plan, Profile, Slots, Submitted, Wording
from leads.workflow import Conclusion, answer_lead

MARKER = "evaluation"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a lead. Screened out, it has an enquiry and no more."""

    lead: Lead
    conclusion: Conclusion
    enquiry: Enquiry
    plan: Plan | None = None
    slots: Slots | None = None
    letter: Letter | None = None
    mails: tuple[OutgoingMail, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Stands in for a run's execution: each step is called where it is asked for, and its result kept."""

    context: StepContext
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        return self.context.profile

    def do[T](self, call: Call[T]) -> T:
        name = call.step.name
        if name not in self.values:
            self.values[name] = call.run(self.context)
        return cast("T", self.values[name])

    @overload
    def together[A, B](self, a: Call[A], b: Call[B], /) -> tuple[A, B]: ...
    @overload
    def together[A, B, C](self, a: Call[A], b: Call[B], c: Call[C], /) -> tuple[A, B, C]: ...
    def together(self, *calls: Call[Any]) -> tuple[Any, ...]:
        return tuple(self.do(call) for call in calls)


def rehearse(
    lead: Lead, template_set: str = "", model: TextModel | None = None, own: Wording | None = None
) -> Answered:
    """Answer a lead: by a model if one is given; by templates of the set given, else of the workspace's own.

    `own` is somebody's wording of the set given.
    """
    profile = replace(lead.workspace, template_set=template_set or lead.workspace.template_set)
    if own:
        profile = replace(profile, wordings={template_set: own})
    context = StepContext(read=readers(lead, model), profile=profile, workspace_id=0, marker=MARKER, now=lead.now)
    # What was learned stands in the lead, not in a database.
    run = Rehearsal(context, {"recall_patterns": lead.patterns})
    submitted = Submitted(dict(lead.fields), "evaluation", lead.form, lead.now, page_title=lead.page)
    conclusion = answer_lead(run, submitted)
    return Answered(
        lead,
        conclusion,
        enquiry=run.values["validate_submission"],
        plan=run.values.get("plan_next_step"),
        slots=run.values.get("propose_slots"),
        letter=run.values.get("write_draft"),
        mails=tuple(effect.mail for effect in context.planned if isinstance(effect, CreateDraft)),
    )
