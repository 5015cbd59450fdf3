"""All that the page of one run shows: its steps on one axis of time, with what went in, what came out, what was called.

Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import get_type_hints

from django.utils import timezone

from leads import timeline, vendor_pages
from leads.axis import Axis, Stretch, Wait, axis_over, work
from leads.clock import Stage, response_clock
from leads.engine.steps import REGISTRY
from leads.life import Moment, told
from leads.model_note import ModelNote, note_of
from leads.models import ApiCall, Draft, Event, WorkflowRun, Workspace
from leads.readable import Fact, facts_of, round_span, span, words
from leads.sentences import sentence
from leads.timeline import EffectView, StepState, StepView

ROWS = 200  # events and API calls that are shown
PREVIOUS = 10
SUBMISSION = "submission"
FAILURES = ("step_failed", "effect_failed")


@dataclass(frozen=True, slots=True)
class Bar:
    """Something on the axis, in per cent of its width."""

    left: float
    width: float
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page in a vendor's own screens."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class EffectLine:
    """An effect, with the vendor's ids and pages."""

    view: EffectView
    ids: tuple[tuple[str, str, str], ...]  # name, id, address or nothing


@dataclass(frozen=True, slots=True)
class Input:
    """What a step was given: from which step, and what it says."""

    step: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the timeline."""

    number: int
    step: StepView
    bars: tuple[Bar, ...]
    writes: tuple[Bar, ...]
    failures: tuple[float, ...]
    inputs: tuple[Input, ...]
    effects: tuple[EffectLine, ...]
    calls: tuple[ApiCall, ...]
    took: timedelta | None

    @property
    def is_open(self) -> bool:
        """Unfolded at first sight: where it failed."""
        return self.step.state is StepState.FAILED


@dataclass(frozen=True, slots=True)
class RunPage:
    """The read model of the page."""

    run: WorkflowRun
    draft: Draft | None
    rows: list[Row]
    waits: list[Wait]
    ticks: list[tuple[float, str]]
    clock: list[Stage]
    links: list[Link]
    submitted: tuple[Fact, ...]
    calls: list[ApiCall]
    events: list[tuple[str, Event]]  # with what each says
    others: list[WorkflowRun]
    life: list[Moment]  # of the draft
    took: timedelta | None  # from one end of the axis to the other

    @property
    def later(self) -> WorkflowRun | None:
        return timeline.later_run(self.run)

    @property
    def model_note(self) -> ModelNote | None:
        return note_of(self.draft.model_use) if self.draft else None

    @property
    def is_outside(self) -> bool:
        """Whether the draft is where a person can send it; a verdict on it stands in any case."""
        return self.draft is None or bool(self.draft.gmail_draft_id) or self.draft.status != Draft.Status.READY


def run_page(run: WorkflowRun) -> RunPage:
    """Everything of a run that was loaded with `RELATED`. Five queries."""
    steps = timeline.timeline(run)
    calls = list(run.api_calls.order_by("at", "pk")[:ROWS])
    events = list(run.events.order_by("pk")[:ROWS])
    failed = failures(steps, events)
    instants = [run.started_at, run.finished_at, *(at for found in failed.values() for at in found)]
    called: dict[str, list[ApiCall]] = defaultdict(list)
    for call in calls:
        called[call.step].append(call)
    axis = axis_over([*stretches(steps, called), *(Stretch(at, at) for at in instants if at)])
    draft: Draft | None = getattr(run, "draft", None)
    return RunPage(
        run=run,
        draft=draft,
        rows=list(rows(run.workspace, steps, called, failed, axis)),
        waits=axis.waits,
        ticks=ticks_of(axis),
        clock=response_clock(run, draft, timezone.now()),
        links=links_of(run, draft, steps),
        submitted=submitted_facts(run),
        calls=calls,
        events=[(sentence(event), event) for event in events],
        others=others_of(run),
        life=told(draft, events) if draft else [],
        took=axis.length,
    )


RELATED = ("workspace", "lead", "submission__form", "draft", "again", "again_of")


def stretches(steps: Sequence[StepView], called: Mapping[str, Sequence[ApiCall]]) -> Iterator[Stretch]:
    """When each step worked, and wrote, and asked outside after it was through."""
    for step in steps:
        if step.started_at and step.finished_at:
            yield Stretch(step.started_at, step.finished_at)
        for effect in step.effects:
            if effect.began_at:
                yield written(effect.began_at, effect, called.get(step.name, ()))
        for call in called.get(step.name, ()):
            if step.started_at and call.at >= step.started_at:
                yield Stretch(call.at, end_of(call))


def end_of(call: ApiCall) -> datetime:
    return call.at + timedelta(milliseconds=call.ms)


def written(began: datetime, effect: EffectView, calls: Sequence[ApiCall]) -> Stretch:
    """A write from its beginning to its end; one that is not done, to the end of what was last asked for it."""
    asked = (end_of(call) for call in calls if call.at >= began)
    return Stretch(began, max(began, effect.done_at or max(asked, default=began)))


def rows(
    workspace: Workspace,
    steps: Sequence[StepView],
    called: Mapping[str, Sequence[ApiCall]],
    failed: Mapping[str, Sequence[datetime]],
    axis: Axis,
) -> Iterator[Row]:
    for number, step in enumerate(steps, 1):
        yield Row(
            number=number,
            step=step,
            bars=tuple(step_bars(step, axis)),
            writes=tuple(write_bars(step, called.get(step.name, ()), axis)),
            failures=tuple(round(axis.at(at), 2) for at in failed.get(step.name, ())),
            inputs=tuple(Input(name, title_of_input(name)) for name in inputs_of(step.name)),
            effects=tuple(EffectLine(effect, tuple(ids_of(workspace, effect))) for effect in step.effects),
            calls=tuple(called.get(step.name, ())),
            took=work(stretches([step], called)) if step.started_at and step.finished_at else None,
        )


def ticks_of(axis: Axis) -> list[tuple[float, str]]:
    """Marks with words; a plus stands for what is counted from the end of a wait."""
    return [(round(tick.left, 2), f"{'+' if tick.waits else ''}{round_span(tick.after)}") for tick in axis.ticks]


def step_bars(step: StepView, axis: Axis) -> Iterator[Bar]:
    if step.started_at and step.finished_at:
        left, width = axis.bar(step.started_at, step.finished_at)
        yield Bar(round(left, 2), round(width, 2), step.slug, f"{step.title}: {step.took}")


def write_bars(step: StepView, calls: Sequence[ApiCall], axis: Axis) -> Iterator[Bar]:
    for effect in step.effects:
        if effect.began_at:
            during = written(effect.began_at, effect, calls)
            left, width = axis.bar(during.start, during.end)
            took = span(during.end - during.start)
            yield Bar(round(left, 2), round(width, 2), effect.state, f"{effect.title}: {effect.state}, {took}")


def failures(steps: Sequence[StepView], events: Sequence[Event]) -> dict[str, list[datetime]]:
    """When attempts failed, by step: of a step itself, and of what it wanted written."""
    step_of = {effect.kind: step.name for step in steps for effect in step.effects}
    found: dict[str, list[datetime]] = defaultdict(list)
    for event in events:
        if event.kind in FAILURES:
            name = event.facts.get("step") or step_of.get(event.facts.get("effect", ""), "")
            found[name].append(event.at)
    return found


@cache
def inputs_of(name: str) -> tuple[str, ...]:
    """The steps whose results a step is given, told by their types."""
    if name not in REGISTRY:
        return ()
    makers = {repr(step.result): step.name for step in REGISTRY.values()}
    hints = get_type_hints(REGISTRY[name].function)
    given = (hint for parameter, hint in hints.items() if parameter not in {"context", "return"})
    return tuple(makers.get(repr(hint), SUBMISSION) for hint in given)


def title_of_input(name: str) -> str:
    return "What the form brought" if name == SUBMISSION else timeline.title_of(name)


def ids_of(workspace: Workspace, effect: EffectView) -> Iterator[tuple[str, str, str]]:
    for name, value in effect.ids.items():
        yield words(name), value, vendor_pages.page_of(workspace, name, effect.ids)


def links_of(run: WorkflowRun, draft: Draft | None, steps: Sequence[StepView]) -> list[Link]:
    """Where to see what the run is about; only what is known."""
    ids: dict[str, str] = {}
    for step in steps:
        for effect in step.effects:
            ids |= effect.ids
    if run.lead:
        known = {"contact": run.lead.hubspot_contact_id, "company": run.lead.hubspot_company_id}
        ids = {name: value for name, value in known.items() if value} | ids
    message_id = draft.gmail_message_id if draft else ""
    pages = [
        ("Draft in Gmail", vendor_pages.gmail_page(run.workspace, message_id)),
        *(
            (f"{kind.title()} in HubSpot", vendor_pages.hubspot_page(run.workspace, kind, ids.get(kind, "")))
            for kind in ("contact", "company", "task")
        ),
    ]
    return [Link(title, address) for title, address in pages if address]


def submitted_facts(run: WorkflowRun) -> tuple[Fact, ...]:
    """What the form brought, field by field."""
    fields = run.submission.payload.get("fields") if isinstance(run.submission.payload, Mapping) else None
    return tuple(facts_of(fields)) if fields else ()


def others_of(run: WorkflowRun) -> list[WorkflowRun]:
    """The newest other runs of this lead."""
    if run.lead_id is None:
        return []
    others = WorkflowRun.objects.filter(workspace=run.workspace_id, lead=run.lead_id).exclude(pk=run.pk)
    return list(others.order_by("-pk")[:PREVIOUS])


def raw_of(run: WorkflowRun, name: str) -> dict[str, object]:
    """What a step left, as it is stored: its result, its error, its writes. Two queries; empty for nothing."""
    row = run.steps.filter(name=name).values("state", "attempt", "result", "error_kind", "error").first()
    effects = (
        run.effects.filter(step=name).order_by("pk").values("kind", "state", "args", "result", "withheld", "error")
    )
    return {"step": row, "effects": list(effects)} if row or effects else {}
