"""The first steps tick themselves, and a test lead comes in as HubSpot's do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from leads import guide, workspaces
from leads.models import Delivery, Draft, Event, Submission, Workspace
from tests.conftest import SECRET
from tests.leads.driving import drive_to_the_end

PAGE = "/admin/guide/test-lead/"
LEAD = {"email": "olga@gmail.com", "first_name": "Olga", "message": "What does it cost for twelve?"}


@pytest.fixture
def empty(db: None, settings: Any) -> Workspace:
    """A workspace that nobody has touched."""
    settings.HUBSPOT_CLIENT_SECRET = settings.HUBSPOT_ACCESS_TOKEN = settings.GOOGLE_CREDENTIALS = ""
    return Workspace.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


def done() -> list[bool]:
    found = guide.guide()
    assert found is not None
    return [step.is_done for step in found.steps]


def test_an_empty_installation_has_everything_before_it(client: Client, empty: Workspace) -> None:
    assert done() == [False] * 6
    home = client.get("/admin/").content.decode()
    assert "First steps" in home
    assert "0 of 6 done" in home
    found = guide.guide()
    assert found is not None
    for step in found.steps:
        assert client.get(step.address, follow=True).status_code == 200, step.title


def test_each_step_ticks_itself_and_the_whole_goes_away(
    client: Client, boss: User, workspace: Workspace, box: Any
) -> None:
    assert done() == [True, True, True, True, False, False]
    client.post(PAGE, LEAD)
    assert done() == [True, True, True, True, True, False]
    run = Delivery.objects.get().submissions.get().runs.get()
    drive_to_the_end(run)
    draft = Draft.objects.get(run=run)
    assert draft.recipient == LEAD["email"]
    Draft.objects.filter(pk=draft.pk).update(reviewed_at=timezone.now(), reviewed_by=boss)
    assert guide.guide() is None
    assert "First steps" not in client.get("/admin/").content.decode()


def test_the_first_draft_is_reviewed_on_the_review_page(client: Client, empty: Workspace) -> None:
    found = guide.guide()
    assert found is not None
    assert found.steps[-1].address == "/admin/review/"


def test_what_a_command_brought_is_no_test_lead(workspace: Workspace, make_run: Callable[..., Any], box: Any) -> None:
    run = make_run("done")
    Submission.objects.update(source="command")
    assert done()[4] is False
    Submission.objects.filter(pk=run.submission_id).update(source="event")
    assert done()[4] is True


def test_once_complete_it_costs_no_query(
    make_draft: Callable[..., Draft], box: Any, django_assert_num_queries: Any
) -> None:
    make_draft(reviewed_at=timezone.now())
    assert guide.guide() is None
    with django_assert_num_queries(0):
        assert guide.guide() is None


def test_before_that_it_costs_few(workspace: Workspace, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        guide.guide()


def test_a_test_lead_is_signed_draft_only_and_audited(client: Client, workspace: Workspace, box: Any) -> None:
    answer = client.post(PAGE, LEAD)
    delivery = Delivery.objects.get()
    submission = delivery.submissions.get()
    run = submission.runs.get()
    assert answer.headers["Location"] == f"/admin/leads/workflowrun/{run.pk}/change/"
    assert (delivery.signature, delivery.verdict) == ("v3", "accepted")
    assert submission.draft_only
    event = Event.objects.get(kind="test_lead_sent")
    assert (event.actor, event.run_id, event.facts) == ("olga", run.pk, {})


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"email": "olga@northwind.example"}, "northwind.example is your own domain"),
        ({"email": "olga"}, "Enter a valid email address"),
        ({"message": ""}, "This field is required"),
    ],
)
def test_what_would_get_no_draft_is_explained(
    client: Client, workspace: Workspace, box: Any, entered: dict[str, str], said: str
) -> None:
    page = client.post(PAGE, LEAD | entered)
    assert said in page.content.decode()
    assert not Delivery.objects.exists()


def test_a_step_that_is_missing_is_named(client: Client, workspace: Workspace, settings: Any) -> None:
    settings.HUBSPOT_CLIENT_SECRET = ""
    assert b"Connect HubSpot first" in client.post(PAGE, LEAD).content
    settings.HUBSPOT_CLIENT_SECRET = SECRET
    for form in workspace.forms.all():
        workspaces.change_form(form, {"enabled": False}, actor="olga")
    assert b"Allow one first" in client.post(PAGE, LEAD).content


def test_a_test_lead_takes_the_right_to_change_settings(as_staff: Callable[..., Client], workspace: Workspace) -> None:
    assert as_staff("view_workspace").get(PAGE).status_code == 403
    assert as_staff("change_workspace").get(PAGE).status_code == 200
