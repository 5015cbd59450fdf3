"""A run as text, for commands: step by step with times, then the draft."""

from __future__ import annotations

from collections.abc import Iterator

from leads.models import Draft, WorkflowRun
from leads.timeline import StepView, timeline

WIDTH = 44


def step_line(step: StepView) -> str:
    """One step: what it is, how it ended, how long it took."""
    took = "" if step.duration is None else f"{1000 * step.duration.total_seconds():.0f} ms"
    planned = "; ".join(f"{effect.title}: {effect.state}" for effect in step.effects)
    return f"  {step.title:<{WIDTH}} {step.state:<12} {took:>8}  {step.error or planned}".rstrip()


def run_lines(run: WorkflowRun) -> Iterator[str]:
    """The whole run."""
    for step in timeline(run):
        yield step_line(step)
    yield ""
    yield from outcome_lines(run)


def outcome_lines(run: WorkflowRun) -> Iterator[str]:
    """How the run ended, and its draft."""
    yield verdict(run)
    draft = Draft.objects.filter(run=run).first()
    if draft is not None:
        yield ""
        yield from draft_lines(draft)


def verdict(run: WorkflowRun) -> str:
    match run.state:
        case WorkflowRun.State.DONE if run.outcome == WorkflowRun.Outcome.SCREENED:
            return f"Run {run.pk} is done: screened out, no draft. {run.reason}"
        case WorkflowRun.State.DONE:
            ready = (run.drafted_at - run.created_at).total_seconds() if run.drafted_at else 0
            return f"Run {run.pk} is done: the draft was ready {1000 * ready:.0f} ms after the form came in."
        case WorkflowRun.State.WAITING:
            return f"Run {run.pk} waits until {run.due_at:%H:%M:%S} UTC, then goes on by itself: {run.error}"
        case WorkflowRun.State.DEAD:
            return f"Run {run.pk} is dead after {run.attempt} attempts at {run.failed_step or 'starting'}: {run.error}"
        case _:
            return f"Run {run.pk} is {run.get_state_display().lower()}. {run.reason}".rstrip()


def draft_lines(draft: Draft) -> Iterator[str]:
    yield f"To:      {draft.recipient}"
    yield f"Subject: {draft.subject}"
    yield ""
    yield from draft.body.splitlines()
    yield ""
    hard = [check for check in draft.checks if check["hard"]]
    failed = [check for check in hard if not check["passed"]]
    yield f"Hard checks: {len(hard) - len(failed)} of {len(hard)} passed."
    for check in failed:
        yield f"  failed {check['name']}: {check['reason']}"
