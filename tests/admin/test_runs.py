"""The page of a run, and what people do there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from leads.models import ApiCall, Draft, Effect, Event, StepRun, WorkflowRun, Workspace
from tests.admin.conftest import NOON

MakeRun = Callable[..., WorkflowRun]
LIST = "/admin/leads/workflowrun/"
READ = "view_workflowrun"


def address(run: WorkflowRun, page: str = "change") -> str:
    return f"{LIST}{run.pk}/{page}/"


def state_of(run: WorkflowRun) -> str:
    return WorkflowRun.objects.get(pk=run.pk).state


def test_the_page_shows_steps_effects_calls_events_and_what_to_do(client: Client, rich_run: WorkflowRun) -> None:
    page = client.get(address(rich_run)).content.decode()
    for shown in [
        "gmail refused",
        "What to do:",
        "Put the draft into the mailbox",
        "Withheld: the workspace is DRAFT_ONLY",
        "It may have been done",
        "gmail threads.get answered 503",
        "threads.get",
        f"Run {rich_run.pk} began.",
        "Re: Your question",
        "Contact sales",
        "pricing, demo",
        "Mon 2 Mar 2026 12:00 GMT to 12:30",
    ]:
        assert shown in page


def test_what_others_wrote_is_escaped(client: Client, rich_run: WorkflowRun) -> None:
    Event.objects.create(
        kind="run_waits", workspace=rich_run.workspace, run=rich_run, facts={"error": "<b>Transient</b>"}
    )
    page = client.get(address(rich_run)).content.decode()
    assert "<b>Transient</b>" not in page
    assert "&lt;b&gt;Transient&lt;/b&gt;" in page


def test_a_draft_that_did_not_reach_the_mailbox_is_nowhere_called_ready(
    client: Client, make_run: MakeRun, make_draft: Callable[..., Draft]
) -> None:
    run = make_run("dead", error_kind="Permanent", failed_step="create_draft")
    make_draft(run)
    page = client.get(address(run)).content.decode()
    assert "Ready for review" not in page
    assert "Written, not in the mailbox" in page
    assert "written, not in the mailbox" in page
    assert "not yet" not in page


def test_the_response_clock_ends_with_what_the_rep_does(
    client: Client, make_run: MakeRun, make_draft: Callable[..., Draft]
) -> None:
    run = make_run("done", drafted_at=NOON)
    make_draft(run, gmail_draft_id="r-1")
    clock = client.get(address(run)).content.decode().partition("Response clock")[2]
    assert "Ready for review" in client.get(address(run)).content.decode()
    assert clock.index("<strong>Approved") < clock.index("<strong>Sent")
    assert "by the rep in Gmail, or from the Outbox" in clock
    assert "of working hours" in clock


def test_what_a_step_took_counts_what_it_wrote_and_the_axis_ends_with_the_run(
    client: Client,
    make_run: MakeRun,
    add_step: Callable[..., StepRun],
    add_effect: Callable[..., Effect],
) -> None:
    later = timedelta(milliseconds=84)
    run = make_run("dead", finished_at=NOON + timedelta(milliseconds=1300))
    add_step(run, "create_draft", "<marker@northwind.example>")
    add_effect(run, "create_draft", "create_draft", state="intended", error="refused", intended_at=NOON + later)
    call = {"service": "gmail", "endpoint": "drafts.create", "ms": 656, "at": NOON + later}
    ApiCall.objects.create(workspace=run.workspace, run=run, step="create_draft", **call)
    page = client.get(address(run)).content.decode()
    assert "740 ms" in page
    assert "1.3 s in all" in page
    assert ">500 ms</text>" in page
    assert ">1 s</text>" in page
    again = make_run("waiting")
    assert "so far" in client.get(address(again)).content.decode()


def test_other_runs_of_the_lead_are_linked(client: Client, make_run: MakeRun) -> None:
    first, second, stranger = make_run("done"), make_run("done"), make_run("done", email="other@else.example")
    page = client.get(address(second)).content.decode()
    assert address(first) in page
    assert address(stranger) not in page


@pytest.mark.parametrize("by", ["pk", "key", "email", "name", "company"])
def test_a_run_is_found(client: Client, make_run: MakeRun, by: str) -> None:
    run, other = make_run("done"), make_run("done", email="zoe@else.example")
    other.lead.__class__.objects.filter(pk=other.lead_id).update(first_name="Zoe", last_name="", company="Else")
    term = {"pk": run.pk, "key": run.key, "email": "MARA@", "name": "okafor", "company": "bright"}[by]
    page = client.get(LIST, {"q": str(term)}).content.decode()
    assert f"{LIST}{run.pk}/change/" in page
    assert f"{LIST}{other.pk}/change/" not in page


@pytest.mark.parametrize("number", ["²", "9" * 40, "x", ""])
def test_a_region_of_a_run_that_is_none_is_empty(client: Client, workspace: Workspace, number: str) -> None:
    answer = client.get(reverse("admin:live"), {"r": f"run:{number}"})
    assert answer.json()["regions"] == {f"run:{number}": ""}


def test_retry_makes_a_dead_run_pending_and_is_in_the_audit(client: Client, make_run: MakeRun) -> None:
    run = make_run("dead", attempt=8)
    answer = client.post(address(run, "retry"), follow=True)
    assert answer.redirect_chain[-1][0] == address(run)
    assert state_of(run) == "pending"
    assert Event.objects.get(kind="run_retried", run=run).actor == "olga"


def test_retry_is_not_offered_and_explained_where_it_makes_no_sense(client: Client, make_run: MakeRun) -> None:
    run = make_run("done")
    assert "Retry now" not in client.get(address(run)).content.decode()
    page = client.post(address(run, "retry"), follow=True).content.decode()
    assert "only a dead, cancelled or waiting run can be retried" in page
    assert state_of(run) == "done"


def test_retry_takes_a_post(client: Client, make_run: MakeRun) -> None:
    run = make_run("dead")
    assert client.get(address(run, "retry")).status_code == 405
    assert state_of(run) == "dead"


def test_changes_take_a_csrf_token(boss: object, make_run: MakeRun) -> None:
    run, careful = make_run("dead"), Client(enforce_csrf_checks=True)
    careful.force_login(boss)  # type: ignore[arg-type]
    for page in ("retry", "cancel", "restart", "mend"):
        assert careful.post(address(run, page), {"reason": "x"}).status_code == 403
    assert state_of(run) == "dead"


def test_cancelling_asks_for_a_reason_first(client: Client, make_run: MakeRun) -> None:
    run = make_run("waiting")
    assert b'name="reason"' in client.get(address(run, "cancel")).content
    assert b"This field is required" in client.post(address(run, "cancel"), {"reason": "  "}).content
    assert state_of(run) == "waiting"


def test_a_cancelled_run_keeps_the_reason(client: Client, make_run: MakeRun) -> None:
    run = make_run("running")
    client.post(address(run, "cancel"), {"reason": "A duplicate"})
    run.refresh_from_db()
    assert (run.state, run.reason, run.lease) == ("cancelled", "A duplicate", None)
    assert "A duplicate" in client.get(address(run)).content.decode()


@pytest.mark.parametrize(("page", "right"), [("retry", "retry_run"), ("cancel", "cancel_run")])
def test_staff_need_the_right_for_it(as_staff: Callable[..., Client], make_run: MakeRun, page: str, right: str) -> None:
    run = make_run("waiting")
    without, blind, with_it = as_staff(READ), as_staff(right), as_staff(READ, right)
    for client in (without, blind):
        assert client.post(address(run, page), {"reason": "x"}).status_code == 403
        client.post(LIST, {"action": f"{page}_selected", ACTION_CHECKBOX_NAME: [run.pk], "reason": "x"})
        assert state_of(run) == "waiting"
    seen = without.get(address(run)).content.decode()
    assert "Retry now" not in seen
    assert "Cancel …" not in seen
    assert with_it.post(address(run, page), {"reason": "x"}).status_code == 302
    assert state_of(run) != "waiting"


def test_staff_without_the_right_to_see_runs_do_not(as_staff: Callable[..., Client], rich_run: WorkflowRun) -> None:
    client = as_staff("view_lead")
    assert client.get(address(rich_run)).status_code == 403
    assert client.get(reverse("admin:leads_workflowrun_changelist")).status_code == 403
