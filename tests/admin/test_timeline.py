"""What became of a run, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import errors
from connectors.ports import File, Message, ThreadSummary
from leads import timeline as read_model
from leads.advice import advice_for
from leads.engine.steps import REGISTRY
from leads.facts import Check, Letter, Slot, Slots
from leads.models import WorkflowRun
from leads.readable import facts_of, span
from leads.timeline import StepState, timeline

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MakeRun = Callable[..., WorkflowRun]


def states(run: WorkflowRun) -> dict[str, str]:
    return {step.name: step.state for step in timeline(run)}


def test_all_steps_come_in_the_order_of_the_workflow(make_run: MakeRun, add_step: Any) -> None:
    run = make_run("waiting")
    add_step(run, "search_threads", ())
    add_step(run, "resolve_contact")
    assert [step.name for step in timeline(run)] == list(REGISTRY)
    assert len(REGISTRY) == 13


def test_a_step_that_the_code_no_longer_has_is_still_shown(make_run: MakeRun, add_step: Any) -> None:
    run = make_run("done")
    add_step(run, "score_lead", {"score": 7})
    last = timeline(run)[-1]
    assert (last.title, last.state, last.facts[0].value) == ("score_lead", "done", "7")


def test_steps_that_a_screened_run_did_not_take_are_not_needed(make_run: MakeRun, add_step: Any) -> None:
    run = make_run("done", outcome="screened", reason="Suppressed")
    add_step(run, "validate_submission")
    assert set(states(run).values()) == {StepState.DONE, StepState.NOT_NEEDED}
    assert read_model.why(run) == "Suppressed"


def test_the_first_open_step_of_a_running_run_is_under_way(make_run: MakeRun, add_step: Any) -> None:
    run = make_run("running")
    add_step(run, "validate_submission")
    assert states(run)["resolve_contact"] == StepState.UNDER_WAY
    assert states(run)["label_thread"] == StepState.NOT_REACHED


@pytest.mark.parametrize(("state", "shown"), [("dead", StepState.FAILED), ("running", StepState.UNDER_WAY)])
def test_a_failed_step_is_under_way_again_while_the_run_is_driven(
    make_run: MakeRun, add_step: Any, state: str, shown: str
) -> None:
    run = make_run(state)
    add_step(run, "validate_submission", error="no such contact")
    step = timeline(run)[0]
    assert (step.state, step.error) == (shown, "Transient: no such contact")


def test_a_withheld_write_makes_its_step_planned(make_run: MakeRun, add_step: Any, add_effect: Any) -> None:
    run = make_run("done")
    add_step(run, "resolve_contact")
    add_effect(run, "resolve_contact", "create_contact", withheld="WORKFLOW_MODE is DRAFT_ONLY")
    step = timeline(run)[1]
    assert step.state == StepState.PLANNED
    assert step.effects[0].why == "Withheld: WORKFLOW_MODE is DRAFT_ONLY."


def test_a_failed_write_makes_its_step_failed(make_run: MakeRun, add_step: Any, add_effect: Any) -> None:
    run = make_run("dead")
    add_step(run, "create_draft", "<id>")
    add_effect(run, "create_draft", "create_draft", error="gmail answered 503")
    assert states(run)["create_draft"] == StepState.FAILED


def test_a_write_that_may_be_done_is_under_way(make_run: MakeRun, add_step: Any, add_effect: Any) -> None:
    run = make_run("running")
    add_step(run, "create_draft", "<id>")
    add_effect(run, "create_draft", "create_draft", state="intended")
    assert states(run)["create_draft"] == StepState.UNDER_WAY


def test_a_write_that_is_done_shows_the_ids_of_the_vendor(make_run: MakeRun, add_step: Any, add_effect: Any) -> None:
    run = make_run("done")
    add_step(run, "create_draft", "<id>")
    add_effect(run, "create_draft", "create_draft", state="done", result={"draft": "r-1"}, error="an old one")
    step = next(step for step in timeline(run) if step.name == "create_draft")
    assert step.state == StepState.DONE
    assert step.effects[0].ids == {"draft": "r-1"}


def test_a_result_that_no_longer_fits_its_type_is_shown_as_it_stands(make_run: MakeRun, add_step: Any) -> None:
    run = make_run("done")
    add_step(run, "validate_submission", {"colour": "green"})
    assert timeline(run)[0].facts[0].value == "green"


def test_a_timeline_takes_two_queries(rich_run: WorkflowRun, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        timeline(rich_run)


@pytest.mark.parametrize("kind", [name for name in dir(errors) if isinstance(getattr(errors, name), type)])
def test_every_kind_of_trouble_has_something_to_do(kind: str) -> None:
    assert advice_for(WorkflowRun(error_kind=kind)) != ""


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ((ThreadSummary("t1", "About the price"), ThreadSummary("t2")), ["About the price", "t2"]),
        ((File("f", "Price list", "https://d.example/f", "pdf", "x"),), ["Price list https://d.example/f"]),
        (Check(name="one_ask", hard=True, passed=False, reason="two"), ["one_ask", "yes", "no", "two"]),
        (
            Letter("Hello", "Hi", "en", "rules", (Check(name="one_ask", hard=True, passed=False, reason="two"),)),
            ["Hello", "Hi", "en", "rules", "✗ One ask: two"],
        ),
        (None, ["nothing"]),
        ((), ["nothing"]),
        ({"on": False, "empty": ""}, ["no"]),
        (
            Slots((Slot(NOON, NOON),), "Mars/Olympus", zone_is_guess=True, our_zone=""),
            ["Mon 2 Mar 2026 12:00 UTC to 12:00", "Mars/Olympus", "yes", "no"],
        ),
    ],
)
def test_results_are_read_as_a_person_writes_them(value: object, lines: list[str]) -> None:
    assert [fact.value for fact in facts_of(value)] == lines


def test_a_long_mail_is_cut() -> None:
    mail = Message("m", NOON, "a@b.example", "", (), "", "word " * 200, outgoing=False)
    said = next(facts_of((mail,))).value
    assert said.startswith("Mon 2 Mar 2026 12:00 UTC, a@b.example: word")
    assert said.endswith("…")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "pending"}, "a worker takes it"),
        ({"state": "dead", "attempt": 8}, "gave up after 8 failures"),
        ({"state": "dead", "attempt": 1}, "gave up after 1 failure;"),
        ({"state": "cancelled", "reason": "A duplicate"}, "A duplicate"),
        ({"state": "done"}, "The draft is written"),
    ],
)
def test_each_state_is_explained(fields: dict[str, Any], said: str) -> None:
    assert said in read_model.why(WorkflowRun(**fields))


def test_unknown_trouble_is_a_fault_of_ours_and_none_needs_nothing() -> None:
    assert "worker's log" in advice_for(WorkflowRun(error_kind="KeyError"))
    assert advice_for(WorkflowRun()) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.084, "84 ms"), (1.24, "1.2 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (260000, "3 days"), (-1, "0 ms")],
)
def test_durations_have_the_precision_that_matters(seconds: float, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said
    assert span(None) == "-"
