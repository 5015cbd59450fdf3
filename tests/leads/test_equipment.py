"""What workers remember of a workspace for a moment, and what they never do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from leads import credentials, equipment, workspaces
from leads.connecting import connect
from leads.equipment import equipment_of
from leads.models import Answer, Effect, Workspace
from leads.momentary import Momentary
from tests.leads.driving import drive_once, made, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def remembering(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SETTINGS_SECONDS = 60.0
    monkeypatch.setattr(equipment, "_known", Momentary())
    monkeypatch.setattr(credentials, "_signing", Momentary())


@pytest.mark.usefixtures("remembering")
def test_settings_and_credentials_are_not_read_again_within_the_moment(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    first = equipment_of(workspace)
    with django_assert_num_queries(0):
        assert equipment_of(workspace) is first


@pytest.mark.usefixtures("remembering")
def test_they_are_read_again_after_the_moment(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = equipment_of(workspace)
    Answer.objects.update_or_create(workspace=workspace, intent="demo", language="en", defaults={"text": "Any day."})
    Workspace.objects.filter(pk=workspace.pk).update(label="Hot")
    workspace.refresh_from_db()
    assert equipment_of(workspace) is before
    real = time.monotonic
    monkeypatch.setattr("leads.momentary.time.monotonic", lambda: real() + 61)
    after = equipment_of(workspace)
    assert after.profile.label == "Hot"
    assert after.profile.answers["demo"] == "Any day."


@pytest.mark.usefixtures("remembering")
def test_what_a_person_changes_counts_from_the_next_run_on(workspace: Workspace) -> None:
    equipment_of(workspace)
    connect(workspace, "hubspot", {"access_token": "pat-new"}, actor="olga")
    workspaces.change(workspace, {"label": "Hot"}, actor="olga")
    after = equipment_of(Workspace.objects.get(pk=workspace.pk))
    assert (after.accounts.hubspot_token, after.profile.label) == ("pat-new", "Hot")


@pytest.mark.usefixtures("remembering")
def test_one_workspace_never_gets_what_another_has(workspace: Workspace) -> None:
    other = Workspace.objects.create(name="Other", slug="other", sender_email="rep@other.example")
    assert equipment_of(workspace).profile.sender_email == workspace.sender_email
    assert equipment_of(other).profile.sender_email == "rep@other.example"
    assert equipment_of(other).accounts.hubspot_token == ""


@pytest.mark.usefixtures("remembering")
def test_a_lock_is_obeyed_at_once_whatever_is_remembered(
    box: Any, lead: Callable[..., dict[str, Any]], workspace: Workspace, settings: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    workspaces.switch_draft_only(workspace, on=False, reason="Go.", actor="olga")
    drive_once(take_in(lead(1), workspace))
    assert made(box)["notes"] == 1
    workspaces.switch_draft_only(workspace, on=True, reason="Stop.", actor="olga")
    run = drive_once(take_in(lead(2), workspace))
    assert run.outcome == "drafted"
    assert made(box)["notes"] == 1
    assert Effect.objects.get(run=run, kind="create_contact").withheld == "the workspace is DRAFT_ONLY"


@pytest.mark.usefixtures("remembering")
def test_secrets_of_webhooks_are_read_once_a_moment(
    workspace: Workspace, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = credentials.client_secrets()
    connect(workspace, "hubspot", {"client_secret": "a-new-secret-of-the-app"}, actor="olga")
    with django_assert_num_queries(0):
        assert credentials.client_secrets() is before
    real = time.monotonic
    monkeypatch.setattr("leads.momentary.time.monotonic", lambda: real() + 61)
    assert credentials.client_secrets() == {"a-new-secret-of-the-app": [workspace]}
