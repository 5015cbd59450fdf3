"""Backfill: older submissions are counted first, and answered when a person says so; each once."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.utils import timezone

from leads import backfill, listing
from leads.models import AllowedForm, Backfill, Event, Submission, WorkflowRun, Workspace
from tests.conftest import FORM_ID

pytestmark = pytest.mark.django_db

LIST = "hubspot.submissions.list"
State = Backfill.State


@pytest.fixture
def form(box: Any, workspace: Workspace) -> AllowedForm:
    """Northwind's form, with what people sent in the last days, a day apart, and nothing of the seed."""
    for number in range(6):
        fill_in(box, f"p{number}", days=number + 0.5)
    return AllowedForm.objects.select_related("workspace").get(form_id=FORM_ID)


def fill_in(box: Any, name: str, days: float, email: str = "") -> None:
    values = {"email": email or f"{name}@brightfreight.example", "message": f"What does it cost, asks {name}?"}
    box.control.submission(FORM_ID, name, values, hours_ago=24 * days)


def ask(form: AllowedForm, first: float = 3.0, last: float = 0.0) -> Backfill:
    now = timezone.now()
    return backfill.ask(form, now - timedelta(days=first), now - timedelta(days=last), actor="olga")


def work() -> None:
    """What a worker would do by now."""
    Backfill.objects.update(due_at=Now())
    if held := backfill.claim():
        backfill.work(held)


def fresh(one: Backfill) -> Backfill:
    return Backfill.objects.select_related("form__workspace").get(pk=one.pk)


def answered() -> set[str]:
    found = WorkflowRun.objects.values_list("lead__email", flat=True)
    return {(email or "").partition("@")[0] for email in found}


def test_it_is_counted_and_nothing_runs_before_a_person_says_so(form: AllowedForm) -> None:
    asked = ask(form)
    work()
    counted = fresh(asked)
    assert (counted.state, counted.known, counted.unusable) == (State.COUNTED, 0, 0)
    assert counted.wanted == 5  # two of them of the demo
    assert {line["who"].partition("@")[0] for line in counted.first} >= {"p0", "p1", "p2"}
    assert any(line["said"] == "What does it cost, asks p0?" for line in counted.first)
    work()
    assert WorkflowRun.objects.count() == 0
    assert backfill.confirm(counted, actor="olga")
    work()
    done = fresh(asked)
    assert (done.state, done.started, done.first) == (State.DONE, 5, [])
    assert answered() >= {"p0", "p1", "p2"}
    assert {*Submission.objects.values_list("via", flat=True)} == {"backfill"}
    kinds = Event.objects.filter(kind__startswith="backfill").order_by("pk").values_list("kind", "actor")
    assert [*kinds] == [
        ("backfill_asked", "olga"),
        ("backfill_counted", ""),
        ("backfill_confirmed", "olga"),
        ("backfill_done", ""),
    ]


def test_what_came_before_is_counted_as_known_and_left_alone(form: AllowedForm, box: Any) -> None:
    first = ask(form, first=1.0)
    work()
    backfill.confirm(fresh(first), actor="olga")
    work()
    box.control.submission(FORM_ID, "no address", {"message": "Hello"})
    second = ask(form)
    work()
    counted = fresh(second)
    assert (counted.known, counted.wanted, counted.unusable) == (1, 4, 1)
    backfill.confirm(counted, actor="olga")
    work()
    assert WorkflowRun.objects.count() == 5
    assert fresh(second).started == 4


def test_only_its_days_are_taken(form: AllowedForm) -> None:
    asked = ask(form, first=5.0, last=3.0)
    work()
    backfill.confirm(fresh(asked), actor="olga")
    work()
    assert answered() >= {"p3", "p4"}
    assert not answered() & {"p0", "p1", "p2", "p5"}


def test_it_can_be_cancelled_while_it_waits_and_while_it_runs(
    form: AllowedForm, box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(form)
    work()
    assert backfill.cancel(asked, actor="olga")
    assert fresh(asked).first == []
    assert not backfill.confirm(asked, actor="olga")
    for number in range(60):
        fill_in(box, f"q{number}", days=0.1)
    again = ask(form)
    work()
    backfill.confirm(fresh(again), actor="olga")
    pages = listing.pages

    def cancelled_after_the_first(*given: Any) -> Any:
        reading = pages(*given)
        yield next(reading)
        backfill.cancel(again, actor="olga")
        yield from reading

    monkeypatch.setattr(listing, "pages", cancelled_after_the_first)
    work()
    assert (fresh(again).state, fresh(again).started, WorkflowRun.objects.count()) == (State.CANCELLED, 50, 50)


def test_one_that_was_killed_in_the_middle_is_begun_again_and_doubles_nothing(
    form: AllowedForm, box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        fill_in(box, f"q{number}", days=0.1)
    monkeypatch.setattr(backfill, "AHEAD", 1000)
    asked = ask(form)
    work()
    backfill.confirm(fresh(asked), actor="olga")
    pages = listing.pages

    class KilledError(BaseException):
        pass

    def killed(*given: Any) -> Any:
        yield next(pages(*given))
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(listing, "pages", killed)
        with pytest.raises(KilledError):
            work()
    assert WorkflowRun.objects.count() == 50
    work()
    assert (fresh(asked).state, fresh(asked).started) == (State.DONE, 65)
    assert WorkflowRun.objects.count() == 65


def test_too_many_are_refused_with_a_way_out(form: AllowedForm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "MOST", 2)
    asked = ask(form)
    work()
    assert fresh(asked).state == State.FAILED
    assert "Choose fewer days" in fresh(asked).error


def test_of_a_form_one_is_open_at_a_time(form: AllowedForm) -> None:
    ask(form)
    with pytest.raises(backfill.NotPossible, match="open already"):
        ask(form)


def test_days_that_make_no_sense_are_refused(form: AllowedForm) -> None:
    with pytest.raises(backfill.NotPossible, match="before the first"):
        ask(form, first=1.0, last=2.0)
    with pytest.raises(backfill.NotPossible, match="time to come"):
        ask(form, first=-1.0, last=-2.0)


def test_it_waits_when_hubspot_asks_for_time_and_fails_with_a_reason_otherwise(form: AllowedForm, box: Any) -> None:
    asked = ask(form)
    box.control.fault(f"429:{LIST}:x1:retry_after=60")
    work()
    assert fresh(asked).state == State.COUNTING
    assert fresh(asked).due_at > timezone.now() + timedelta(seconds=50)
    box.control.fault(f"403:{LIST}:x1")
    work()
    assert fresh(asked).state == State.FAILED
    assert "403" in fresh(asked).error


def test_it_waits_for_a_hubspot_that_is_away_and_says_so(form: AllowedForm, box: Any) -> None:
    asked = ask(form)
    box.control.fault(f"503:{LIST}:x1")
    work()
    waiting = fresh(asked)
    assert (waiting.state, waiting.lease, "503" in waiting.error) == (State.COUNTING, None, True)
    Backfill.objects.update(due_at=timezone.now())
    work()
    assert (fresh(asked).state, fresh(asked).error) == (State.COUNTED, "")


def test_old_submissions_wait_while_many_runs_are_due(
    form: AllowedForm, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    asked = ask(form)
    work()
    backfill.confirm(fresh(asked), actor="olga")
    monkeypatch.setattr(backfill, "AHEAD", 0)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        monkeypatch.setattr(backfill, "AHEAD", 50)

    monkeypatch.setattr(backfill, "sleep", nap)
    work()
    assert naps == [1]
    assert fresh(asked).state == State.DONE


def run_command(*options: str) -> str:
    said = io.StringIO()
    today = timezone.now().date()
    days = ("--from", f"{today - timedelta(days=3)}", "--to", f"{today + timedelta(days=1)}")
    call_command("backfill", "--form", FORM_ID, *days, *options, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize(("answer", "runs"), [("y", True), ("n", False), ("", False)])
def test_the_command_says_how_many_and_asks(
    form: AllowedForm, monkeypatch: pytest.MonkeyPatch, answer: str, *, runs: bool
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: answer)
    said = run_command()
    assert "would be answered." in said
    assert "p0@brightfreight.example" in said
    assert (WorkflowRun.objects.count() > 0) == runs == ("runs were started" in said)
    assert not Backfill.objects.filter(state__in=Backfill.OPEN).exists()


def test_the_command_asks_nobody_who_said_yes(form: AllowedForm) -> None:
    said = run_command("--yes")
    assert WorkflowRun.objects.exists()
    assert f"{WorkflowRun.objects.count()} runs were started" in said


def test_the_command_names_what_is_wrong(form: AllowedForm) -> None:
    with pytest.raises(CommandError, match="not an allowed form"):
        call_command("backfill", "--form", "nope", "--from", "2026-01-01", "--to", "2026-01-02")
    with pytest.raises(CommandError, match="before the first"):
        call_command("backfill", "--form", FORM_ID, "--from", "2026-01-03", "--to", "2026-01-01")
    with pytest.raises(CommandError, match="“2026-13-01” is not a day"):
        call_command("backfill", "--form", FORM_ID, "--from", "2026-13-01", "--to", "2026-01-01")


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "2026-01-01"), ("2026-01-01", "9999-12-31")])
def test_days_that_no_database_gives_back_are_never_stored(form: AllowedForm, first: str, last: str) -> None:
    with pytest.raises(CommandError, match="Choose days between 2000-01-01 and 2100-01-01"):
        call_command("backfill", "--form", FORM_ID, "--from", first, "--to", last)
    assert not Backfill.objects.exists()
