"""The connections: what is entered is kept sealed and never shown, tested call by call, and forgotten when asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone

from connectors.sandbox.scopes import HUBSPOT_SCOPES
from leads import connecting, connections, credentials
from leads.following import standing
from leads.models import Checkup, Connection, Event, MailboxWatch, Workspace

PAGE = "/admin/settings/default/connections/"
KEY = "pat-na1-very-secret-value"
GOOGLE = {"type": "authorized_user", "client_id": "c", "client_secret": "very-secret-value", "refresh_token": "r"}
SCOPES = ["crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.companies.read"]


def send(client: Client, act: str, service: str = "hubspot", **entered: str) -> str:
    return client.post(PAGE, {"act": act, "service": service, **entered}, follow=True).content.decode()


def facts(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("facts", flat=True))


@pytest.fixture
def own(box: Any, settings: Any) -> Any:
    """The sandbox, of which nothing is known yet but where it is."""
    settings.HUBSPOT_ACCESS_TOKEN = settings.GOOGLE_CREDENTIALS = settings.HUBSPOT_CLIENT_SECRET = ""
    return box


def test_who_may_not_connect_sees_and_changes_nothing(as_staff: Callable[..., Client], workspace: Workspace) -> None:
    editor = as_staff("view_workspace", "change_workspace", "view_connection")
    assert editor.get(PAGE).status_code == 403
    sent = {"act": "store", "service": "hubspot", "access_token": KEY}
    assert editor.post(PAGE, sent).status_code == 403
    assert editor.get("/admin/connections/google/?code=c&state=s").status_code == 403
    assert PAGE not in editor.get("/admin/settings/default/organisation/").content.decode()
    assert not Connection.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"service": "slack"}, {"service": "hubspot", "act": "burn"}])
def test_what_is_not_there_to_be_done_is_not_found(client: Client, workspace: Workspace, sent: dict[str, str]) -> None:
    assert client.post(PAGE, sent).status_code == 404


def test_credentials_are_stored_tested_at_once_and_never_shown(client: Client, workspace: Workspace, own: Any) -> None:
    said = send(client, "store", access_token=KEY, client_secret="cs-very-secret-value")
    assert "The credentials for HubSpot are stored." in said
    assert "HubSpot does not accept the token" in said
    send(client, "store", "google", credentials=json.dumps(GOOGLE))
    secrets = credentials.secrets_of(workspace)
    assert (secrets["access_token"], json.loads(secrets["credentials"])) == (KEY, GOOGLE)
    for path in (PAGE, "/admin/", "/admin/leads/event/", "/admin/settings/default/organisation/"):
        assert "very-secret" not in client.get(path).content.decode()
    assert "UTC by olga" in client.get(PAGE).content.decode()
    assert facts("credentials_changed") == [
        {"service": "hubspot", "names": ["access_token", "client_secret"]},
        {"service": "google", "names": ["credentials"]},
    ]
    assert b"very-secret" not in bytes(Connection.objects.get(service="hubspot").sealed)


def test_a_field_left_empty_keeps_what_is_there(client: Client, workspace: Workspace, own: Any) -> None:
    send(client, "store", access_token="sandbox-token")
    said = send(client, "store", client_secret="a-client-secret")
    assert "HubSpot answers, and nothing is missing." in said
    assert "Nothing was entered, so nothing was changed." in send(client, "store")
    secrets = credentials.secrets_of(workspace)
    assert (secrets["access_token"], secrets["client_secret"]) == ("sandbox-token", "a-client-secret")
    assert len(facts("credentials_changed")) == 2


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("very-secret-value", "This is not JSON"),
        ('["very-secret-value"]', "no “type” that can be used"),
        ('{"type": "external_account", "x": "very-secret-value"}', "no “type” that can be used"),
        ('{"type": ["very-secret-value"]}', "no “type” that can be used"),
        ('{"type": "service_account", "private_key": "very-secret-value"}', "lacks client_email"),
        (json.dumps(GOOGLE | {"token_uri": "https://evil.example/token"}), "a token_uri that is not Google"),
        (json.dumps(GOOGLE | {"token_uri": ["https://oauth2.googleapis.com/token"]}), "a token_uri that is not Google"),
    ],
)
def test_bad_google_credentials_are_explained_and_nothing_is_stored(
    client: Client, workspace: Workspace, entered: str, said: str
) -> None:
    shown = send(client, "store", "google", credentials=entered)
    assert said in shown
    assert "very-secret-value" not in shown
    assert not Connection.objects.exists()


def test_the_use_case_refuses_bad_google_credentials_by_itself(workspace: Workspace) -> None:
    with pytest.raises(connecting.BadCredentials):
        connecting.connect(workspace, "google", {"credentials": "{}"}, actor="olga")


def test_a_scope_for_writes_is_missed_only_where_writes_may_happen(
    client: Client, workspace: Workspace, own: Any, settings: Any
) -> None:
    connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token", "client_secret": "cs"}, actor="olga")
    own.control.settings(hubspot_scopes=[one for one in HUBSPOT_SCOPES if not one.endswith(".write")])
    assert "Nothing is written there while DRAFT_ONLY is on." in send(client, "test")
    assert Checkup.objects.get().passed
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    send(client, "test")
    assert not Checkup.objects.get().passed


def test_each_missing_scope_is_named_to_be_copied(
    client: Client, workspace: Workspace, own: Any, settings: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token", "client_secret": "cs"}, actor="olga")
    own.control.settings(hubspot_scopes=SCOPES)
    shown = send(client, "test")
    for scope in ("crm.objects.companies.write", "crm.objects.owners.read", "forms"):
        assert f">{scope}</code>" in shown
    assert f">{SCOPES[0]}</code>" not in shown
    assert "Something is missing" in shown
    missing = ["crm.objects.owners.read", "forms", "crm.objects.companies.write"]
    assert facts("connection_tested")[-1]["missing"] == missing
    own.control.settings(hubspot_scopes=None)
    assert "HubSpot answers, and nothing is missing." in send(client, "test")
    assert Checkup.objects.get().passed


def test_a_token_of_another_portal_is_told(client: Client, workspace: Workspace, own: Any) -> None:
    Workspace.objects.update(portal_id="777")
    shown = send(client, "store", access_token="sandbox-token", client_secret="cs")
    assert "The token belongs to portal 4242, and deliveries are taken for 777." in shown


def test_credentials_of_another_mailbox_are_told(client: Client, workspace: Workspace, own: Any) -> None:
    Workspace.objects.update(sender_email="somebody@northwind.example", calendar_ids=["clara@northwind.example"])
    shown = send(client, "store", "google", credentials=json.dumps(GOOGLE))
    assert "The credentials open clara@northwind.example, and drafts are made for somebody@northwind.example" in shown


def test_a_folder_and_an_api_are_named_where_they_are_missing(client: Client, workspace: Workspace, own: Any) -> None:
    Workspace.objects.update(folder_ids=["no-such-folder"])
    connecting.connect(workspace, "google", {"credentials": json.dumps(GOOGLE)}, actor="olga")
    own.control.fault("403:calendar:reason=accessNotConfigured")
    shown = send(client, "test", "google")
    assert "Open the folder no-such-folder" in shown
    assert "The Google Calendar API is off in the Google Cloud project" in shown


def test_an_account_that_does_not_answer_is_told_in_time(
    client: Client, workspace: Workspace, own: Any, settings: Any
) -> None:
    settings.HTTP_READ_TIMEOUT = 0.3
    connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token", "client_secret": "cs"}, actor="olga")
    own.control.fault("timeout:hubspot.contacts.list:seconds=5")
    assert "HubSpot does not answer as it should" in send(client, "test")


def test_without_a_mailbox_google_is_not_tried(client: Client, workspace: Workspace, own: Any) -> None:
    Workspace.objects.update(sender_email="")
    assert "Say under Voice which mailbox" in send(client, "store", "google", credentials=json.dumps(GOOGLE))


def test_what_is_forgotten_is_gone_and_stands_in_the_audit(client: Client, workspace: Workspace, own: Any) -> None:
    send(client, "store", access_token="sandbox-token")
    before = Workspace.objects.get(pk=workspace.pk).revision
    assert "The credentials for HubSpot are forgotten." in send(client, "forget")
    assert "forgotten" not in send(client, "forget")
    assert credentials.secrets_of(workspace)["access_token"] == ""
    assert not Checkup.objects.exists()
    assert facts("credentials_forgotten") == [{"service": "hubspot"}]
    assert Workspace.objects.get(pk=workspace.pk).revision == before + 1


def test_credentials_whose_key_is_lost_are_told_and_can_be_entered_again(
    client: Client, workspace: Workspace, own: Any, settings: Any
) -> None:
    send(client, "store", access_token=KEY)
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    shown = client.get(PAGE).content.decode()
    assert "Key lost" in shown
    assert "not in CREDENTIALS_KEYS any more: enter it again" in shown
    assert "sealed with another key" in send(client, "test")
    send(client, "store", access_token="sandbox-token")
    assert credentials.secrets_of(workspace)["access_token"] == "sandbox-token"
    assert "Key lost" not in client.get(PAGE).content.decode()


def test_credentials_of_the_environment_are_named_tested_and_not_shown(
    client: Client, workspace: Workspace, box: Any, settings: Any
) -> None:
    settings.HUBSPOT_ACCESS_TOKEN = KEY
    shown = client.get(PAGE).content.decode()
    assert "from the environment (HUBSPOT_ACCESS_TOKEN)" in shown
    assert "Forget the credentials for HubSpot" not in shown
    assert "HubSpot does not accept the token" in send(client, "test")
    assert KEY not in shown


def test_a_good_test_mends_a_broken_connection_and_a_bad_one_does_not(
    client: Client, workspace: Workspace, own: Any
) -> None:
    connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token"}, actor="olga")
    workspace.refresh_from_db()
    connections.broke(workspace, "hubspot", "hubspot contacts.get answered 401: expired")
    assert "Broken" in client.get(PAGE).content.decode()
    own.control.fault("401:hubspot")
    send(client, "test")
    assert Connection.objects.get().state == "broken"
    own.control.clear_faults()
    send(client, "test")
    assert Connection.objects.get().state == "ok"


def test_forgetting_leaves_a_broken_connection_broken_until_there_is_something_new(
    client: Client, workspace: Workspace, own: Any
) -> None:
    connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token"}, actor="olga")
    workspace.refresh_from_db()
    connections.broke(workspace, "hubspot", "hubspot contacts.get answered 401: expired")
    send(client, "forget")
    assert Connection.objects.get().state == "broken"
    send(client, "store", access_token="sandbox-token")
    assert Connection.objects.get().state == "ok"


@pytest.mark.parametrize("kind", ["AuthFailed", "Transient", "SomethingNew"])
def test_a_mailbox_that_can_not_be_followed_says_since_when_and_what_to_do(
    client: Client, workspace: Workspace, box: Any, settings: Any, kind: str
) -> None:
    settings.FOLLOW_SECONDS = 15.0
    MailboxWatch.objects.create(
        workspace=workspace, failing_since=timezone.now(), error_kind=kind, error="gmail <said> no"
    )
    shown = client.get(PAGE).content.decode()
    assert "has not been followed since" in shown
    assert standing.ADVICE.get(kind, standing.OTHERWISE) in shown.replace("&#x27;", "'")
    assert "gmail &lt;said&gt; no" in shown


def test_the_page_says_when_the_mailbox_was_looked_at(
    client: Client, workspace: Workspace, box: Any, settings: Any
) -> None:
    assert "The mailbox is not followed" in client.get(PAGE).content.decode()
    settings.FOLLOW_SECONDS = 15.0
    assert "The mailbox was not looked at yet" in client.get(PAGE).content.decode()
    watch = MailboxWatch.objects.create(workspace=workspace)
    assert "is looked at once a draft is there" in client.get(PAGE).content.decode()
    watch.looked_at = watch.reconciled_at = timezone.now()
    watch.save()
    shown = " ".join(client.get(PAGE).content.decode().split())
    assert "Mailbox last looked at" in shown
    assert "It is left alone while no draft is there" in shown
