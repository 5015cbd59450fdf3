"""Every page renders, with data in every state, without a query per row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from leads.models import ApiCall, Delivery, Draft, Effect, Event, Lead, Submission, WorkflowRun, Workspace

NOUNS = ["apicall", "delivery", "draft", "effect", "event", "lead", "submission", "workflowrun", "workspace"]
READ_ONLY = [noun for noun in NOUNS if noun != "workspace"]
MODELS = {model.__name__.lower(): model for model in (ApiCall, Delivery, Draft, Effect, Event, Lead, Submission)}
JUNK = ["0", "999999999999999999999999", "abc", "-1", "%00", "1_2F2", "é"]


@pytest.mark.parametrize("noun", NOUNS)
def test_the_list_renders(client: Client, rich_run: WorkflowRun, noun: str) -> None:
    assert client.get(reverse(f"admin:leads_{noun}_changelist")).status_code == 200


@pytest.mark.parametrize("noun", NOUNS)
def test_any_search_is_answered(client: Client, rich_run: WorkflowRun, noun: str) -> None:
    for term in ["mara", "1", "9" * 19, "9" * 40, "run", "%", "'", '"', "\x00", "é" * 300]:
        assert client.get(reverse(f"admin:leads_{noun}_changelist"), {"q": term}).status_code == 200


@pytest.mark.parametrize(
    ("noun", "name"),
    [
        ("delivery", "verdict__exact"),
        ("delivery", "form_id"),
        ("workflowrun", "state__exact"),
        ("event", "actor"),
        ("apicall", "service"),
    ],
)
def test_a_filter_that_no_row_can_match_is_left_out(
    client: Client, rich_run: WorkflowRun, noun: str, name: str
) -> None:
    page = client.get(reverse(f"admin:leads_{noun}_changelist"), {name: "a\x00"}, follow=True)
    assert (page.status_code, page.request["QUERY_STRING"]) == (200, "")
    assert "a filter that can&#x27;t be read" in page.content.decode()


@pytest.mark.parametrize("noun", MODELS)
def test_the_page_of_one_renders_and_offers_no_change(client: Client, rich_run: WorkflowRun, noun: str) -> None:
    found = MODELS[noun].objects.first()
    assert found is not None
    page = client.get(reverse(f"admin:leads_{noun}_change", args=[found.pk]), follow=True)
    assert page.status_code == 200
    assert b'name="_save"' not in page.content


@pytest.mark.parametrize("state", ["pending", "running", "waiting", "done", "dead", "cancelled"])
def test_a_run_renders_in_every_state(client: Client, make_run: Callable[..., WorkflowRun], state: str) -> None:
    run = make_run(state)
    assert client.get(reverse("admin:leads_workflowrun_change", args=[run.pk])).status_code == 200
    assert client.get(reverse("admin:leads_workflowrun_changelist"), {"state__exact": state}).status_code == 200


@pytest.mark.parametrize("noun", NOUNS)
def test_a_page_of_nothing_is_not_found(client: Client, workspace: Workspace, noun: str) -> None:
    for junk in JUNK:
        for page in ("history/", "delete/"):
            assert client.get(f"/admin/leads/{noun}/{junk}/{page}").status_code in {403, 404}
        assert client.get(f"/admin/leads/{noun}/{junk}/change/").status_code == 404


@pytest.mark.parametrize(
    "page",
    [
        "workflowrun/{}/retry/",
        "workflowrun/{}/cancel/",
        "workspace/{}/draft-only/",
    ],
)
def test_our_own_pages_of_nothing_are_not_found(client: Client, workspace: Workspace, page: str) -> None:
    for junk in JUNK:
        assert client.post(f"/admin/leads/{page.format(junk)}").status_code == 404


@pytest.mark.parametrize("noun", READ_ONLY)
def test_nothing_is_added_changed_or_deleted_by_hand(client: Client, rich_run: WorkflowRun, noun: str) -> None:
    pk = rich_run.pk if noun == "workflowrun" else MODELS[noun].objects.latest("pk").pk
    assert client.get(reverse(f"admin:leads_{noun}_add")).status_code == 403
    assert client.post(reverse(f"admin:leads_{noun}_change", args=[pk]), {}).status_code in {403, 405}
    assert client.post(reverse(f"admin:leads_{noun}_delete", args=[pk]), {"post": "yes"}).status_code == 403


def test_a_workspace_is_not_deleted_in_the_admin(client: Client, workspace: Workspace) -> None:
    page = reverse("admin:leads_workspace_delete", args=[workspace.pk])
    assert client.post(page, {"post": "yes"}).status_code == 403
    assert Workspace.objects.filter(pk=workspace.pk).exists()


def test_the_list_of_runs_asks_as_much_for_thirty_runs_as_for_one(
    client: Client, make_run: Callable[..., WorkflowRun], add_step: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        run = make_run("waiting", email=f"lead{number}@bright.example")
        add_step(run, "resolve_contact")
    with django_assert_max_num_queries(14):
        page = client.get(reverse("admin:leads_workflowrun_changelist"))
    assert b"lead29@bright.example" in page.content


@pytest.mark.parametrize("noun", NOUNS)
def test_no_list_asks_per_row(
    client: Client, make_run: Any, make_draft: Any, add_effect: Any, django_assert_max_num_queries: Any, noun: str
) -> None:
    for number in range(12):
        run = make_run("done", email=f"lead{number}@bright.example")
        make_draft(run)
        add_effect(run, "create_draft", "create_draft")
        ApiCall.objects.create(workspace=run.workspace, run=run, service="gmail", endpoint="e", ms=1, at=run.created_at)
        Event.objects.create(kind="run_started", workspace=run.workspace, run=run)
    page = reverse(f"admin:leads_{noun}_changelist")
    client.get(page)  # what a process remembers for some seconds, as the health of everything, is not what is counted
    with django_assert_max_num_queries(16):
        assert client.get(page).status_code == 200


def test_the_page_of_a_run_asks_a_bounded_number_of_times(
    client: Client, rich_run: WorkflowRun, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(16):
        client.get(reverse("admin:leads_workflowrun_change", args=[rich_run.pk]))


def test_jobs_are_not_shown(client: Client) -> None:
    assert not [job for job in apps.get_app_config("django_q").get_models() if admin.site.is_registered(job)]
    assert b"django_q" not in client.get(reverse("admin:index")).content


def test_strangers_are_sent_to_the_login(rich_run: WorkflowRun) -> None:
    for page in ("", "change/", "cancel/"):
        answer = Client().get(f"/admin/leads/workflowrun/{rich_run.pk}/{page}", follow=True)
        assert answer.redirect_chain
        assert answer.request["PATH_INFO"] == "/admin/login/"
        assert b"mara" not in answer.content


def test_the_banner_says_that_the_deployment_is_draft_only(client: Client, workspace: Workspace) -> None:
    assert b"This deployment is DRAFT_ONLY" in client.get(reverse("admin:index")).content
    assert b"DRAFT_ONLY" not in Client().get(reverse("admin:login")).content


def test_the_banner_names_the_workspaces_that_write_outside(
    client: Client, workspace: Workspace, settings: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    assert b"DRAFT_ONLY is on" in client.get(reverse("admin:index")).content
    Workspace.objects.filter(pk=workspace.pk).update(draft_only=False, name="<Northwind>")
    assert b"DRAFT_ONLY is off for &lt;Northwind&gt;" in client.get(reverse("admin:index")).content
