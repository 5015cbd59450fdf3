"""“Connect Google”: the way to the consent page and back, and every way in which it can go wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from leads import credentials, google_consent
from leads.models import Connection, Event, Workspace
from tests.leads.driving import drive_to_the_end, take_in

PAGE = "/admin/settings/default/connections/"
HOST = "sales.northwind.example"
CLARA = "clara@northwind.example"
BACK = f"https://{HOST}/admin/connections/google/"


@pytest.fixture
def app(box: Any, settings: Any, workspace: Workspace) -> Any:
    """The sandbox's Google, with an OAuth client of ours; nothing is connected."""
    settings.GOOGLE_CREDENTIALS = ""
    settings.GOOGLE_OAUTH_CLIENT_ID, settings.GOOGLE_OAUTH_CLIENT_SECRET = "our-client", "our-secret"
    return box


def asked(client: Client) -> dict[str, str]:
    """What Google is asked when the button is pressed."""
    answer = client.post(PAGE, {"act": "ask", "service": "google"}, headers={"host": HOST})
    assert answer.status_code == 302, answer.content
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def decided(box: Any, question: dict[str, str], **changes: Any) -> str:
    """Where Google sends the browser after a person decided."""
    form = question | {"account": CLARA, "decision": "allow", "granted": question["scope"].split()} | changes
    answer = requests.post(f"{box.url}/o/oauth2/v2/auth", data=form, timeout=5, allow_redirects=False)
    return answer.headers["Location"].removeprefix(f"https://{HOST}")


def returned(client: Client, address: str) -> str:
    return client.get(address, follow=True, headers={"host": HOST}).content.decode()


def test_the_question_has_state_challenge_and_our_own_address(client: Client, app: Any) -> None:
    question = asked(client)
    assert question["redirect_uri"] == BACK
    assert (question["code_challenge_method"], len(question["code_challenge"])) == ("S256", 43)
    assert (question["access_type"], question["prompt"], question["login_hint"]) == ("offline", "consent", CLARA)
    assert len(question["state"]) >= 43
    assert question["scope"].split() == [
        "https://www.googleapis.com/auth/gmail.modify",
        "https://www.googleapis.com/auth/drive.metadata.readonly",
        "https://www.googleapis.com/auth/calendar.freebusy",
    ]
    assert asked(client)["state"] != question["state"]


def test_a_consent_is_stored_tested_and_used_by_the_next_run(
    client: Client, app: Any, workspace: Workspace, lead: Callable[..., dict[str, Any]]
) -> None:
    shown = returned(client, decided(app, asked(client)))
    assert f"Google is connected: drafts are made in {CLARA}." in shown
    assert "Google answers, and nothing is missing." in shown
    assert "a person’s consent, changed" in shown
    assert "our-secret" not in shown
    kept = credentials.unseal(Connection.objects.get(service="google"))
    assert (kept["client_id"], kept["subject"]) == ("our-client", CLARA)
    assert "our-secret" not in kept.values()
    event = Event.objects.get(kind="credentials_changed")
    assert (event.actor, event.facts) == ("olga", {"service": "google", "names": ["consent"]})
    assert drive_to_the_end(take_in(lead(), workspace)).outcome == "drafted"


def test_an_answer_is_taken_once(client: Client, app: Any) -> None:
    answer = decided(app, asked(client))
    returned(client, answer)
    assert "or it was taken in already" in returned(client, answer)
    assert Event.objects.filter(kind="credentials_changed").count() == 1


def test_an_answer_is_not_taken_again_while_google_is_asked(
    client: Client, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = decided(app, asked(client))
    monkeypatch.setattr(google_consent, "exchanged", lambda code, verifier: 1 / 0)
    client.raise_request_exception = False
    returned(client, answer)
    monkeypatch.undo()
    assert "or it was taken in already" in returned(client, answer)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"decision": ""}, "The consent was denied at Google"),
        ({"state": "somebody-elses"}, "This is not Google&#x27;s answer to what you began here"),
        ({"account": "nobody@x.example"}, "The consent was denied at Google"),
        ({"granted": ["https://www.googleapis.com/auth/gmail.modify"]}, "Not allowed was https://www.googleapis.com"),
        ({"code_challenge": "x" * 43}, "Google does not accept its answer any more (invalid_grant)"),
    ],
)
def test_what_came_back_wrong_is_said_and_nothing_is_stored(
    client: Client, app: Any, changes: dict[str, Any], said: str
) -> None:
    assert said in returned(client, decided(app, asked(client), **changes))
    assert not Connection.objects.exists()


def test_another_mailbox_than_the_senders_is_refused(client: Client, app: Any) -> None:
    Workspace.objects.update(sender_email="boss@northwind.example")
    shown = returned(client, decided(app, asked(client)))
    assert f"You chose {CLARA}, and drafts are made in boss@northwind.example." in shown
    assert not Connection.objects.exists()


def test_no_lasting_token_is_told_with_what_to_do(client: Client, app: Any) -> None:
    app.control.settings(refresh_tokens=False)
    shown = returned(client, decided(app, asked(client)))
    assert "Google gave no lasting token" in shown
    assert google_consent.PERMISSIONS in shown


def test_an_answer_that_comes_too_late_is_refused(client: Client, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = decided(app, asked(client))
    later = time.time() + google_consent.SECONDS + 1
    monkeypatch.setattr("leads.google_consent.time.time", lambda: later)
    assert "more than 10 minutes" in returned(client, answer)


def test_the_answer_to_one_operator_is_worth_nothing_to_another(
    client: Client, app: Any, as_staff: Callable[..., Client]
) -> None:
    answer = decided(app, asked(client))
    other = as_staff("view_workspace", "change_connection")
    assert "Nobody here was asked for this consent" in returned(other, answer)
    assert not Connection.objects.exists()


def test_an_error_of_googles_is_told_without_its_markup(client: Client, app: Any) -> None:
    state = asked(client)["state"]
    shown = returned(client, f"/admin/connections/google/?state={state}&error=<script>alert(1)</script>")
    assert "an unknown error" in shown
    assert f"lists {BACK} as a redirect address" in shown


def test_google_that_does_not_answer_is_told(client: Client, app: Any) -> None:
    answer = decided(app, asked(client))
    app.control.fault("503:oauth.token")
    assert "Google does not answer" in returned(client, answer)


def test_a_wrong_client_secret_is_told(client: Client, app: Any, settings: Any) -> None:
    answer = decided(app, asked(client), client_id="another-client")
    assert "Google does not know the OAuth client" in returned(client, answer)


def test_it_begins_only_where_google_can_come_back_to(client: Client, app: Any, settings: Any) -> None:
    begun = client.post(PAGE, {"act": "ask", "service": "google"}, follow=True).content.decode()
    assert f"Open the console at https://{HOST}" in begun
    Workspace.objects.update(sender_email="")
    assert "Say under Voice which mailbox" in send_from_home(client)
    settings.GOOGLE_OAUTH_CLIENT_SECRET = ""
    assert "This installation has no OAuth client" in send_from_home(client)


def send_from_home(client: Client) -> str:
    sent = {"act": "ask", "service": "google"}
    return client.post(PAGE, sent, headers={"host": HOST}, follow=True).content.decode()


def test_only_this_page_may_lead_to_google(client: Client, app: Any) -> None:
    assert f"form-action 'self' {app.url}" in client.get(PAGE)["Content-Security-Policy"]
    other = client.get("/admin/settings/default/organisation/")["Content-Security-Policy"]
    assert "form-action 'self';" in f"{other};"


def test_a_consent_to_another_oauth_client_is_told_and_not_used(client: Client, app: Any, settings: Any) -> None:
    returned(client, decided(app, asked(client)))
    settings.GOOGLE_OAUTH_CLIENT_ID = "the-next-client"
    shown = client.post(PAGE, {"act": "test", "service": "google"}, follow=True).content.decode()
    assert "through an OAuth client that GOOGLE_OAUTH_CLIENT_ID" in shown


def test_pasted_credentials_take_the_place_of_a_consent(client: Client, app: Any, workspace: Workspace) -> None:
    returned(client, decided(app, asked(client)))
    pasted = '{"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}'
    client.post(PAGE, {"act": "store", "service": "google", "credentials": pasted})
    assert credentials.secrets_of(workspace)["credentials"] == pasted
