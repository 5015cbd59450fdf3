"""What operators see of withheld writes, and how they release them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from leads.models import Draft, Effect, WorkflowRun, Workspace

AsStaff = Callable[..., Client]
MakeRun = Callable[..., WorkflowRun]
LIST = "/admin/leads/workflowrun/"
WITHHELD = f"{LIST}?writes=withheld"
READ = "view_workflowrun"


@pytest.fixture
def run(
    make_run: MakeRun, make_draft: Callable[..., Draft], add_effect: Callable[..., Effect], settings: Any
) -> WorkflowRun:
    """Done, with one write withheld; the locks are open by now."""
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    found = make_run("done")
    make_draft(found)
    add_effect(found, "resolve_contact", "create_contact", withheld="the workspace is DRAFT_ONLY")
    return found


def page_of(client: Client, run: WorkflowRun) -> str:
    return client.get(f"{LIST}{run.pk}/change/").content.decode()


def release(run: WorkflowRun) -> str:
    return f"{LIST}{run.pk}/release/"


def test_the_page_of_a_run_says_what_is_withheld_and_releases_it(client: Client, run: WorkflowRun) -> None:
    page = page_of(client, run)
    assert "1 write withheld" in page
    assert "create contact." in page
    answer = client.post(release(run), follow=True).content.decode()
    assert f"Run {run.pk} is released" in answer
    assert "Released; a worker takes it when one is free." in answer
    run.refresh_from_db()
    assert run.state == "pending"


def test_a_closed_lock_is_named_and_there_is_no_button(client: Client, run: WorkflowRun) -> None:
    Workspace.objects.update(draft_only=True)
    page = page_of(client, run)
    assert "Can’t be released: the workspace is DRAFT_ONLY." in page
    assert release(run) not in page
    assert "the workspace is DRAFT_ONLY" in client.post(release(run), follow=True).content.decode()
    run.refresh_from_db()
    assert run.state == "done"


def test_a_run_with_nothing_withheld_says_nothing_of_it(client: Client, run: WorkflowRun) -> None:
    Effect.objects.update(state="done")
    assert "withheld</strong>" not in page_of(client, run)


def test_releasing_takes_the_right_to_it(as_staff: AsStaff, run: WorkflowRun) -> None:
    reader = as_staff(READ, "retry_run")
    page = page_of(reader, run)
    assert release(run) not in page
    assert "Releasing takes the role Operator or Manager." in page
    assert reader.post(release(run)).status_code == 403
    assert reader.post(f"{LIST}bulk/", {"act": "release", "id": [run.pk]}).status_code == 403
    assert as_staff(READ, "release_run").get(release(run)).status_code == 405
    assert as_staff(READ, "release_run").post(release(run)).status_code == 302


def test_the_list_finds_them_and_releases_many(client: Client, run: WorkflowRun, make_run: MakeRun) -> None:
    other = make_run("done", email="other@bright.example")
    page = client.get(WITHHELD).content.decode()
    assert f"{LIST}{run.pk}/change/" in page
    assert f"{LIST}{other.pk}/change/" not in page
    chosen = {"action": "release_selected", ACTION_CHECKBOX_NAME: [run.pk, other.pk]}
    plan = client.post(LIST, chosen).content.decode()
    assert "1 run will be released" in plan
    assert "1 will be left alone: nothing of it is withheld" in plan
    answer = client.post(f"{LIST}bulk/", {"act": "release", "id": [run.pk]}, follow=True).content.decode()
    assert "1 released; 0 refused." in answer


def test_whoever_turns_draft_only_off_is_told_what_is_withheld_and_where(client: Client, run: WorkflowRun) -> None:
    Workspace.objects.update(draft_only=True)
    switch = f"/admin/leads/workspace/{run.workspace_id}/draft-only/"
    before = client.get(switch).content.decode()
    assert "1 run has planned writes that were withheld. They stay planned" in before
    answer = client.post(switch, {"turn": "off", "phrase": "SEND", "reason": "Go."}, follow=True).content.decode()
    assert "1 run has planned writes that were withheld." in answer
    assert f"?writes=withheld&amp;workspace__id__exact={run.workspace_id}" in answer
