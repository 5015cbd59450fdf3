"""What a draft can do without: when it does, what it then says and does not say, and how it is marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from leads import breakers, codec, lacks
from leads.facts import Lack, Plan, Slots
from leads.models import Connection, Draft, Effect, Event, StepRun, WorkflowRun, Workspace
from leads.slot_lines import lines
from tests.leads.driving import calls, drive_once, drive_to_the_end, made, take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]

READS = {
    "resolve_contact": "hubspot.contacts.get",
    "resolve_company": "hubspot.companies.search",
    "search_threads": "gmail.threads.list",
    "load_thread": "gmail.threads.get",
    "find_assets": "drive.files.list",
    "propose_slots": "calendar.freebusy.query",
}
OPTIONAL = [step for step in READS if step not in {"search_threads", "load_thread"}]


def lacks_of(run: WorkflowRun) -> list[str]:
    """The steps that the run's draft went without, in the order of the workflow."""
    return sorted((lack.step for lack in lacks.lacks_of(Draft.objects.get(run=run))), key=list(READS).index)


@pytest.fixture
def impatient(settings: Any) -> None:
    """Nothing is waited for that a draft can do without."""
    settings.PATIENCE = timedelta(0)


@pytest.mark.parametrize("step", READS)
def test_a_right_that_is_missing_keeps_no_draft_from_anybody(
    box: Any, lead: Make, workspace: Workspace, step: str
) -> None:
    box.control.mail("mara@brightfreight.example", "Hello again.", subject="Before")
    box.control.fault(f"403:{READS[step]}")
    run = drive_once(take_in(lead(email="mara@brightfreight.example"), workspace))
    assert (run.state, run.outcome) == ("done", "drafted")
    assert lacks_of(run) == [step]
    went = Event.objects.get(run=run, kind="step_went_without")
    assert (went.facts["step"], went.facts["error"]) == (step, "PermissionDenied")
    row = StepRun.objects.get(run=run, name=step)
    assert (row.state, row.error_kind) == ("done", "PermissionDenied")
    assert box.control.count(READS[step]) == 1


@pytest.mark.parametrize("fault", ["404", "409", "400", "413"])
def test_so_does_what_waiting_cannot_help(box: Any, lead: Make, workspace: Workspace, fault: str) -> None:
    box.control.fault(f"{fault}:drive")
    assert lacks_of(drive_once(take_in(lead(), workspace))) == ["find_assets"]


@pytest.mark.parametrize("step", OPTIONAL)
@pytest.mark.parametrize("fault", ["500", "drop-before", "html", "429", "418"])
def test_what_may_come_back_is_waited_for_and_then_done_without(
    box: Any, lead: Make, workspace: Workspace, hasty: None, settings: Any, step: str, fault: str
) -> None:
    box.control.fault(f"{fault}:{READS[step]}")
    run = take_in(lead(), workspace)
    for _ in range(3):
        run = drive_once(run)
        assert (run.state, run.failed_step) == ("waiting", step)
    settings.PATIENCE = timedelta(0)
    run = drive_once(run)
    assert (run.outcome, lacks_of(run)) == ("drafted", [step])
    assert not Event.objects.filter(kind="run_died").exists()


@pytest.mark.parametrize("fault", ["429", "503", "423"])
def test_a_vendor_that_asks_for_more_time_than_we_have_is_not_waited_for(
    box: Any, lead: Make, workspace: Workspace, fault: str
) -> None:
    box.control.fault(f"{fault}:hubspot.contacts.get:retry_after=90")
    assert lacks_of(drive_once(take_in(lead(), workspace))) == ["resolve_contact"]


@pytest.mark.parametrize("step", ["search_threads", "load_thread"])
def test_gmail_is_waited_for_since_the_draft_goes_there(
    box: Any, lead: Make, workspace: Workspace, hasty: None, impatient: None, step: str
) -> None:
    box.control.mail("mara@brightfreight.example", "Hello again.", subject="Before")
    box.control.fault(f"503:{READS[step]}:x3")
    run = take_in(lead(email="mara@brightfreight.example"), workspace)
    for _ in range(3):
        run = drive_once(run)
        assert (run.state, run.failed_step) == ("waiting", step)
    run = drive_once(run)
    assert (run.outcome, lacks_of(run)) == ("drafted", [])


def test_without_a_calendar_no_time_is_offered_and_one_is_asked_for(box: Any, lead: Make, workspace: Workspace) -> None:
    box.control.fault("403:calendar")
    run = drive_once(take_in(lead(), workspace))
    results = dict(StepRun.objects.filter(run=run).values_list("name", "result"))
    found, plan = codec.decode(results["propose_slots"], Slots), codec.decode(results["plan_next_step"], Plan)
    assert (found.times, plan.slots, plan.action) == ((), (), "suggest_a_time")
    with_times = drive_once(take_in(lead(2), workspace))
    box.control.clear_faults()
    draft = Draft.objects.get(run=run)
    assert draft.is_sound, [check for check in draft.checks if not check["passed"]]
    assert with_times.outcome == "drafted"
    again = drive_once(take_in(lead(3), workspace))
    offered = codec.decode(StepRun.objects.get(run=again, name="plan_next_step").result, Plan).slots
    assert offered
    assert not any(line in draft.body for line in lines(offered, found, "en"))


def test_without_drive_no_document_is_named(box: Any, lead: Make, workspace: Workspace) -> None:
    box.control.fault("403:drive")
    draft = Draft.objects.get(run=drive_once(take_in(lead(), workspace)))
    assert (draft.asset_ids, draft.is_sound) == ([], True)
    assert "http" not in draft.body


@pytest.mark.parametrize("spec", ["401:hubspot", "expired-token:hubspot"])
def test_a_hubspot_that_refuses_our_credentials_is_broken_and_keeps_no_draft_from_anybody(
    box: Any, lead: Make, workspace: Workspace, spec: str
) -> None:
    box.control.fault(spec)
    run = drive_once(take_in(lead(), workspace))
    assert (run.outcome, lacks_of(run)) == ("drafted", ["resolve_contact", "resolve_company"])
    assert Connection.objects.get(state="broken").service == "hubspot"
    before = calls(box)
    run = drive_once(take_in(lead(2), workspace))
    assert (run.outcome, lacks_of(run)) == ("drafted", ["resolve_contact", "resolve_company"])
    assert not [name for name in calls(box) - before if name.startswith("hubspot")]


def test_what_is_to_be_written_to_a_broken_hubspot_waits_for_it_while_the_draft_does_not(
    box: Any, lead: Make, sending: Workspace
) -> None:
    box.control.fault("401:hubspot")
    drive_once(take_in(lead(1), sending))
    run = drive_once(take_in(lead(2), sending))
    assert (run.state, run.error_kind, run.failed_service) == ("waiting", "ConnectionBroken", "hubspot")
    assert Draft.objects.get(run=run).gmail_draft_id
    assert set(Effect.objects.filter(run=run, state="done").values_list("kind", flat=True)) >= {"create_draft"}
    assert not Effect.objects.filter(run=run, state="intended").exists()
    box.control.clear_faults()
    Connection.objects.update(state="ok")
    Workspace.objects.update(revision=F("revision") + 1)
    run = drive_to_the_end(run)
    assert run.outcome == "drafted"
    assert set(Effect.objects.filter(run=run).values_list("state", flat=True)) == {"done"}


@pytest.mark.parametrize("email", ["new.person@fresh.example", "lena.fischer@brightfreight.example"])
def test_what_could_not_be_read_is_not_made_a_second_time(
    box: Any, lead: Make, sending: Workspace, hasty: None, impatient: None, email: str
) -> None:
    first = drive_to_the_end(take_in(lead(1, email=email), sending))
    assert first.outcome == "drafted"
    had = made(box)
    box.control.fault("500:hubspot.contacts.get:x1")
    box.control.fault("500:hubspot.companies.search:x1")
    run = drive_to_the_end(take_in(lead(2, email=email), sending))
    assert lacks_of(run) == ["resolve_contact", "resolve_company"]
    now = made(box)
    assert (now.get("contacts", 0), now.get("companies", 0)) == (had.get("contacts", 0), had.get("companies", 0))
    assert (now["notes"], now["tasks"], now["drafts"]) == (2, 2, 2)


def test_a_hubspot_that_cannot_be_written_to_keeps_no_draft_from_anybody(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    box.control.fault("500:hubspot.contacts.create:x2")
    run = drive_once(take_in(lead(), sending))
    assert (run.state, run.failed_step, made(box)["drafts"]) == ("waiting", "resolve_contact", 1)
    run = drive_to_the_end(run)
    assert {kind: made(box)[kind] for kind in ("contacts", "companies", "drafts", "notes", "tasks")} == {
        "contacts": 1, "companies": 1, "drafts": 1, "notes": 1, "tasks": 1,
    }  # fmt: skip


@pytest.mark.parametrize("service", ["drive", "gmail"])
def test_a_service_that_is_left_alone_is_done_without_but_for_gmail(
    box: Any, lead: Make, workspace: Workspace, settings: Any, service: str
) -> None:
    settings.BREAKER_MIN_CALLS = 4
    breakers.switch_off(workspace, service, reason="It is down.", by="olga")
    breakers.read()
    run = drive_once(take_in(lead(), workspace))
    if service == "gmail":
        assert (run.state, run.error_kind, run.attempt) == ("waiting", "CircuitOpen", 0)
    else:
        assert (run.outcome, lacks_of(run)) == ("drafted", ["find_assets"])
    assert not [name for name in calls(box) if name.startswith(service)]


def test_times_that_were_done_without_are_looked_for_again_by_a_run_that_waits_for_long(
    box: Any, lead: Make, workspace: Workspace, hasty: None
) -> None:
    box.control.fault("403:calendar")
    box.control.fault("503:drive:x1")
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.failed_step) == ("waiting", "find_assets")
    box.control.clear_faults()
    StepRun.objects.filter(run=run).update(finished_at=timezone.now() - timedelta(hours=1))
    run = drive_once(run)
    assert (run.outcome, lacks_of(run)) == ("drafted", [])


def test_each_thing_that_is_lacking_is_named_once() -> None:
    step = Lack("search_threads", "PermissionDenied", "gmail threads.list answered 403: no")
    draft = Draft(lacks=codec.builtins([step, Lack("find_assets", "NotFound", "gone"), Lack("gone", "X", "y")]))
    missing = lacks.missing_in(draft)
    assert lacks.summed_up(missing) == "earlier e-mail and documents"
    assert [one.why for one in missing] == ["gmail threads.list answered 403: no", "gone"]
