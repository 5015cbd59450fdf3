"""What people do to runs in the console: start again, mend, and many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads import bulk, overrides
from leads.models import Draft, Event, Submission, WorkflowRun, Workspace
from leads.rules import Rule

MakeRun = Callable[..., WorkflowRun]
AsStaff = Callable[..., Client]
LIST = "/admin/leads/workflowrun/"
BULK = f"{LIST}bulk/"
READ = "view_workflowrun"
FETCH = {"X-Requested-With": "fetch"}
NO_SENDER = {"error_kind": "NotConfigured", "error": "The workspace Northwind has no sender address. Set it."}


def address(run: WorkflowRun, page: str = "change") -> str:
    return f"{LIST}{run.pk}/{page}/"


def state_of(run: WorkflowRun) -> str:
    return WorkflowRun.objects.get(pk=run.pk).state


# Starting again


def test_starting_again_says_what_it_means_and_leads_to_the_new_run(client: Client, make_run: MakeRun) -> None:
    run = make_run("dead")
    asked = client.get(address(run, "restart")).content.decode()
    assert "begins at the first step" in asked
    assert WorkflowRun.objects.count() == 1
    answer = client.post(address(run, "restart"), follow=True)
    again = WorkflowRun.objects.get(again_of=run)
    assert answer.redirect_chain[-1][0] == address(again)
    assert f"was started again as run {again.pk}" in answer.content.decode()
    assert Event.objects.get(kind="run_started_again").actor == "olga"


def test_a_run_that_was_started_again_leads_to_the_later_one_and_offers_nothing(
    client: Client, make_run: MakeRun
) -> None:
    run = make_run("dead")
    client.post(address(run, "restart"))
    again = WorkflowRun.objects.get(again_of=run)
    page = client.get(address(run)).content.decode()
    assert "This run was started again as" in page
    assert address(again) in page
    assert f'action="{address(run, "retry")}"' not in page
    assert address(run, "restart") not in page
    assert address(run) in client.get(address(again)).content.decode()


def test_a_refusal_to_start_again_is_told(client: Client, make_run: MakeRun) -> None:
    run = make_run("waiting")
    page = client.post(address(run, "restart"), follow=True).content.decode()
    assert "only a run that has ended can be started again" in page
    assert WorkflowRun.objects.count() == 1


def test_starting_again_takes_the_right_to_it(as_staff: AsStaff, make_run: MakeRun) -> None:
    run = make_run("dead")
    assert as_staff(READ, "retry_run").post(address(run, "restart")).status_code == 403
    assert as_staff("restart_run").post(address(run, "restart")).status_code == 403
    assert not WorkflowRun.objects.filter(again_of=run).exists()
    assert as_staff(READ, "restart_run").post(address(run, "restart")).status_code == 302


# Mending


def test_the_missing_setting_is_asked_for_on_the_page_and_saving_it_sends_the_run_on(
    client: Client, make_run: MakeRun, workspace: Workspace
) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(sender_email="")
    run = make_run("waiting", **NO_SENDER)
    assert 'name="mend-sender_email"' in client.get(address(run)).content.decode()
    entered = {"mend-sender_email": "clara@northwind.example", "mend-sender_name": "Clara"}
    answer = client.post(address(run, "mend"), entered, follow=True)
    assert answer.redirect_chain[-1][0] == address(run)
    assert state_of(run) == "pending"
    workspace.refresh_from_db()
    assert workspace.sender_email == "clara@northwind.example"
    assert Event.objects.get(kind="settings_changed").actor == "olga"


def test_what_is_entered_wrong_is_said_and_nothing_happens(
    client: Client, make_run: MakeRun, workspace: Workspace
) -> None:
    run = make_run("waiting", **NO_SENDER)
    for wrong in ("", "nobody"):
        page = client.post(address(run, "mend"), {"mend-sender_email": wrong})
        assert page.status_code == 200
        assert b"Please mend what is marked" in page.content
    assert state_of(run) == "waiting"
    assert not Event.objects.filter(kind="settings_changed").exists()


def test_a_folder_that_is_not_shared_asks_for_no_folder_but_says_where_to_grant_it(
    client: Client, make_run: MakeRun, workspace: Workspace
) -> None:
    denied = {"error_kind": "PermissionDenied", "error": "drive files.list answered 403: no"}
    run = make_run("dead", **denied, failed_step="find_assets", failed_service="drive", finished_at=timezone.now())
    page, letters = client.get(address(run)).content.decode(), client.get(reverse("admin:dead_letters"))
    assert "Mend it here" not in page
    said = "Share the folder with the connected Google account, or grant the scope, then Retry."
    assert said in page
    assert said in letters.content.decode()
    assert reverse("admin:settings_tab", args=[workspace.slug, "documents"]) in page
    assert reverse("admin:settings_tab", args=[workspace.slug, "connections"]) in page


def test_what_goes_on_is_named_with_a_link(client: Client, make_run: MakeRun) -> None:
    run = make_run("dead")
    page = client.post(address(run, "retry"), follow=True).content.decode()
    assert f'<a href="{address(run)}">Run {run.pk}</a> goes on now.' in page


def test_the_others_that_stopped_alike_can_go_on_too(client: Client, make_run: MakeRun) -> None:
    run, other, stranger = make_run("waiting", **NO_SENDER), make_run("dead", **NO_SENDER), make_run("dead")
    assert "the 1 other run that stopped for the same reason" in client.get(address(run)).content.decode()
    entered = {"mend-sender_email": "clara@northwind.example", "alike": "on"}
    page = client.post(address(run, "mend"), entered)
    assert page.context["plan"].ids == [other.pk]
    client.post(BULK, {"act": "retry", "id": page.context["plan"].ids})
    assert [state_of(one) for one in (run, other, stranger)] == ["pending", "pending", "dead"]


def test_of_many_that_stopped_alike_the_newest_go_on(
    client: Client, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.bulk.AT_ONCE", 2)
    run, *others = [make_run("waiting", **NO_SENDER) for _ in range(5)]
    entered = {"mend-sender_email": "clara@northwind.example", "alike": "on"}
    page = client.post(address(run, "mend"), entered)
    assert page.context["plan"].ids == [other.pk for other in others[-2:]]
    assert b"The newest 2 of them are taken" in page.content


def test_new_credentials_are_taken_in_and_never_shown(client: Client, make_run: MakeRun) -> None:
    run = make_run(
        "waiting",
        due_at=timezone.now() + timedelta(hours=1),
        error_kind="ConnectionBroken",
        error="hubspot contacts.get answered 401",
        failed_service="hubspot",
    )
    page = client.get(address(run)).content.decode()
    assert "Waits for HubSpot to be connected again" in page
    assert "goes on by itself then" in page
    assert "tries again" not in page
    assert 'name="mend-access_token"' in page
    assert 'name="mend-credentials"' not in page
    assert b"Enter the new credentials" in client.post(address(run, "mend"), {"mend-access_token": ""}).content
    answer = client.post(address(run, "mend"), {"mend-access_token": "pat-na1-a-new-one"}, follow=True)
    assert state_of(run) == "pending"
    assert b"pat-na1-a-new-one" not in answer.content


def test_a_wrong_address_is_corrected_and_the_run_begins_again(client: Client, make_run: MakeRun) -> None:
    run = make_run("done", outcome="screened", reason="The e-mail address is not valid.")
    assert 'name="mend-email"' in client.get(address(run)).content.decode()
    assert b"is not an e-mail address" in client.post(address(run, "mend"), {"mend-email": "mara@"}).content
    answer = client.post(address(run, "mend"), {"mend-email": "mara@right.example"}, follow=True)
    again = WorkflowRun.objects.get(again_of=run)
    assert answer.redirect_chain[-1][0] == address(again)
    assert again.lead is not None
    assert again.lead.email == "mara@right.example"
    assert Submission.objects.get(pk=run.submission_id).payload["fields"]["email"] == "mara@right.example"


def test_what_a_dead_run_was_given_can_be_corrected_though_nothing_blames_it(client: Client, make_run: MakeRun) -> None:
    run = make_run("dead", error_kind="ZeroDivisionError", error="division by zero")
    page = client.get(address(run)).content.decode()
    assert "Correct it, and start again" in page
    assert "mend it below" not in page
    client.post(address(run, "mend"), {"mend-email": "mara@right.example", "mend-firstname": "Maria"})
    again = WorkflowRun.objects.get(again_of=run)
    assert again.submission.payload["fields"]["firstname"] == "Maria"
    assert "Correct it, and start again" not in client.get(address(run)).content.decode()


def test_of_a_contact_that_hubspot_told_of_nothing_is_kept_that_could_be_corrected(
    client: Client, make_run: MakeRun
) -> None:
    run = make_run("dead", error_kind="ZeroDivisionError", error="division by zero")
    Submission.objects.filter(pk=run.submission_id).update(source="event")
    assert "Correct it, and start again" not in client.get(address(run)).content.decode()


def test_what_an_earlier_version_kept_and_this_one_cannot_read_is_not_asked_for(
    client: Client, make_run: MakeRun
) -> None:
    run = make_run("done", outcome="screened", reason="The e-mail address is not valid.")
    Submission.objects.filter(pk=run.submission_id).update(payload={"fields": ["mara@"]})
    assert 'name="mend-email"' not in client.get(address(run)).content.decode()
    answer = client.post(address(run, "mend"), {"mend-email": "mara@right.example"}, follow=True)
    assert b"there is nothing to mend any more" in answer.content


@pytest.mark.parametrize("lacks", ["change_workspace", "retry_run"])
def test_mending_takes_the_rights_to_all_that_it_does(as_staff: AsStaff, make_run: MakeRun, lacks: str) -> None:
    run = make_run("waiting", **NO_SENDER)
    rights = {READ, "change_workspace", "retry_run"}
    client = as_staff(*(rights - {lacks}))
    assert b"mend-sender_email" not in client.get(address(run)).content
    assert client.post(address(run, "mend"), {"mend-sender_email": "a@b.example"}).status_code == 403
    assert b"mend-sender_email" in as_staff(*rights).get(address(run)).content


def test_a_run_that_has_moved_on_has_nothing_to_mend(client: Client, make_run: MakeRun) -> None:
    page = client.post(address(make_run("pending", **NO_SENDER), "mend"), {}, follow=True).content.decode()
    assert "there is nothing to mend any more" in page


# Many at once


def choose(client: Client, action: str, *runs: WorkflowRun) -> Any:
    return client.post(LIST, {"action": action, ACTION_CHECKBOX_NAME: [run.pk for run in runs]})


def test_what_would_happen_is_said_before_anything_does(client: Client, make_run: MakeRun) -> None:
    runs = [make_run(state) for state in ("dead", "dead", "waiting", "done", "pending")]
    page = choose(client, "retry_selected", *runs)
    plan = page.context["plan"]
    assert plan.possible == [("Dead", 2), ("Waiting", 1)]
    assert [number for _, number in plan.refused] == [1, 1]
    assert "3 runs will be retried" in page.content.decode()
    assert "only dead, cancelled or waiting runs can be retried" in page.content.decode()
    assert [state_of(run) for run in runs] == ["dead", "dead", "waiting", "done", "pending"]


def test_a_run_that_was_started_again_and_one_that_is_approved_are_left_alone(
    client: Client, make_run: MakeRun, make_draft: Callable[..., Draft]
) -> None:
    approved, dead = make_draft(status="approved").run, make_run("dead")
    client.post(address(dead, "restart"))
    plan = choose(client, "restart_selected", approved, dead).context["plan"]
    assert plan.ids == []
    assert {why.partition(":")[0] for why, _ in plan.refused} == {
        "was started again already",
        "the draft is approved",
    }


def test_a_piece_is_done_and_each_refusal_is_told(client: Client, make_run: MakeRun) -> None:
    dead, done = make_run("dead"), make_run("done")
    answer = client.post(BULK, {"act": "retry", "id": [dead.pk, done.pk]}, headers=FETCH).json()
    assert answer["done"] == 1
    assert f"Run {done.pk} is done" in answer["refused"][0]
    assert (state_of(dead), state_of(done)) == ("pending", "done")


def test_without_a_script_all_pieces_are_done_at_once(
    client: Client, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    runs = [make_run("waiting") for _ in range(5)]
    sent = {"act": "cancel", "id": [run.pk for run in runs], "reason": "No longer wanted"}
    page = client.post(BULK, sent, follow=True).content.decode()
    assert "5 cancelled; 0 refused." in page
    assert {state_of(run) for run in runs} == {"cancelled"}
    assert set(WorkflowRun.objects.values_list("reason", flat=True)) == {"No longer wanted"}


@pytest.mark.parametrize(
    "sent",
    [
        {"act": "explode", "id": "1"},
        {"act": "retry", "id": "x"},
        {"id": "1"},
        {"act": "cancel", "id": "1", "reason": " "},
        {"act": "discard", "id": "1"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(client: Client, sent: dict[str, str]) -> None:
    assert client.post(BULK, sent).status_code == 400


@pytest.mark.parametrize("act", [act.value for act in bulk.Act if act is not bulk.Act.RELEASE])
def test_many_at_once_take_the_same_right_as_one(as_staff: AsStaff, make_run: MakeRun, act: str) -> None:
    states = {"cancel": "waiting", "override": "done"}
    screened = {"outcome": "screened", "screened_by": "vendor"} if act == "override" else {}
    run = make_run(states.get(act, "dead"), **screened)
    sent = {"act": act, "id": run.pk, "reason": "x"}
    assert as_staff(READ).post(BULK, sent).status_code == 403
    right = bulk.Act(act).right.removeprefix("leads.")
    assert as_staff(right).post(BULK, sent).status_code == 403
    before = state_of(run)
    choose(as_staff(READ), f"{act}_selected", run)
    assert state_of(run) == before
    assert as_staff(READ, right).post(BULK, sent).status_code == 302
    assert state_of(run) != before or WorkflowRun.objects.filter(again_of=run).exists()


def screened_out(make_run: MakeRun, rule: Rule = Rule.VENDOR) -> WorkflowRun:
    return make_run("done", outcome="screened", screened_by=rule, reason=rule.reason)


def test_a_screened_run_says_why_and_one_click_drafts_it_anyway(client: Client, make_run: MakeRun) -> None:
    run = screened_out(make_run)
    page = client.get(address(run)).content.decode()
    assert "Screened out: Vendors" in page
    assert run.reason in page
    answer = client.post(address(run, "override"))
    again = WorkflowRun.objects.get(again_of=run)
    assert answer["Location"] == address(again)
    assert again.waived_by
    assert "Screened out: Vendors" not in client.get(address(run)).content.decode()


def test_whoever_may_change_settings_can_exempt_the_lead_in_the_same_click(
    client: Client, as_staff: AsStaff, make_run: MakeRun
) -> None:
    run = screened_out(make_run)
    who = overrides.exemption(run)
    assert f"don’t screen {who} again" in client.get(address(run)).content.decode()
    assert as_staff(READ, "override_run").post(address(run, "override"), {"never_again": "on"}).status_code == 403
    client.post(address(run, "override"), {"never_again": "on"})
    assert Workspace.objects.get().never_screened == [who]


@pytest.mark.parametrize("rule", [Rule.OPTED_OUT, Rule.SUPPRESSED, Rule.LEFT_ALONE])
def test_no_click_writes_to_somebody_who_must_not_be_written_to(client: Client, make_run: MakeRun, rule: Rule) -> None:
    run = screened_out(make_run, rule)
    page = client.get(address(run)).content.decode()
    assert rule.firm in page
    assert "Draft anyway" not in page
    client.post(address(run, "override"))
    assert not WorkflowRun.objects.filter(again_of=run).exists()


def test_to_override_takes_a_right_and_a_post(client: Client, as_staff: AsStaff, make_run: MakeRun) -> None:
    run = screened_out(make_run)
    assert client.get(address(run, "override")).status_code == 405
    assert as_staff(READ).post(address(run, "override")).status_code == 403
    assert "takes the role Operator" in as_staff(READ).get(address(run)).content.decode()


def test_the_list_shows_the_runs_of_a_rule(client: Client, make_run: MakeRun) -> None:
    vendor, spam = screened_out(make_run), screened_out(make_run, Rule.SPAM)
    page = client.get("/admin/leads/workflowrun/", {"rule": "vendor"}).context["cl"]
    assert list(page.result_list) == [vendor]
    assert spam not in page.result_list


def test_many_at_once_take_a_post_and_a_csrf_token(boss: Any, client: Client, make_run: MakeRun) -> None:
    assert client.get(BULK).status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(boss)
    assert careful.post(BULK, {"act": "retry", "id": make_run("dead").pk}).status_code == 403


# What a step left


def test_what_a_step_left_can_be_had_as_stored(client: Client, rich_run: WorkflowRun) -> None:
    answer = client.get(address(rich_run, "raw/create_draft"))
    assert answer.json()["step"]["result"] == "<marker@northwind.example>"
    assert answer.json()["effects"][0]["kind"] == "create_draft"
    assert client.get(address(rich_run, "raw/no_such_step")).json() == {}


def test_what_a_step_left_is_for_those_who_may_see_runs(as_staff: AsStaff, rich_run: WorkflowRun) -> None:
    assert as_staff("view_lead").get(address(rich_run, "raw/create_draft")).status_code == 403


def test_links_to_the_vendors_open_beside_and_only_where_they_are_known(
    client: Client, make_run: MakeRun, make_draft: Callable[..., Draft], workspace: Workspace
) -> None:
    run = make_draft(gmail_message_id="19a0").run
    page = client.get(address(run)).content.decode()
    assert "https://mail.google.com/mail/u/?authuser=clara%40northwind.example#drafts/19a0" in page
    assert "app.hubspot.com" not in page
    Workspace.objects.filter(pk=workspace.pk).update(portal_id="4242")
    run.lead.__class__.objects.filter(pk=run.lead_id).update(hubspot_contact_id="71")
    page = client.get(address(run)).content.decode()
    assert 'href="https://app.hubspot.com/contacts/4242/record/0-1/71"' in page
    assert page.count('target="_blank"') == page.count('rel="noopener"')


def test_steps_say_what_they_were_given(client: Client, rich_run: WorkflowRun) -> None:
    page = client.get(address(rich_run)).content.decode()
    assert 'href="#step-validate_submission"' in page
    assert 'href="#step-plan_next_step"' in page
    assert reverse("admin:replay") + f"?run={rich_run.pk}" in page
