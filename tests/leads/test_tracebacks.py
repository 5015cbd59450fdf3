"""What is kept of where an error came from: the place in the code, and nothing that anybody wrote or may not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leads import runs, tracebacks
from leads.models import WorkflowRun, Workspace
from tests.leads.driving import drive_once, drive_to_the_end, take_in

Make = Callable[..., dict[str, Any]]
SECRET = "pat-na1-mara@brightfreight.example"


def caught(act: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as raised:  # noqa: PT011  whatever it is
        act()
    return raised.value


def test_a_trace_names_places_and_types_and_no_value() -> None:
    def look_up() -> object:
        token = SECRET
        return {}[token]

    def give_up() -> object:
        try:
            return look_up()
        except KeyError as error:
            raise ValueError(SECRET) from error

    said = tracebacks.trace_of(caught(give_up))
    assert said.startswith("builtins.ValueError\n")
    assert "\nafter builtins.KeyError\n" in said
    assert "tests/leads/test_tracebacks.py:" in said
    assert said.endswith("look_up")
    assert SECRET not in said


def test_libraries_are_named_by_their_package_and_no_path_is_kept() -> None:
    said = tracebacks.trace_of(caught(lambda: Workspace.objects.get(nobody=1)))
    assert "django.db.models.query:" in said
    assert "site-packages" not in said
    assert " /" not in said


def test_a_deep_trace_is_shortened() -> None:
    def fall() -> object:
        return fall()

    said = tracebacks.trace_of(caught(fall))
    assert len(said.splitlines()) == tracebacks.FRAMES + 2
    assert "calls …" in said


@pytest.mark.django_db
def test_a_dead_run_says_where_it_died_and_forgets_it_when_it_is_well(
    box: Any, lead: Make, workspace: Workspace, settings: Any
) -> None:
    settings.MAX_ATTEMPTS = 1
    box.control.fault("500:gmail.threads.list:x1")
    run = drive_once(take_in(lead(), workspace))
    assert run.state == "dead"
    assert run.trace.startswith("connectors.errors.Transient")
    assert "leads/steps.py:" in run.trace
    assert "connectors/gmail.py:" in run.trace
    runs.retry(run, actor="olga")
    assert drive_to_the_end(run).trace == ""


@pytest.mark.django_db
def test_what_nobody_knows_is_traced_while_it_is_tried_and_what_is_known_is_not(
    box: Any, lead: Make, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.control.fault("500:gmail.threads.list:x1")
    known = drive_once(take_in(lead(), workspace))
    assert (known.state, known.trace) == ("waiting", "")

    def fails(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("leads.engine.driver.conclude", fails)
    unknown = drive_once(take_in(lead(2), workspace))
    assert (unknown.state, unknown.error_kind) == ("waiting", "ZeroDivisionError")
    assert "leads/engine/driver.py:" in WorkflowRun.objects.get(pk=unknown.pk).trace


def test_the_words_of_an_error_are_kept_up_to_a_length() -> None:
    assert tracebacks.explained(ValueError("no\x00thing")) == "nothing"
    said = tracebacks.explained(ValueError("Dear Sir " * 100_000))
    assert said.endswith(" … (900,000 characters)")
    assert len(said) < tracebacks.MOST_WORDS + 30


@pytest.mark.django_db
def test_an_error_of_any_name_and_length_is_kept(
    box: Any, lead: Make, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise type("ExceptionOfSomeLibraryWithAnUnusuallyLongName", (Exception,), {})("Dear Sir " * 100_000)

    monkeypatch.setattr("leads.engine.driver.conclude", fails)
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.error_kind) == ("waiting", "ExceptionOfSomeLibraryWithAnUnusuallyLon")
    assert len(run.error) < 2100
