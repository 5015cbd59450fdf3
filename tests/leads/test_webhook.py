"""`POST /webhook/formlead`: what is answered, and what is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django_q.models import OrmQ

from connectors.hubspot_signature import sign_v2, sign_v3
from leads.credentials import seal
from leads.models import AllowedForm, Delivery, Event, Lead, Submission, WorkflowRun, Workspace
from tests.conftest import FORM_ID, SECRET

pytestmark = pytest.mark.django_db

Post = Callable[..., Any]
Make = Callable[..., dict[str, Any]]
PATH = "/webhook/formlead"


@pytest.fixture
def post(client: Client, workspace: Workspace) -> Post:
    """Post a payload, or raw bytes, with a v3 signature, or the given headers."""

    def send(payload: Any, path: str = PATH, headers: dict[str, str] | None = None, secret: str = SECRET) -> Any:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        stamp = str(int(time.time() * 1000))
        signed = {
            "X-HubSpot-Signature-v3": sign_v3(secret, "POST", settings.PUBLIC_URL + path, body, stamp),
            "X-HubSpot-Request-Timestamp": stamp,
        }
        return client.post(path, body, content_type="application/json", headers=signed if headers is None else headers)

    return send


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": number,
        "subscriptionId": 7,
        "portalId": 4242,
        "appId": 9,
        "occurredAt": 1_700_000_000_000 + number,
        "subscriptionType": "contact.creation",
        "attemptNumber": 0,
        "objectId": 1000 + number,
        "changeSource": "FORM",
        "changeFlag": "NEW",
    } | changes


def legacy(**changes: Any) -> dict[str, Any]:
    return {
        "vid": 501,
        "portal-id": 4242,
        "properties": {"email": {"value": "Ada@Example.com"}, "firstname": {"value": "Ada"}},
        "form-submissions": [
            {"conversion-id": "old", "form-id": "other-form", "timestamp": 1_600_000_000_000},
            {
                "conversion-id": "new",
                "form-id": FORM_ID,
                "timestamp": 1_700_000_000_000,
                "page-url": "https://x.example",
            },
        ],
    } | changes


def test_a_form_submission_is_accepted_with_its_run(post: Post, lead: Make) -> None:
    answer = post(lead())
    run = WorkflowRun.objects.get()
    assert answer.status_code == 202
    assert answer.json()["runs"] == [run.pk]
    assert run.state == "pending"
    assert run.lead == Lead.objects.get()


@pytest.mark.parametrize("path", [PATH, PATH + "/"])
def test_a_trailing_slash_makes_no_difference(post: Post, lead: Make, path: str) -> None:
    assert post(lead(), path=path).status_code == 202


def test_everything_that_an_acceptance_promises_is_there(post: Post, lead: Make) -> None:
    post(lead())
    delivery, submission = Delivery.objects.get(), Submission.objects.get()
    assert json.loads(bytes(delivery.body)) == lead()
    assert (delivery.verdict, delivery.signature) == ("accepted", "v3")
    assert submission.delivery == delivery
    assert submission.form == AllowedForm.objects.get(form_id=FORM_ID)
    assert OrmQ.objects.count() == 1
    assert Event.objects.get().kind == "run_accepted"


def test_the_same_submission_again_is_a_duplicate_of_the_same_run(post: Post, lead: Make) -> None:
    first = post(lead())
    again = post(lead())
    assert again.status_code == 200
    assert again.json()["runs"] == []
    assert again.json()["items"][0]["verdict"] == "duplicate"
    assert again.json()["items"][0]["run"] == first.json()["runs"][0]
    assert WorkflowRun.objects.count() == 1
    assert [delivery.verdict for delivery in Delivery.objects.order_by("pk")] == ["accepted", "duplicate"]


def test_without_hubspots_id_the_same_words_are_the_same_submission(post: Post, lead: Make) -> None:
    payload = lead() | {"formSubmissionId": None}
    assert post(payload).status_code == 202
    assert post(payload).status_code == 200
    assert post(lead(message="Something else") | {"formSubmissionId": None}).status_code == 202


def test_a_v2_signature_is_accepted(post: Post, lead: Make) -> None:
    body = json.dumps(lead()).encode()
    signature = sign_v2(SECRET, "POST", settings.PUBLIC_URL + PATH, body)
    headers = {"X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": "v2"}
    assert post(body, headers=headers).status_code == 202


def test_the_legacy_contact_counts_by_its_latest_conversion(post: Post) -> None:
    assert post(legacy()).status_code == 202
    assert post(legacy(vid=502)).status_code == 200
    submission = Submission.objects.get()
    assert submission.source == "workflow"
    assert submission.payload["fields"]["email"] == "ada@example.com"
    assert submission.payload["page_uri"] == "https://x.example"


def test_a_flat_body_of_the_customers_own_choosing_is_accepted(post: Post) -> None:
    body = {"email": "ada@example.com", "firstname": "Ada", "message": "Hello?", "portal_id": 4242, "form_id": FORM_ID}
    assert post(body).status_code == 202


def test_a_batch_of_events_makes_a_run_for_each_contact(post: Post) -> None:
    answer = post([event(number) for number in range(100)])
    assert answer.status_code == 202
    assert len(set(answer.json()["runs"])) == 100
    assert OrmQ.objects.count() == 1


def test_an_event_sent_again_with_another_attempt_number_is_a_duplicate(post: Post) -> None:
    post([event(1)])
    assert post([event(1, attemptNumber=3)]).status_code == 200
    assert post([event(1, objectId=77)]).status_code == 202


def test_one_bad_event_does_not_harm_the_others(post: Post) -> None:
    batch = [event(number) for number in range(100)]
    batch[42] = event(42, objectId="nobody")
    answer = post(batch)
    assert len(answer.json()["runs"]) == 99
    assert answer.json()["items"][42]["verdict"] == "ignored"
    assert answer.json()["items"][42]["reason"] == "[42] objectId: missing, or not a number"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ([], ""),
        ([event(subscriptionType="contact.deletion")], "[0] subscriptionType: contact.deletion starts no run"),
        ([event(subscriptionType="object.creation", objectTypeId="0-2")], "[0] objectTypeId: only contacts"),
        ([7], "[0] must be an object, not int"),
        ({}, "email: missing"),
        ({"fieldValues": {}}, "fieldValues: must be an array"),
        ({"fieldValues": [{"value": "x"}]}, "fieldValues[0].name: missing"),
        ({"fieldValues": [{"name": "email", "value": {"a": 1}}]}, "fieldValues[0].value: must be text"),
        ({"properties": []}, "properties: must be an object"),
        ({"properties": {"email": {"value": "nobody"}}}, "email: “nobody” is not an address"),
        ({"email": "ada@example.com", "timestamp": "yesterday"}, "timestamp: “yesterday” is neither"),
        ({"email": "ada@example.com", "timestamp": 10**40}, "timestamp: "),
        ({"email": "ada@example.com", "timestamp": -1}, "timestamp: the year 1969"),
        (legacy(**{"form-submissions": 3}), "form-submissions: must be an array"),
        ({"email": "ada@example.com"}, "formId: (none) is not an allowed form"),
        ({"email": "ada@example.com", "formId": "unheard-of"}, "formId: unheard-of is not an allowed form"),
    ],
)
def test_what_cannot_be_used_is_ignored_with_the_field_and_kept(post: Post, payload: Any, reason: str) -> None:
    answer = post(payload)
    assert answer.status_code == 200
    assert [item["reason"][: len(reason)] for item in answer.json()["items"]] == ([reason] if reason else [])
    assert Delivery.objects.get().verdict == "ignored"
    assert not WorkflowRun.objects.exists()


def test_a_form_that_is_switched_off_is_ignored_by_name(post: Post, lead: Make) -> None:
    AllowedForm.objects.update(enabled=False)
    assert post(lead()).json()["items"][0]["reason"] == "formId: the form “Contact sales” is switched off"


def test_an_unknown_portal_is_ignored_and_kept(post: Post, lead: Make, workspace: Workspace) -> None:
    Workspace.objects.update(portal_id="1")
    answer = post(lead())
    assert answer.status_code == 200
    assert answer.json()["items"][0]["reason"] == "portalId: no workspace has the portal 4242"
    assert Delivery.objects.get().reason


def test_one_secret_may_sign_for_several_portals(
    post: Post, lead: Make, workspace: Workspace, mocker_secret: Any
) -> None:
    other = mocker_secret("other", "4242")
    Workspace.objects.filter(pk=workspace.pk).update(portal_id="1")
    AllowedForm.objects.create(workspace=other, form_id=FORM_ID, name="Theirs")
    assert post(lead()).status_code == 202
    assert WorkflowRun.objects.get().workspace == other


@pytest.fixture
def mocker_secret() -> Callable[[str, str], Workspace]:
    def make(slug: str, portal_id: str) -> Workspace:
        made = Workspace.objects.create(slug=slug, name=slug, portal_id=portal_id)
        seal(made, "hubspot", {"client_secret": SECRET})
        return made

    return make


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-HubSpot-Signature-v3": "x"},
        {"X-HubSpot-Signature-v3": "x", "X-HubSpot-Request-Timestamp": "1"},
        {"X-HubSpot-Signature": "x"},
    ],
)
def test_what_is_not_provably_hubspots_is_refused(post: Post, lead: Make, headers: dict[str, str]) -> None:
    answer = post(lead(), headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Not accepted: ")
    assert not Submission.objects.exists()


def test_another_secret_is_refused(post: Post, lead: Make) -> None:
    assert post(lead(), secret="another").status_code == 401


def test_without_a_configured_secret_nothing_is_accepted(post: Post, lead: Make, settings: Any) -> None:
    settings.HUBSPOT_CLIENT_SECRET = ""
    answer = post(lead(), secret="")
    assert answer.status_code == 401
    assert "HUBSPOT_CLIENT_SECRET" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff\xfe", b"hello", b'"text"', b"7", b"null", b"[" * 100_000, b'{"a":' * 60_000, b"9" * 5000),
        json.dumps([event(number) for number in range(101)]).encode(),
    ],
)
def test_a_body_that_is_no_delivery_is_a_400_and_kept(post: Post, body: bytes) -> None:
    answer = post(body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    delivery = Delivery.objects.get()
    assert (delivery.verdict, bytes(delivery.body)) == ("refused", body)


def test_a_body_over_a_mebibyte_is_a_413_and_noted_without_it(post: Post, workspace: Workspace) -> None:
    assert post(b" " * (1024 * 1024 + 1)).status_code == 413
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.signature, delivery.workspace) == ("refused", "v3", workspace)
    assert (bytes(delivery.body), delivery.size, delivery.is_whole) == (b"", 1024 * 1024 + 1, False)


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\ud800", "😀" * 5000, "x" * 500_000, 1e308, True, ["a", 1]])
def test_strange_values_are_stored_without_harm(post: Post, lead: Make, value: Any) -> None:
    assert post(lead(message=value, firstname=value)).status_code == 202


def test_nested_junk_in_an_accepted_body_is_no_harm(post: Post, lead: Make) -> None:
    deep: Any = "x"
    for _ in range(600):
        deep = [deep]
    assert post(lead() | {"extra": deep}).status_code in {202, 400}


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert getattr(client, method)(PATH).status_code == 405


@pytest.mark.parametrize("method", ["get", "options"])
def test_a_refused_method_is_told_in_the_shape_of_every_other_refusal(client: Client, method: str) -> None:
    answer = getattr(client, method)(PATH)
    assert answer.status_code == 405
    assert answer.json()["error"]["status"] == 405


def test_without_a_database_hubspot_is_asked_to_deliver_again(
    post: Post, lead: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("leads.intake.receive", away)
    answer = post(lead())
    assert answer.status_code == 503
    assert "Deliver it again" in answer.json()["error"]["message"]


def test_whatever_the_caller_says_it_accepts_it_is_answered_in_json(client: Client) -> None:
    assert client.post(PATH, b"{}", content_type="application/json", headers={"Accept": "text/html"}).status_code == 401


@pytest.mark.parametrize("name", ["0-1/email", "contact.email", "business_email", "E-Mail Address", "Email"])
def test_the_address_is_found_under_the_names_that_forms_give_it(post: Post, lead: Make, name: str) -> None:
    assert post(lead(email=None, **{name: "ada@example.com"})).status_code == 202
    assert Lead.objects.get().email == "ada@example.com"


def test_an_address_that_is_none_in_lower_case_is_ignored(post: Post, lead: Make) -> None:
    assert post(lead(email="İ@ex.com")).json()["items"][0]["verdict"] == "ignored"


def test_an_event_of_a_contact_that_our_own_run_made_starts_no_run(post: Post, workspace: Workspace) -> None:
    Lead.objects.create(workspace=workspace, email="ada@example.com", hubspot_contact_id="1001")
    assert post([event(1)]).json()["items"][0]["reason"].startswith("objectId: contact 1001 is a lead already")


def test_the_same_event_twice_in_a_batch_is_one_run_that_both_name(post: Post) -> None:
    items = post([event(1), event(1)]).json()["items"]
    assert [item["verdict"] for item in items] == ["accepted", "duplicate"]
    assert items[0]["run"] == items[1]["run"] == WorkflowRun.objects.get().pk
