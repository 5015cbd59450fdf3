"""Settings, the DRAFT_ONLY switch, the connections; each leaves a trace, and no secret ever comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db.models.functions import Now
from django.test import Client

from leads.models import Event, Sending, Workspace

KEY = "pk-very-secret-value"
GOOGLE = json.dumps(
    {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "rt-very-secret-value"}
)
EDIT = ("view_workspace", "change_workspace", "view_allowedform", "change_allowedform", "add_allowedform")


def address(workspace: Workspace, page: str = "change") -> str:
    return f"/admin/leads/workspace/{workspace.pk}/{page}/"


def traces(kind: str = "settings_changed") -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("facts", flat=True))


def test_a_new_workspace_is_added_with_a_trace(client: Client, db: None) -> None:
    data = {"name": "Second", "slug": "second", "portal_id": "77"}
    assert client.post("/admin/leads/workspace/add/", data).status_code == 302
    assert Workspace.objects.get(slug="second").draft_only
    assert traces()[0]["action"] == "added"


def test_draft_only_is_turned_off_with_the_word_and_a_reason(
    client: Client, workspace: Workspace, settings: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    page = address(workspace, "draft-only")
    assert b"Type SEND to confirm" in client.get(page).content
    for wrong in ({"reason": "Go"}, {"phrase": "yes", "reason": "Go"}, {"phrase": "SEND"}):
        assert client.post(page, {"turn": "off", **wrong}).status_code == 200
        assert Workspace.objects.get(pk=workspace.pk).draft_only
    told = client.post(page, {"turn": "off", "phrase": "send ", "reason": "Pilot is over"}, follow=True)
    assert [message.level_tag for message in told.context["messages"]] == ["warning"]
    assert not Workspace.objects.get(pk=workspace.pk).draft_only
    assert traces("draft_only_switched") == [{"on": False, "reason": "Pilot is over"}]


def test_draft_only_is_turned_on_with_a_reason_alone(client: Client, workspace: Workspace, settings: Any) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(draft_only=False)
    page = address(workspace, "draft-only")
    assert b"Type SEND" not in client.get(page).content
    client.post(page, {"turn": "on", "reason": "Something is off"})
    assert Workspace.objects.get(pk=workspace.pk).draft_only


def test_a_page_that_is_out_of_date_does_not_switch_the_other_way(client: Client, workspace: Workspace) -> None:
    """Two people want it on; the second one's click must not turn it off."""
    page = client.post(address(workspace, "draft-only"), {"turn": "on", "reason": "Stop"}, follow=True)
    assert b"DRAFT_ONLY is on already" in page.content
    assert Workspace.objects.get(pk=workspace.pk).draft_only


def test_the_deployments_lock_is_explained(client: Client, workspace: Workspace) -> None:
    page = address(workspace, "draft-only")
    assert b"Set WORKFLOW_MODE=SEND" in client.get(page).content
    answer = client.post(page, {"turn": "off", "phrase": "SEND", "reason": "Go"}, follow=True)
    assert b"Set WORKFLOW_MODE=SEND and restart" in answer.content
    assert Workspace.objects.get(pk=workspace.pk).draft_only


def test_staff_need_the_right_to_switch(as_staff: Callable[..., Client], workspace: Workspace, settings: Any) -> None:
    settings.WORKFLOW_MODE = "SEND"
    editor = as_staff(*EDIT)
    assert editor.get(address(workspace, "draft-only")).status_code == 403
    sent = {"turn": "off", "phrase": "SEND", "reason": "Go"}
    assert editor.post(address(workspace, "draft-only"), sent).status_code == 403
    assert "/draft-only/" not in editor.get(address(workspace), follow=True).content.decode()
    assert Workspace.objects.get(pk=workspace.pk).draft_only


def test_the_switch_says_what_it_means_for_drafts_and_what_became_of_them(
    client: Client, workspace: Workspace, settings: Any, make_draft: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    make_draft(status="approved")
    switch = address(workspace, "draft-only")
    page = client.get(switch).content.decode()
    assert "sent to the prospect</strong>, 30 seconds" in page
    assert "What was approved (1 draft)" in page
    Workspace.objects.update(draft_only=False)
    for _ in range(2):
        Sending.objects.create(draft=make_draft(status="scheduled"), workspace=workspace, due_at=Now())
    assert "2 drafts are scheduled now." in client.get(switch).content.decode()
    said = client.post(switch, {"turn": "on", "reason": ""}, follow=True).content.decode()
    assert "Scheduled drafts that went back to review: 2." in said
    assert not Sending.objects.exists()
