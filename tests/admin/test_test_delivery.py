"""“Send a test delivery”: signed as HubSpot signs, posted to our own address over the network, and judged."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from leads.models import AllowedForm, Delivery, Event, Submission, WorkflowRun, Workspace
from tests.conftest import SECRET, default_workspace

TEST = "/admin/leads/delivery/test/"
LIST = "/admin/leads/delivery/"


@pytest.fixture
def served(transactional_db: None, live_server: Any, settings: Any) -> Workspace:
    """A workspace whose own address is served."""
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = live_server.url, ["127.0.0.1", "localhost", "testserver"]
    settings.WORKFLOW_MODE = "SEND"
    return default_workspace(draft_only=False)


@pytest.fixture
def olga(transactional_db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("olga", password="pw"))
    return client


def pressed(client: Client) -> str:
    return client.post(TEST, {"workspace": "default"}, follow=True).content.decode()


def test_it_is_accepted_as_a_test_and_never_sent(served: Workspace, olga: Client) -> None:
    shown = pressed(olga)
    run = WorkflowRun.objects.get()
    assert "its signature was good, and it was accepted, as a test." in shown
    assert f'<a href="/admin/leads/workflowrun/{run.pk}/change/">Run {run.pk}</a>' in shown
    submission = Submission.objects.get()
    assert (submission.via, submission.draft_only) == ("test", True)
    delivery = Delivery.objects.get()
    assert (delivery.signature, delivery.headers["User-Agent"]) == ("v3", "Sales Agent test delivery")
    event = Event.objects.get(kind="test_delivery_sent")
    assert (event.actor, event.facts) == ("olga", {"came": "taken"})


def test_what_has_to_be_done_before_is_told(served: Workspace, olga: Client) -> None:
    assert TEST in olga.get(LIST).content.decode()
    AllowedForm.objects.update(enabled=False)
    assert "Allow one first" in pressed(olga)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (":9", "Nobody answers at http://127.0.0.1:9/webhook/formlead (ConnectionError)"),
        ("/elsewhere", "is not this installation: it said 404"),
    ],
)
def test_an_address_that_does_not_lead_here_is_told(
    served: Workspace, olga: Client, settings: Any, path: str, said: str
) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:9" if path == ":9" else settings.PUBLIC_URL + path
    assert said in pressed(olga)
    assert not Delivery.objects.exists()


def test_a_refused_signature_is_told_in_the_webhooks_own_words(
    served: Workspace, olga: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.trial.known_secrets", lambda _: {"client_secret": f"not-{SECRET}"})
    assert "Our own webhook refused it: Not accepted:" in pressed(olga)


@pytest.mark.parametrize("answer", [b'{"items": []}', b'{"items": ["x"]}', b'{"items": [{}]}', b"[]", b"\xff"])
def test_whatever_else_answers_is_told_apart_from_our_webhook(
    served: Workspace, olga: Client, settings: Any, answer: bytes
) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        Thread(target=stranger.handle_request, daemon=True).start()
        settings.PUBLIC_URL = f"http://127.0.0.1:{stranger.server_port}"
        assert "is not this installation: it said 200" in pressed(olga)


@pytest.mark.parametrize("slug", ["", "\x00", "nobody", "é" * 300])
def test_of_a_workspace_that_is_not_there_nothing_is_sent(served: Workspace, olga: Client, slug: str) -> None:
    assert olga.post(TEST, {"workspace": slug}).status_code == 404
    assert not Delivery.objects.exists()


def test_it_takes_the_right_to_change_settings(as_staff: Any, workspace: Workspace) -> None:
    reader = as_staff("view_delivery")
    assert reader.post(TEST, {"workspace": "default"}).status_code == 403
    assert TEST not in reader.get(LIST).content.decode()
    assert as_staff("change_workspace").get(TEST).status_code == 405
