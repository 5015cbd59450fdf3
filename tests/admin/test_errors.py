"""The Errors page, its groups, and the dead letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import causes, letters, timeline
from leads.models import ErrorGroup, Event, StepRun, WorkflowRun, Workspace

MakeRun = Callable[..., WorkflowRun]
AsStaff = Callable[..., Client]
LIST = "/admin/errors/"
LETTERS = "/admin/errors/letters/"
ACT = "/admin/errors/letters/act/"
SEE = "view_workflowrun"
CAUSE = {"error": "Transient", "step": "create_draft", "service": "gmail"}
FAILED = {
    "error_kind": "Transient",
    "failed_step": "create_draft",
    "failed_service": "gmail",
    "error": "gmail said 503",
}


@pytest.fixture
def fail(make_run: MakeRun) -> MakeRun:
    """A run that failed, with the event that the engine leaves."""

    def make(state: str = "dead", *, times: int = 1, **fields: Any) -> WorkflowRun:
        fields = FAILED | ({"finished_at": timezone.now()} if state == "dead" else {}) | fields
        run = make_run(state, **fields)
        facts = {"error": run.error_kind, "step": run.failed_step, "service": run.failed_service}
        for _ in range(times):
            Event.objects.create(kind="run_died", workspace=run.workspace, run=run, facts=facts)
        return run

    return make


@pytest.fixture
def group(workspace: Workspace) -> str:
    return f"{LIST}{workspace.pk}/Transient/create_draft/gmail/"


def text(page: Any) -> str:
    assert page.status_code == 200
    return page.content.decode()


def queries(client: Client, address: str) -> int:
    """How many the page takes; what a process remembers for a moment may be asked for once more."""
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            text(client.get(address))
        counts.append(len(captured))
    return min(counts)


def state_of(run: WorkflowRun) -> str:
    return WorkflowRun.objects.get(pk=run.pk).state


def test_the_page_groups_failures_by_cause_and_says_whom_they_hit(client: Client, fail: MakeRun, group: str) -> None:
    run = fail(times=3)
    fail(email="jonas@fjord.example", failed_step="", failed_service="", error_kind="NoProgress")
    page = text(client.get(LIST))
    assert group in page
    assert "Put the draft into the mailbox · gmail" in page
    assert "gmail said 503" in page
    assert f"/admin/leads/workflowrun/{run.pk}/change/" in page
    assert "before the first step" in page
    assert page.count("Failures a day in the last 14 days") == 2


def test_with_nothing_to_show_each_tab_says_what_to_expect(client: Client, workspace: Workspace) -> None:
    assert "Nothing fails" in text(client.get(LIST))
    assert "Nothing is muted" in text(client.get(LIST, {"tab": "muted"}))
    assert "Nothing is resolved" in text(client.get(LIST, {"tab": "resolved"}))
    assert "No dead letters" in text(client.get(LETTERS))


def test_filters_are_in_the_address(client: Client, fail: MakeRun, group: str) -> None:
    fail()
    fail(failed_step="find_assets", failed_service="drive")
    assert text(client.get(LIST)).count("sa-errors__group") == 2
    assert group in text(client.get(LIST, {"service": "gmail"}))
    assert group not in text(client.get(LIST, {"step": "find_assets"}))
    assert "Nothing fits these filters" in text(client.get(LIST, {"assignee": "12345"}))
    for junk in ("'", "a/b,c:d", "\x00", "é" * 300):
        text(client.get(LIST, {"tab": junk, "service": junk, "workspace": junk}))


def test_the_pages_take_as_many_queries_for_many_rows_as_for_few(client: Client, fail: MakeRun, group: str) -> None:
    fail()
    few = [queries(client, address) for address in (LIST, group, LETTERS)]
    for number in range(12):
        fail(email=f"lead{number}@company.example")
        fail("waiting", email=f"lead{number}@company.example", failed_step=f"step_{number}")
    assert [queries(client, address) for address in (LIST, group, LETTERS)] == few
    assert few <= [14, 14, 10]


def test_a_group_says_what_to_do_and_lists_whom_it_hit(client: Client, fail: MakeRun, group: str) -> None:
    run = fail(times=2)
    page = text(client.get(group))
    assert "Nothing to do while the run waits; once dead, Retry" in page
    assert f"/admin/leads/workflowrun/{run.pk}/change/" in page
    assert "1 prospect, 1 run" in page


def test_a_cause_that_can_be_mended_here_leads_to_where(client: Client, fail: MakeRun, workspace: Workspace) -> None:
    run = fail(error_kind="ConnectionBroken", failed_step="", failed_service="hubspot", error="hubspot said 401")
    page = text(client.get(f"{LIST}{workspace.pk}/ConnectionBroken/-/hubspot/"))
    assert "every step" in page
    assert "HubSpot refuses the token." in page
    assert f"Mend it on the page of Run {run.pk}" in page


@pytest.mark.parametrize("step", ["", "retry/"])
def test_a_group_that_nobody_knows_is_not_found(client: Client, workspace: Workspace, step: str) -> None:
    for junk in ("1/Transient/-/-/", "999999999999999999999999/a/b/c/", "1/%00/%00/%00/", "1/é/é/é/"):
        assert client.get(LIST + junk + step).status_code == 404
    assert client.post(f"{LIST}1/Transient/-/-/resolve/").status_code == 404
    assert not ErrorGroup.objects.exists()


def test_muting_assigning_resolving_and_reopening(client: Client, fail: MakeRun, group: str, boss: User) -> None:
    fail()
    client.post(f"{group}mute/", {"for": "1d"})
    assert group in text(client.get(LIST, {"tab": "muted"}))
    assert group not in text(client.get(LIST))
    assert "Muted until" in text(client.get(group))
    client.post(f"{group}mute/", {"for": "ever"})
    assert "Muted for ever" in text(client.get(group))
    client.post(f"{group}mute/", {"for": ""})
    assert "Muted" not in text(client.get(group))
    client.post(f"{group}assign/", {"to": boss.pk})
    assert "olga" in text(client.get(LIST, {"assignee": boss.pk}))
    client.post(f"{group}resolve/")
    assert group in text(client.get(LIST, {"tab": "resolved"}))
    client.post(f"{group}reopen/")
    client.post(f"{group}resolve/")
    fail()
    assert "Came back" in text(client.get(LIST))
    assert "It came back." in text(client.get(group))
    assert set(Event.objects.filter(actor="olga").values_list("kind", flat=True)) == {
        *("error_muted", "error_unmuted", "error_assigned", "error_resolved", "error_reopened")
    }


def test_retrying_a_group_says_first_what_it_will_do(client: Client, fail: MakeRun, group: str) -> None:
    dead, waiting, other = fail(), fail("waiting"), fail(failed_service="")
    page = text(client.get(f"{group}retry/"))
    assert "the 1 dead" in page
    assert "the 1 waiting" in page
    assert state_of(dead) == "dead"
    answer = client.post(f"{group}retry/", {"states": ["dead"]}, follow=True)
    assert "1 run(s) go on now." in text(answer)
    assert [state_of(run) for run in (dead, waiting, other)] == ["pending", "waiting", "dead"]
    client.post(f"{group}retry/", {"states": ["dead", "waiting"]})
    assert state_of(waiting) == "pending"
    assert "there is nothing to retry" in text(client.get(f"{group}retry/"))


def test_looking_takes_the_permission_to_see_runs(as_staff: Callable[..., Client], fail: MakeRun, group: str) -> None:
    fail()
    for address in (LIST, group, LETTERS):
        assert as_staff().get(address).status_code == 403
        assert as_staff(SEE).get(address).status_code == 200
    assert Client().get(LIST).status_code == 302


def test_each_action_takes_its_permission(as_staff: Callable[..., Client], fail: MakeRun, group: str) -> None:
    run = fail()
    reader = as_staff(SEE)
    page = text(reader.get(group))
    assert "<button" not in page.split('id="content"')[1].split("sa-toasts")[0]
    for action in ("mute/", "assign/", "resolve/", "reopen/", "retry/"):
        assert reader.post(group + action).status_code == 403
    for action in ("retry", "again", "discard"):
        assert reader.post(ACT, {"action": action, "run": run.pk}).status_code == 403
    assert as_staff(SEE, "triage_errorgroup").post(f"{group}resolve/").status_code == 302
    assert as_staff(SEE, "retry_run").post(f"{group}retry/", {"states": "dead"}).status_code == 302
    assert state_of(run) == "pending"


def test_nothing_is_changed_by_following_a_link(client: Client, fail: MakeRun, group: str) -> None:
    fail()
    for action in ("mute/", "assign/", "resolve/", "reopen/"):
        assert client.get(group + action).status_code == 405
    assert client.get(ACT).status_code == 405


def test_dead_letters_say_who_where_why_and_what_to_do(client: Client, fail: MakeRun) -> None:
    run = fail()
    page = text(client.get(LETTERS))
    for shown in ("Mara Okafor", "Bright Freight", "Contact sales", "Transient", "gmail said 503", "once dead, Retry"):
        assert shown in page
    assert f'value="{run.pk}"' in page


def test_dead_letters_are_retried_and_started_again(client: Client, fail: MakeRun) -> None:
    first, second, third = fail(), fail(), fail("waiting")
    answer = client.post(ACT, {"action": "retry", "run": [first.pk], "next": LETTERS}, follow=True)
    assert "1 run(s) go on now" in text(answer)
    client.post(ACT, {"action": "again", "run": [second.pk, third.pk, "junk", ""]})
    assert [state_of(run) for run in (first, second, third)] == ["pending", "dead", "waiting"]
    assert WorkflowRun.objects.get(again_of=second).state == "pending"
    assert "No dead letters" in text(client.get(LETTERS))


def test_discarding_asks_for_a_reason(client: Client, fail: MakeRun) -> None:
    first, second, kept = fail(), fail(), fail()
    asked = {"action": "discard", "run": [first.pk, second.pk], "next": LETTERS}
    page = text(client.post(ACT, asked))
    assert "Discard these runs" in page
    assert state_of(first) == "dead"
    answer = client.post(ACT, asked | {"reason": "Tests of ours."}, follow=True)
    assert "2 run(s) discarded" in text(answer)
    assert [state_of(run) for run in (first, second, kept)] == ["cancelled", "cancelled", "dead"]
    assert Event.objects.filter(kind="run_discarded", actor="olga").count() == 2


def test_dead_letters_say_how_far_they_got_and_where_they_broke(client: Client, fail: MakeRun) -> None:
    run = fail(trace="connectors.errors.Transient\n  leads/steps.py:12 search_threads")
    StepRun.objects.filter(run=run).delete()
    for name, minute in (("validate_submission", 1), ("resolve_contact", 2)):
        at = timezone.now() + timedelta(minutes=minute)
        StepRun.objects.create(run=run, name=name, state="done", attempt=1, result={}, started_at=at, finished_at=at)
    good = timeline.title_of("resolve_contact")
    for page in (text(client.get(LETTERS)), text(client.get(f"/admin/leads/workflowrun/{run.pk}/change/"))):
        assert f"“{good}”" in page
        assert "leads/steps.py:12 search_threads" in page


def test_all_that_died_of_one_cause_are_discarded_with_a_reason(
    client: Client, as_staff: AsStaff, fail: MakeRun, group: str
) -> None:
    first, second, waits = fail(), fail(), fail("waiting")
    assert f"{group}discard/" in text(client.get(group))
    page = text(client.get(f"{group}discard/"))
    assert "2 runs will be discarded" in page
    assert 'name="reason"' in page
    sent = {"act": "discard", "id": [first.pk, second.pk, waits.pk], "reason": "Tests of ours."}
    assert "2 discarded; 1 refused" in text(client.post("/admin/leads/workflowrun/bulk/", sent, follow=True))
    assert [state_of(run) for run in (first, second, waits)] == ["cancelled", "cancelled", "waiting"]
    assert set(WorkflowRun.objects.filter(state="cancelled").values_list("reason", flat=True)) == {"Tests of ours."}
    assert as_staff("view_workflowrun").get(f"{group}discard/").status_code == 403


def test_an_action_that_is_none_is_refused_and_no_redirect_leads_away(client: Client, fail: MakeRun) -> None:
    run = fail()
    assert client.post(ACT, {"action": "delete", "run": run.pk}).status_code == 400
    answer = client.post(ACT, {"action": "retry", "run": run.pk, "next": "https://evil.example/"})
    assert answer["Location"] == LETTERS


def test_older_dead_letters_are_on_the_next_page(
    client: Client, fail: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "SIZE", 2)
    noon = timezone.now()
    made = [fail(finished_at=noon - timedelta(hours=hour // 2)) for hour in range(5)]
    seen, before = [], ""
    for _ in range(3):
        page = letters.letters(before=before)
        seen += [letter.run.pk for letter in page.rows]
        before = page.older
    assert before == ""
    assert sorted(seen) == sorted(run.pk for run in made)
    assert text(client.get(LETTERS, {"before": letters.letters().older})).count('name="run"') == 2
    for junk in ("x", "2026-01-01~1", "2026-99-99T00:00:00Z~1", "~", "\x00~1"):
        text(client.get(LETTERS, {"before": junk}))


def test_several_workspaces_are_told_apart(client: Client, fail: MakeRun, workspace: Workspace) -> None:
    fail()
    assert "Workspace" not in text(client.get(LETTERS)).split('id="content"')[1]
    other = Workspace.objects.create(name="Other", slug="other")
    Event.objects.create(kind="run_died", workspace=other, facts=CAUSE)
    assert "Other" in text(client.get(LIST))
    assert text(client.get(LIST, {"workspace": other.pk})).count("sa-errors__group") == 1
    assert "No dead letters" in text(client.get(LETTERS, {"workspace": other.pk}))
    assert {problem.cause.workspace_id for problem in causes.problems()} == {workspace.pk, other.pk}


@pytest.mark.parametrize("page", ["", "retry/", "discard/"])
def test_an_address_that_names_no_error_is_not_found(client: Client, page: str) -> None:
    assert client.get(f"/admin/errors/1/%00/-/-/{page}").status_code == 404
