"""The replay lab's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leads.facts import Intent
from leads.models import Event, WorkflowRun, Workspace
from leads.northwind import ANSWERS
from tests.leads.driving import calls, drive_to_the_end, take_in

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def run(box: Any, lead: Make, workspace: Workspace) -> WorkflowRun:
    return drive_to_the_end(take_in(lead(), workspace))


def lab(run: WorkflowRun | str = "", **asked: Any) -> str:
    number = run.pk if isinstance(run, WorkflowRun) else run
    query = "&".join(f"{name}={value}" for name, value in {"run": number, **asked}.items())
    return f"{reverse('admin:replay')}?{query}"


def voice(workspace: Workspace, **changes: str) -> dict[str, str]:
    said = {
        "write_with": "",
        "greeting": workspace.greeting,
        "closing": workspace.closing,
        "signature": workspace.signature,
        "tone": "plain",
        "language": "en",
        "banned_phrases": "",
        "meeting_minutes": str(workspace.meeting_minutes),
        "link_domains": "\n".join(workspace.link_domains),
        "known_names": "\n".join(workspace.known_names),
    }
    return said | {f"answer_{intent}": ANSWERS.get(intent, "") for intent in Intent} | changes


def test_at_first_both_letters_are_the_same(client: Client, run: WorkflowRun) -> None:
    page = client.get(lab(run))
    assert page.status_code == 200
    assert "The same letter, word for word." in page.content.decode()
    assert "<mark>" not in page.content.decode()
    assert not Event.objects.filter(kind="run_replayed").exists()


def test_another_voice_is_marked_in_both_and_kept_nowhere_but_in_the_audit(
    client: Client, run: WorkflowRun, workspace: Workspace, box: Any
) -> None:
    asked = calls(box)
    page = client.post(lab(run), voice(workspace, closing="Yours faithfully,")).content.decode()
    assert "<mark>Yours faithfully</mark>" in page
    assert "<mark>Best regards</mark>" in page
    told = Event.objects.get(kind="run_replayed")
    assert (told.run_id, told.actor, told.facts) == (
        run.pk,
        "olga",
        {"settings_of": workspace.pk, "changed": ["banned_phrases", "closing"]},
    )
    workspace.refresh_from_db()
    assert workspace.closing == "Best regards,"
    assert calls(box) == asked


def test_a_check_that_fails_now_says_why(client: Client, run: WorkflowRun, workspace: Workspace) -> None:
    page = client.post(lab(run), voice(workspace, banned_phrases="Plans start at")).content.decode()
    assert "Banned phrases" in page
    assert "“Plans start at”" in page


def test_another_template_set_can_be_tried(client: Client, run: WorkflowRun, workspace: Workspace) -> None:
    assert "templates en-direct" in client.post(lab(run), voice(workspace, write_with="en-direct")).content.decode()


def test_other_meetings_can_be_tried_while_the_times_that_were_found_stay(
    client: Client, run: WorkflowRun, workspace: Workspace
) -> None:
    page = client.post(lab(run), voice(workspace, meeting_minutes="75", known_names="Acme"))
    assert "75" in page.context["sides"][1]["letter"].body
    assert "the times that were free" in page.content.decode()
    assert Event.objects.get(kind="run_replayed").facts["changed"] == [
        "banned_phrases",
        "known_names",
        "meeting_minutes",
    ]


@pytest.mark.parametrize("term", ["mara", "okafor bright", "mara@brightfreight.example"])
def test_a_run_is_found_by_whom_it_was_for(client: Client, as_staff: Any, run: WorkflowRun, term: str) -> None:
    page = client.get(reverse("admin:replay"), {"run": term})
    assert page.context["found"] == [run]
    assert f"?run={run.pk}" in page.content.decode()
    blind = as_staff("view_workflowrun", "view_draft").get(reverse("admin:replay"), {"run": term})
    assert blind.context["found"] == []


def test_another_workspaces_settings_can_be_the_start_for_who_may_see_them(
    client: Client, as_staff: Any, run: WorkflowRun
) -> None:
    other = Workspace.objects.create(
        name="Southwind", slug="south", sender_email="sam@southwind.example", closing="Cheers,"
    )
    assert "Southwind" in client.get(lab(run, settings=other.pk)).context["sides"][1]["letter"].body
    blind = as_staff("view_workflowrun", "view_draft")
    assert "Southwind" not in blind.get(lab(run, settings=other.pk)).content.decode()


def test_what_is_entered_wrong_is_said(client: Client, run: WorkflowRun, workspace: Workspace) -> None:
    page = client.post(lab(run), voice(workspace, language="english", write_with="none"))
    assert page.status_code == 200
    assert b"Please mend what is marked" in page.content


def test_a_run_that_did_not_come_far_enough_says_so(client: Client, lead: Make, workspace: Workspace) -> None:
    page = client.get(lab(take_in(lead(), workspace))).content.decode()
    assert "be replayed" in page
    assert "did not come far enough" in page


def test_a_workspace_without_a_sender_says_so(client: Client, run: WorkflowRun, workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(sender_email="")
    assert "has no sender address" in client.get(lab(run)).content.decode()


@pytest.mark.parametrize("number", ["", "x", "-1", "99999999", "9" * 40, "1%00"])
def test_without_a_run_there_are_some_to_choose_from(client: Client, run: WorkflowRun, number: str) -> None:
    page = client.get(lab(number))
    assert page.status_code == 200
    assert f"?run={run.pk}" in page.content.decode()


def test_the_lab_is_for_those_who_may_see_runs_and_drafts(as_staff: Any, run: WorkflowRun) -> None:
    for rights in (("view_workflowrun",), ("view_draft",)):
        assert as_staff(*rights).get(lab(run)).status_code == 403
    assert as_staff("view_workflowrun", "view_draft").get(lab(run)).status_code == 200


def test_the_lab_asks_the_database_little(client: Client, run: WorkflowRun, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(15):
        client.get(lab(run))
