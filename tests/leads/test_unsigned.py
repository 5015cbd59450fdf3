"""Deliveries without a good signature: kept to be looked at, and never so many that they do harm."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import unsigned
from leads.models import Delivery, UnsignedHour, Workspace

pytestmark = pytest.mark.django_db

PATH = "/webhook/formlead?source=a"
MEBIBYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def counter(monkeypatch: pytest.MonkeyPatch) -> unsigned.Counter:
    fresh = unsigned.Counter()
    monkeypatch.setattr(unsigned, "counter", fresh)
    return fresh


def post(client: Client, body: bytes = b"{}", **headers: str) -> Any:
    return client.post(PATH, body, content_type="application/json", headers=headers)


def test_an_unsigned_delivery_is_kept_with_why_and_all_that_was_signed(client: Client, workspace: Workspace) -> None:
    body = json.dumps({"email": "ada@example.com"}).encode()
    headers = {"X-HubSpot-Signature-v3": "wrong", "X-HubSpot-Request-Timestamp": "1", "Cookie": "a=secret"}
    assert client.post(PATH, body, content_type="application/json", headers=headers).status_code == 401
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.signature, delivery.workspace) == ("refused", "", None)
    assert "X-HubSpot-Request-Timestamp is" in delivery.reason
    assert (bytes(delivery.body), delivery.target, delivery.is_whole) == (body, PATH, True)
    assert delivery.headers["X-HubSpot-Signature-v3"] == "wrong"
    assert "secret" not in str(delivery.headers)


def test_of_a_long_unsigned_body_the_beginning_is_kept(client: Client, workspace: Workspace) -> None:
    post(client, b"x" * 100_000)
    delivery = Delivery.objects.get()
    assert (len(delivery.body), delivery.size, delivery.is_whole) == (64 * 1024, 100_000, False)


@pytest.mark.parametrize("size", [MEBIBYTE + 1, 5 * MEBIBYTE])
def test_of_an_unsigned_body_that_is_too_large_nothing_is_kept(client: Client, workspace: Workspace, size: int) -> None:
    assert post(client, b"x" * size).status_code == 413
    delivery = Delivery.objects.get()
    assert (bytes(delivery.body), delivery.size, delivery.signature) == (b"", size, "")
    assert delivery.reason.startswith("The body is larger than 1 MiB.")


def test_a_claimed_size_beyond_all_numbers_is_noted(client: Client, workspace: Workspace) -> None:
    answer = client.post(PATH, b"{}", content_type="application/json", headers={"Content-Length": "9" * 30})
    assert answer.status_code == 413
    assert Delivery.objects.get().size == 2**31 - 1


def test_long_headers_are_cut(client: Client, workspace: Workspace) -> None:
    post(client, **{"User-Agent": "x" * 5000})
    assert len(Delivery.objects.get().headers["User-Agent"]) == 500


def test_an_hours_first_are_kept_and_all_are_counted(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsigned, "AN_HOUR", 3)
    monkeypatch.setattr(unsigned, "PAUSE", 0)
    for _ in range(7):
        assert post(client).status_code == 401
    assert Delivery.objects.count() == 3
    assert UnsignedHour.objects.get().number == 7


def test_a_flood_is_counted_without_asking_the_database_each_time(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, counter: unsigned.Counter
) -> None:
    monkeypatch.setattr(unsigned, "AN_HOUR", 3)
    monkeypatch.setattr(unsigned, "PAUSE", 600)
    for _ in range(4):
        post(client)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(50):
            post(client)
    assert not [query for query in queries if "unsignedhour" in query["sql"] or "INSERT" in query["sql"]]
    counter.full_at -= unsigned.PAUSE
    post(client)
    assert UnsignedHour.objects.get().number == 55


def test_the_oldest_unsigned_ones_go_and_signed_ones_stay(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsigned, "AT_MOST", 3)
    old = Delivery.objects.create(signature="", verdict="refused", body=b"")
    Delivery.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(days=31))
    signed = Delivery.objects.create(signature="v3", verdict="refused", body=b"")
    Delivery.objects.filter(pk=signed.pk).update(received_at=timezone.now() - timedelta(days=900))
    UnsignedHour.objects.create(hour=timezone.now() - timedelta(days=31), number=1)
    newer = [Delivery.objects.create(signature="", verdict="refused", body=b"").pk for _ in range(5)]
    post(client)
    kept = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    assert kept == [signed.pk, *newer[3:], kept[-1]]
    assert UnsignedHour.objects.count() == 1
