"""What came in, whatever it was, and what is on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from leads.models import Delivery, Event, Submission, WorkflowRun, Workspace

BODIES = [
    b"",
    b"\xff\xfe\x00",
    b"not json",
    b'{"a": "\\ud800"}',
    b'{"a": "\\u0000"}',
    b'{"n": ' + b"9" * 5000 + b"}",
    b"[" * 50_000,
    b"NaN",
    b"<script>alert(1)</script>",
    b"x" * 200_000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_any_body_is_shown(client: Client, workspace: Workspace, body: bytes) -> None:
    delivery = Delivery.objects.create(workspace=workspace, signature="v3", body=body, verdict="refused", reason="odd")
    page = client.get(f"/admin/leads/delivery/{delivery.pk}/change/")
    assert page.status_code == 200
    assert b"<script>alert(1)" not in page.content
    assert len(page.content) < 130_000


def test_a_json_body_is_indented_and_headers_and_items_are_listed(client: Client, workspace: Workspace) -> None:
    delivery = Delivery.objects.create(
        workspace=workspace,
        signature="v3",
        headers={"User-Agent": "HubSpot Connect"},
        body=b'{"formId":"abc"}',
        verdict="ignored",
        items=[{"verdict": "ignored", "reason": "not an allowed form", "run": None}],
    )
    page = client.get(f"/admin/leads/delivery/{delivery.pk}/change/").content.decode()
    assert "{\n  &quot;formId&quot;: &quot;abc&quot;\n}" in page
    assert "HubSpot Connect" in page
    assert "not an allowed form" in page


def test_a_delivery_links_its_runs(client: Client, make_run: Callable[..., WorkflowRun]) -> None:
    run = make_run("dead")
    page = client.get(f"/admin/leads/delivery/{run.submission.delivery_id}/change/").content.decode()
    assert f"/admin/leads/workflowrun/{run.pk}/change/" in page


def test_a_submission_whose_shape_has_changed_is_still_shown(
    client: Client, make_run: Callable[..., WorkflowRun]
) -> None:
    run = make_run("dead")
    Submission.objects.filter(pk=run.submission_id).update(payload={"colour": "green"})
    assert "green" in client.get(f"/admin/leads/submission/{run.submission_id}/change/").content.decode()


def test_a_lead_links_its_runs_and_drafts(client: Client, rich_run: WorkflowRun) -> None:
    page = client.get(f"/admin/leads/lead/{rich_run.lead_id}/change/").content.decode()
    assert f"/admin/leads/workflowrun/{rich_run.pk}/change/" in page
    assert "Re: Your question" in page


def test_an_event_outlives_what_it_points_to(client: Client) -> None:
    event = Event.objects.create(kind="run_done", run_id=987654, workspace_id=876543, facts={"outcome": "drafted"})
    page = client.get(f"/admin/leads/event/{event.pk}/change/").content.decode()
    assert "Run 987654 is done: drafted." in page
    assert client.get("/admin/leads/event/").status_code == 200


def test_events_are_filtered_by_kind_actor_and_run(client: Client, workspace: Workspace) -> None:
    Event.objects.create(kind="run_cancelled", workspace=workspace, actor="olga", run_id=7)
    Event.objects.create(kind="run_retried", workspace=workspace, actor="igor", run_id=8)
    for asked in ({"kind": "run_cancelled"}, {"actor": "olga"}, {"q": "7"}, {"run_id": "7"}, {"q": "olga"}):
        page = client.get("/admin/leads/event/", asked).content.decode()
        assert "olga cancelled run 7." in page
        assert "igor let run 8" not in page


def test_events_say_who_and_link_what_they_are_about(client: Client, workspace: Workspace) -> None:
    Event.objects.create(kind="draft_approved", workspace=workspace, actor="<olga>", run_id=7, facts={"draft": 3})
    page = client.get("/admin/leads/event/").content.decode()
    assert "&lt;olga&gt; approved draft 3." in page
    assert "/admin/leads/draft/3/change/" in page
    assert "/admin/leads/workflowrun/7/change/" in page


def test_the_filters_offer_every_kind_and_everybody(client: Client, workspace: Workspace) -> None:
    Event.objects.create(kind="run_cancelled", workspace=workspace, actor="olga", run_id=7)
    Event.objects.create(kind="run_done", workspace=workspace, run_id=8, facts={"outcome": "drafted"})
    kind, who, *_ = client.get("/admin/leads/event/").context["cl"].filter_specs
    assert ("settings_changed", "Settings changed") in kind.lookup_choices
    assert ("olga", "olga") in who.lookup_choices
    assert [event.run_id for event in client.get("/admin/leads/event/?actor=-").context["cl"].result_list] == [8]
