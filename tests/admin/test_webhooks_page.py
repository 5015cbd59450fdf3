"""The webhooks pages: what came, why it was refused, and taking it in again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connectors.hubspot_signature import sign_v3
from leads import unsigned
from leads.models import AllowedForm, Delivery, Event, UnsignedHour, WorkflowRun, Workspace
from leads.webhook_log import by_hour
from tests.conftest import FORM_ID, SECRET

LIST = "/admin/leads/delivery/"
Post = Callable[..., Delivery]
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def post(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Post:
    """Deliver a payload as HubSpot would, with this secret."""
    monkeypatch.setattr(unsigned, "counter", unsigned.Counter())

    def send(payload: Any, *, secret: str = SECRET, ago: float = 0) -> Delivery:
        body, stamp = json.dumps(payload).encode(), str(int((time.time() - ago) * 1000))
        uri = settings.PUBLIC_URL + "/webhook/formlead"
        headers = {
            "X-HubSpot-Signature-v3": sign_v3(secret, "POST", uri, body, stamp),
            "X-HubSpot-Request-Timestamp": stamp,
        }
        Client().post("/webhook/formlead", body, content_type="application/json", headers=headers)
        return Delivery.objects.latest("pk")

    return send


def page_of(delivery: Delivery) -> str:
    return f"{LIST}{delivery.pk}/change/"


def replay(delivery: Delivery) -> str:
    return f"{LIST}{delivery.pk}/replay/"


def test_the_list_shows_verdict_why_form_and_run(client: Client, post: Post, lead: Make) -> None:
    post(lead())
    post(lead() | {"formId": "unheard-of"})
    page = client.get(LIST).content.decode()
    assert "Accepted" in page
    assert "Contact sales" in page
    assert f"Run {WorkflowRun.objects.get().pk}" in page
    assert "formId: unheard-of is not an allowed form" in page


@pytest.mark.parametrize(
    ("asked", "verdicts"),
    [
        ({"verdict__exact": "ignored"}, ["ignored"]),
        ({"form_id": FORM_ID}, ["accepted"]),
        ({"form_id": "unheard-of"}, ["ignored"]),
        ({"form_id": "never"}, []),
        ({"q": "not an allowed form"}, ["ignored"]),
    ],
)
def test_deliveries_are_filtered(client: Client, post: Post, lead: Make, asked: Any, verdicts: list[str]) -> None:
    post(lead())
    post(lead() | {"formId": "unheard-of"})
    assert [found.verdict for found in client.get(LIST, asked).context["cl"].result_list] == verdicts


def test_a_filter_offers_allowed_forms_by_name_and_others_by_id(client: Client, post: Post, lead: Make) -> None:
    post(lead() | {"formId": "unheard-of"})
    (spec,) = [spec for spec in client.get(LIST).context["cl"].filter_specs if spec.title == "form"]
    assert {(FORM_ID, "Contact sales"), ("unheard-of", "unheard-of")} <= set(spec.lookup_choices)


def test_the_plot_links_an_hour_to_its_deliveries(client: Client, post: Post, lead: Make) -> None:
    post(lead())
    plot = client.get(LIST).context["plot"]
    newest = plot.columns[-1]
    assert newest.text.endswith(": 1 accepted")
    assert len(client.get(newest.address).context["cl"].result_list) == 1
    assert not plot.columns[0].address


def test_what_was_not_kept_is_said(client: Client, workspace: Workspace) -> None:
    UnsignedHour.objects.create(hour=by_hour()[-1].start, number=unsigned.AN_HOUR + 1234)
    assert "1234 more without a good signature" in client.get(LIST).content.decode()


def test_the_set_up_help_has_the_exact_address(client: Client, workspace: Workspace) -> None:
    page = client.get(LIST).content.decode()
    assert "https://sales.northwind.example/webhook/formlead</code>" in page
    assert "openssl dgst" in page
    assert "Nothing came in the last 24 hours" in page


def test_a_refused_delivery_says_which_part_differs_and_what_to_do(client: Client, post: Post, lead: Make) -> None:
    page = client.get(page_of(post(lead(), secret="unheard-of"))).content.decode()
    assert "It was not taken in." in page
    assert "the v3 signature does not match" in page
    assert "not one of Northwind" in page
    assert "The access token does not sign." in page
    assert SECRET not in page


def test_what_a_stranger_wrote_is_shown_and_not_run(client: Client, workspace: Workspace, post: Post) -> None:
    evil = "<script>alert(1)</script>"
    headers = {"X-HubSpot-Signature-v3": evil, "User-Agent": evil, "Host": "testserver"}
    Client().post("/webhook/formlead?" + evil, evil, content_type="application/json", headers=headers)
    page = client.get(page_of(Delivery.objects.get())).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_replaying_shows_the_new_delivery_with_its_run(client: Client, post: Post, lead: Make) -> None:
    AllowedForm.objects.update(enabled=False)
    first = post(lead())
    AllowedForm.objects.update(enabled=True)
    answer = client.post(replay(first), follow=True)
    again, run = Delivery.objects.latest("pk"), WorkflowRun.objects.get()
    assert answer.redirect_chain[-1][0] == page_of(again)
    page = answer.content.decode()
    assert f"Replayed as Delivery {again.pk}: accepted." in page
    assert f"/admin/leads/workflowrun/{run.pk}/change/" in page
    assert page_of(first) in page
    assert page_of(again) in client.get(page_of(first)).content.decode()


def test_what_cannot_be_replayed_says_why(client: Client, post: Post, lead: Make) -> None:
    answer = client.post(replay(post(lead(), secret="unheard-of")), follow=True)
    assert "its signature does not hold now either" in answer.content.decode()
    assert Delivery.objects.count() == 1


def test_replaying_takes_its_permission_and_a_post(as_staff: Callable[..., Client], post: Post, lead: Make) -> None:
    delivery = post(lead())
    viewer = as_staff("view_delivery")
    assert viewer.post(replay(delivery)).status_code == 403
    assert "/replay/" not in viewer.get(page_of(delivery)).content.decode()
    operator = as_staff("view_delivery", "replay_delivery")
    assert operator.get(replay(delivery)).status_code == 405
    assert operator.post(replay(delivery)).status_code == 302
    assert as_staff("replay_delivery").post(replay(delivery)).status_code == 403


@pytest.mark.parametrize("junk", ["0", "9" * 24, "abc", "-1", "%00"])
def test_nothing_is_replayed_of_what_is_not_there(client: Client, workspace: Workspace, junk: str) -> None:
    assert client.post(f"{LIST}{junk}/replay/").status_code == 404


def test_many_are_replayed_at_once_and_each_refusal_is_told(client: Client, post: Post, lead: Make) -> None:
    AllowedForm.objects.update(enabled=False)
    wanted = [post(lead(number)).pk for number in range(2)] + [post(lead(9), secret="unheard-of").pk]
    AllowedForm.objects.update(enabled=True)
    answer = client.post(LIST, {"action": "replay_selected", "_selected_action": wanted}, follow=True)
    page = answer.content.decode()
    assert "2 replayed; what became of it" in page
    assert "does not hold now either" in page
    assert WorkflowRun.objects.count() == 2
    assert Event.objects.filter(kind="delivery_replayed").count() == 2


def test_no_more_are_replayed_at_once_than_may_be(
    client: Client, post: Post, lead: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.admin.delivery.REPLAYED_AT_ONCE", 1)
    chosen = [post(lead(number)).pk for number in range(2)]
    page = client.post(LIST, {"action": "replay_selected", "_selected_action": chosen}, follow=True)
    assert b"More than 1 are selected" in page.content


def test_the_pages_ask_a_bounded_number_of_times(client: Client, post: Post, lead: Make) -> None:
    for number in range(6):
        post(lead(number))
    for address, most in ((LIST, 16), (page_of(Delivery.objects.latest("pk")), 14)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= most
