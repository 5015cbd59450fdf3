"""Deliveries that were kept: taken in again, counted, explained."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connectors.hubspot_signature import sign_v3
from leads import deliveries, unsigned, webhook_log
from leads.credentials import seal
from leads.models import AllowedForm, Delivery, Event, Submission, UnsignedHour, WorkflowRun, Workspace
from tests.conftest import FORM_ID, SECRET

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
Post = Callable[..., Delivery]
PATH = "/webhook/formlead"


@pytest.fixture(autouse=True)
def counter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsigned, "counter", unsigned.Counter())


@pytest.fixture
def post(client: Client, workspace: Workspace) -> Post:
    """Deliver a payload, signed with this secret so many seconds ago; the delivery that was kept."""

    def send(payload: Any, *, secret: str = SECRET, ago: float = 0) -> Delivery:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        stamp = str(int((time.time() - ago) * 1000))
        signature = sign_v3(secret, "POST", settings.PUBLIC_URL + PATH, body, stamp)
        headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
        client.post(PATH, body, content_type="application/json", headers=headers)
        return Delivery.objects.latest("pk")

    return send


def test_what_was_accepted_is_a_duplicate_when_it_is_replayed(post: Post, lead: Make) -> None:
    first = post(lead())
    again = deliveries.replay(first, actor="olga")
    assert (again.verdict, again.replay_of, again.pk) == ("duplicate", first, first.pk + 1)
    assert WorkflowRun.objects.count() == 1


def test_what_version_0_1_0_accepted_is_a_duplicate_as_well(post: Post, lead: Make) -> None:
    first = post(lead())
    Submission.objects.update(dedupe_key="form:by the portal too")
    import_module("leads.migrations.0033_submissions_by_hubspots_id").name_anew(apps, None)
    assert deliveries.replay(first, actor="olga").verdict == "duplicate"
    assert WorkflowRun.objects.count() == 1


def test_what_was_ignored_is_accepted_once_its_form_is_allowed(post: Post, lead: Make) -> None:
    AllowedForm.objects.update(enabled=False)
    first = post(lead())
    assert first.verdict == "ignored"
    AllowedForm.objects.update(enabled=True)
    again = deliveries.replay(first, actor="olga")
    run = WorkflowRun.objects.get()
    assert again.verdict == "accepted"
    assert run.submission.delivery == again
    first.refresh_from_db()
    assert first.verdict == "ignored"
    assert bytes(again.body) == bytes(first.body)


def test_a_replay_is_on_record(post: Post, lead: Make) -> None:
    AllowedForm.objects.update(enabled=False)
    first = post(lead())
    AllowedForm.objects.update(enabled=True)
    again = deliveries.replay(first, actor="olga")
    event = Event.objects.get(kind="delivery_replayed")
    assert event.actor == "olga"
    assert event.facts == {
        "delivery": first.pk,
        "replay": again.pk,
        "verdict": "accepted",
        "runs": [WorkflowRun.objects.get().pk],
    }


def test_one_that_came_too_late_is_taken_in(post: Post, lead: Make) -> None:
    first = post(lead(), ago=900)
    assert (first.verdict, first.signature) == ("refused", "")
    again = deliveries.replay(first, actor="olga")
    assert (again.verdict, again.signature) == ("accepted", "v3")


def test_one_whose_secret_was_entered_since_is_taken_in(post: Post, lead: Make, workspace: Workspace) -> None:
    first = post(lead(), secret="entered-later")
    with pytest.raises(deliveries.NotPossible, match="does not hold now either: the v3 signature does not match"):
        deliveries.replay(first, actor="olga")
    seal(workspace, "hubspot", {"client_secret": "entered-later"})
    assert deliveries.replay(first, actor="olga").verdict == "accepted"


def test_one_without_a_signature_is_never_taken_in(client: Client, workspace: Workspace, lead: Make) -> None:
    client.post(PATH, json.dumps(lead()), content_type="application/json")
    with pytest.raises(deliveries.NotPossible, match="neither X-HubSpot-Signature-v3"):
        deliveries.replay(Delivery.objects.get(), actor="olga")
    assert not WorkflowRun.objects.exists()
    assert not Event.objects.exists()


def test_without_any_secret_an_unproven_one_is_not_taken_in(post: Post, lead: Make, settings: Any) -> None:
    first = post(lead(), ago=900)
    settings.HUBSPOT_CLIENT_SECRET = ""
    with pytest.raises(deliveries.NotPossible, match="no client secret is configured"):
        deliveries.replay(first, actor="olga")


def test_one_that_was_proved_once_is_taken_in_although_the_secret_has_changed(
    post: Post, lead: Make, settings: Any
) -> None:
    first = post(lead())
    settings.HUBSPOT_CLIENT_SECRET = "a-new-one"
    assert deliveries.replay(first, actor="olga").verdict == "duplicate"


def test_one_that_was_kept_in_part_is_not_taken_in(post: Post) -> None:
    first = post(b" " * 100_000, ago=900)
    with pytest.raises(deliveries.NotPossible, match="of its 100000 bytes 65536 were kept"):
        deliveries.replay(first, actor="olga")


def test_one_that_cannot_be_read_is_told_why(post: Post) -> None:
    with pytest.raises(deliveries.NotPossible, match="The body is not JSON"):
        deliveries.replay(post(b"hello"), actor="olga")


def test_the_form_that_a_delivery_names_is_noted(post: Post, lead: Make) -> None:
    assert post(lead()).form_id == FORM_ID
    assert post([]).form_id == ""


def test_deliveries_are_counted_by_the_hour(workspace: Workspace) -> None:
    now = datetime(2026, 3, 2, 12, 20, tzinfo=UTC)
    for hours, verdict in ((0, "accepted"), (0, "refused"), (1, "accepted"), (23, "ignored"), (24, "accepted")):
        made = Delivery.objects.create(workspace=workspace, signature="v3", body=b"", verdict=verdict)
        Delivery.objects.filter(pk=made.pk).update(received_at=now - timedelta(hours=hours))
    UnsignedHour.objects.create(hour=now.replace(minute=0), number=unsigned.AN_HOUR + 7)
    counted = webhook_log.by_hour(now)
    assert len(counted) == 24
    assert counted[-1].by_verdict == {"accepted": 1, "refused": 1}
    assert (counted[-1].total, counted[-1].not_kept) == (2, 7)
    assert counted[-2].by_verdict == {"accepted": 1}
    assert counted[0].by_verdict == {"ignored": 1}


def test_counting_looks_at_no_more_than_so_many(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_log, "MOST", 2)
    for _ in range(3):
        Delivery.objects.create(workspace=workspace, signature="v3", body=b"", verdict="accepted")
    assert sum(hour.total for hour in webhook_log.by_hour()) == 2


def test_items_come_with_their_runs_and_the_names_of_their_forms(post: Post, lead: Make) -> None:
    (item,) = webhook_log.items_of(post(lead()))
    assert (item.number, item.verdict, item.form, item.run) == (
        1,
        "accepted",
        "Contact sales",
        WorkflowRun.objects.get(),
    )


@pytest.mark.parametrize("items", [["x"], [{}], [{"run": 99, "form": "gone"}], [{"run": None}] * 500])
def test_items_of_any_shape_are_shown(workspace: Workspace, items: Any) -> None:
    made = Delivery.objects.create(workspace=workspace, signature="v3", body=b"", verdict="ignored", items=items)
    with CaptureQueriesContext(connection) as queries:
        assert len(webhook_log.items_of(made)) <= webhook_log.ITEMS
    assert len(queries) <= 2


def test_a_signature_is_explained_against_todays_settings(post: Post, lead: Make, settings: Any) -> None:
    late = webhook_log.explain(post(lead(), ago=900))
    assert [part.name for part in late.parts if part.is_right is False] == ["Timestamp"]
    assert late.signer == "Northwind"
    settings.PUBLIC_URL = "http://sales.northwind.example"
    assert [part.name for part in webhook_log.explain(post(lead(), ago=9)).parts if part.is_right] != []


def test_a_delivery_of_another_workspaces_portal_is_explained(post: Post, lead: Make, workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(portal_id="1")
    other = Workspace.objects.create(slug="other", name="Globex", portal_id="4242")
    seal(other, "hubspot", {"client_secret": "theirs"})
    said = webhook_log.explain(post(lead())).parts[-1]
    assert said.found == "that of Northwind, but the portal in the body is Globex's"


def test_one_from_before_targets_and_signatures_were_kept_is_explained(workspace: Workspace) -> None:
    old = Delivery.objects.create(workspace=workspace, signature="v3", body=b"{}", verdict="ignored")
    (part,) = webhook_log.explain(old).parts
    assert part.found.startswith("v3 was verified when it came")


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")
def test_the_command_that_is_shown_signs_as_hubspot_does() -> None:
    command = webhook_log.curl_command()
    script = command.split("curl")[0] + 'echo "$SIGNATURE"; echo "$URL"; echo "$BODY"; echo "$TIME"'
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=10)
    signature, url, body, stamp = said.stdout.splitlines()
    assert url == "https://sales.northwind.example/webhook/formlead"
    assert signature == sign_v3("the client secret of the HubSpot app", "POST", url, body.encode(), stamp)
    assert abs(time.time() - int(stamp) / 1000) < 60
