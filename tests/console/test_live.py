"""What changes on a page without a reload: told soon, cheaply, and to nobody who may not see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads import audit, drafts
from leads.console import health, live
from leads.console.live import beat as pulse_now
from leads.heartbeat import beat, fall_silent
from leads.models import Event, WorkflowRun, Workspace
from leads.unsigned import keep


def poll(client: Client, version: str = "", regions: str = "", since: str = "") -> Any:
    return client.get(reverse("admin:live"), {"v": version, "r": regions, "since": since})


def fresh(client: Client, *arguments: str) -> Any:
    """As half a second later: the process asks for the version again."""
    live._versions.clear()
    return poll(client, *arguments)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version depends on events alone, not on the time or the speed of the test."""
    monkeypatch.setattr(live, "VERSION_FOR", 60.0)
    monkeypatch.setattr(live, "settled", lambda newest: 0)
    monkeypatch.setattr(live, "REFRESH", 10**12)


def test_nothing_is_answered_while_nothing_changed(client: Client, make_run: Any, frozen: None) -> None:
    audit.record("run_retried", make_run("dead").workspace, actor="anna")
    version = poll(client).json()["version"]
    assert fresh(client, version).status_code == 204


def test_an_event_brings_the_new_version_and_the_regions_that_were_asked_for(
    client: Client, make_run: Any, frozen: None
) -> None:
    run = make_run("dead")
    audit.record("run_retried", run.workspace, actor="anna")
    version = poll(client).json()["version"]
    audit.record("run_cancelled", run.workspace, actor="anna")
    answer = fresh(client, version, "home:7d.,home:nonsense,unknown,%00").json()
    assert answer["version"] != version
    assert set(answer["regions"]) == {"home:7d.", "home:nonsense"}
    assert "Mara Okafor" in answer["regions"]["home:7d."]


def test_a_page_is_drawn_again_for_a_while_after_an_event_and_then_rests() -> None:
    now = timezone.now()
    ages = [0, 1, 3, 5, 9, 14]
    assert [live.settled(now - timedelta(seconds=age)) for age in ages] == [0, 0, 1, 2, 3, 3]


def test_a_delivery_that_leaves_no_event_is_seen_too(client: Client, workspace: Workspace, frozen: None) -> None:
    version = poll(client).json()["version"]
    keep("The signature is wrong.", target="/webhook/formlead", headers={}, body=b"{}", size=2)
    assert fresh(client, version).json()["version"] != version


def test_a_worker_that_is_gone_is_seen_with_the_next_pulse(
    client: Client, workspace: Workspace, frozen: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "beat", pulse_now)  # which the tests of pages go without
    monkeypatch.setattr(live, "PULSES", [health.tones])
    beat("box:1", 2)
    version = poll(client).json()["version"]
    fall_silent("box:1")
    assert fresh(client, version).status_code == 204
    monkeypatch.setattr(live, "PULSE_FOR", 0.0)
    assert fresh(client, version).status_code == 200


def test_fifty_polls_of_one_process_ask_the_database_next_to_nothing(
    client: Client, make_run: Any, frozen: None, django_assert_max_num_queries: Any
) -> None:
    audit.record("run_retried", make_run("dead").workspace, actor="anna")
    version = poll(client).json()["version"]
    with django_assert_max_num_queries(2):
        for _ in range(50):
            assert poll(client, version).status_code == 204


def test_a_poll_after_a_change_draws_a_region_once_for_all_who_see_the_same(
    client: Client, make_run: Any, frozen: None, django_assert_num_queries: Any
) -> None:
    audit.record("run_retried", make_run("dead").workspace, actor="anna")
    first = poll(client, "", "home:7d.").json()
    with django_assert_num_queries(0):
        assert poll(client, "", "home:7d.").json()["regions"] == first["regions"]


def test_strangers_and_those_who_are_logged_out_get_nothing(client: Client, make_run: Any) -> None:
    make_run("done")
    assert poll(Client()).status_code == 403
    assert poll(client).status_code == 200
    client.logout()
    assert poll(client).status_code == 403


def test_a_person_without_a_session_that_was_good_is_not_taken_from_memory(
    client: Client, workspace: Workspace
) -> None:
    assert poll(client).status_code == 200
    other = Client()
    other.cookies["sessionid"] = "made-up"
    assert poll(other).status_code == 403


def test_regions_counts_and_news_are_kept_from_those_who_may_not_see_them(make_run: Any, make_draft: Any) -> None:
    run = make_run("dead")
    make_draft(make_run("done", email="b@b.example"))
    event = Event.objects.create(kind="run_died", workspace=run.workspace, run=run)
    clerk = User.objects.create_user("clerk", is_staff=True)
    client = Client()
    client.force_login(clerk)
    answer = poll(client, "", "home:7d.", str(event.pk - 1)).json()
    assert answer["regions"] == {}
    assert answer["counts"] == {}
    assert answer["news"] == []

    clerk.user_permissions.add(Permission.objects.get(codename="view_workflowrun"))
    live.forget()
    answer = poll(client, "", "home:7d.", str(event.pk - 1)).json()
    assert answer["counts"] == {"errors": 1}
    assert [item["text"] for item in answer["news"]] == [f"Run {run.pk} gave up and needs a person."]


def test_a_verdict_changes_the_count_of_drafts_to_review(
    client: Client, make_run: Any, make_draft: Any, frozen: None
) -> None:
    draft = make_draft(make_run("done"))
    assert poll(client).json()["counts"]["review"] == 1
    drafts.reject(draft, reason="no", by=User.objects.get(), version=draft.version)
    assert fresh(client).json()["counts"]["review"] == 0


@pytest.mark.parametrize("since", ["", "abc", "-1", "9" * 30, "é"])
def test_odd_parameters_are_answered(client: Client, workspace: Workspace, since: str) -> None:
    assert poll(client, "\x00", ",,:,home:", since).status_code == 200


def test_a_page_marks_its_regions_for_the_poller(
    client: Client, make_run: Callable[..., WorkflowRun], frozen: None
) -> None:
    make_run("running")
    assert 'data-live="home:7d."' in client.get(reverse("admin:index")).content.decode()


def test_a_poll_that_finds_nothing_new_needs_neither_session_nor_person(
    client: Client, make_run: Any, frozen: None, django_assert_num_queries: Any
) -> None:
    audit.record("run_retried", make_run("dead").workspace, actor="anna")
    version = poll(client).json()["version"]
    with django_assert_num_queries(1):  # the version itself
        assert fresh(client, version).status_code == 204
    assert fresh(Client(), version).status_code == 403


def test_somebody_who_is_deactivated_is_known_no_more_in_any_process(
    client: Client, make_run: Any, frozen: None
) -> None:
    run = make_run("dead")
    audit.record("run_retried", run.workspace, actor="anna")
    assert poll(client).status_code == 200
    User.objects.update(is_active=False)
    audit.record("person_deactivated", run.workspace, actor="anna", person=1)
    assert fresh(client).status_code == 403


def test_a_death_is_told_also_after_many_runs_that_are_no_news(client: Client, make_run: Any) -> None:
    run = make_run("dead")
    death = Event.objects.create(kind="run_died", workspace=run.workspace, run=run)
    for _ in range(6):
        Event.objects.create(kind="run_done", workspace=run.workspace, run=run, facts={"outcome": "screened"})
    told = poll(client, "", "", str(death.pk - 1)).json()["news"]
    assert [item["text"] for item in told] == [f"Run {run.pk} gave up and needs a person."]
