"""Settings, the DRAFT_ONLY switch, the connections; each leaves a trace, and no secret ever comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from leads import credentials, workspaces
from leads.models import Connection, Event, Workspace

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


def test_staff_need_the_rights_to_switch_and_to_connect(
    as_staff: Callable[..., Client], workspace: Workspace, settings: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    editor = as_staff(*EDIT)
    for page in ("draft-only", "connections"):
        assert editor.get(address(workspace, page)).status_code == 403
        sent = {"turn": "off", "phrase": "SEND", "reason": "Go", "access_token": KEY}
        assert editor.post(address(workspace, page), sent).status_code == 403
    seen = editor.get(address(workspace), follow=True).content.decode()
    assert "/draft-only/" not in seen
    assert "/connections/" not in seen
    assert Workspace.objects.get(pk=workspace.pk).draft_only
    assert not Connection.objects.exists()


def test_credentials_are_stored_and_never_shown(client: Client, workspace: Workspace) -> None:
    page = address(workspace, "connections")
    answer = client.post(page, {"access_token": KEY, "credentials": GOOGLE}, follow=True)
    assert b"The credentials for HubSpot are stored." in answer.content
    secrets = credentials.secrets_of(workspace)
    assert (secrets["access_token"], secrets["credentials"]) == (KEY, GOOGLE)
    pages = [page, address(workspace), address(workspace, "history"), "/admin/", "/admin/leads/event/"]
    for shown in [answer, *(client.get(path) for path in pages)]:
        assert b"very-secret-value" not in shown.content
    assert b"set, changed" in client.get(page).content
    assert traces("credentials_changed") == [
        {"service": "hubspot", "names": ["access_token"]},
        {"service": "google", "names": ["credentials"]},
    ]
    assert b"very-secret" not in bytes(Connection.objects.get(service="hubspot").sealed)


def test_a_field_left_empty_keeps_what_is_there(client: Client, workspace: Workspace) -> None:
    page = address(workspace, "connections")
    client.post(page, {"access_token": KEY})
    client.post(page, {"client_secret": "cs"})
    client.post(page, {})
    secrets = credentials.secrets_of(workspace)
    assert (secrets["access_token"], secrets["client_secret"]) == (KEY, "cs")
    assert len(traces("credentials_changed")) == 2


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("very-secret-value", "This is not JSON"),
        ('["very-secret-value"]', "no “type” that can be used"),
        ('{"type": "external_account", "x": "very-secret-value"}', "no “type” that can be used"),
        ('{"type": ["very-secret-value"]}', "no “type” that can be used"),
        ('{"type": "service_account", "private_key": "very-secret-value"}', "lacks client_email"),
    ],
)
def test_bad_google_credentials_are_explained_and_nothing_is_stored(
    client: Client, workspace: Workspace, entered: str, said: str
) -> None:
    answer = client.post(address(workspace, "connections"), {"credentials": entered, "access_token": KEY})
    assert said in answer.content.decode()
    assert b"very-secret-value" not in answer.content
    assert not Connection.objects.exists()


def test_the_use_case_refuses_bad_google_credentials_by_itself(workspace: Workspace) -> None:
    with pytest.raises(workspaces.BadCredentials):
        workspaces.connect(workspace, "google", {"credentials": "{}"}, actor="olga")


def test_credentials_whose_key_is_lost_are_told_and_can_be_entered_again(
    client: Client, workspace: Workspace, settings: Any
) -> None:
    page = address(workspace, "connections")
    client.post(page, {"access_token": KEY})
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    assert b"not in CREDENTIALS_KEYS any more: enter it again" in client.get(page).content
    client.post(page, {"access_token": "new"})
    assert credentials.secrets_of(workspace)["access_token"] == "new"


def test_credentials_of_the_environment_are_named_not_shown(
    client: Client, workspace: Workspace, settings: Any
) -> None:
    settings.HUBSPOT_ACCESS_TOKEN = KEY
    shown = client.get(address(workspace, "connections")).content
    assert b"from the environment (HUBSPOT_ACCESS_TOKEN)" in shown
    assert KEY.encode() not in shown
