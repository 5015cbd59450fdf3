"""The page of limits and circuits, and where else the console shows them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from leads import breakers, budgets
from leads.budgets import HUBSPOT, Purse, Rank
from leads.models import Breaker, Event, Workspace


@pytest.fixture
def page() -> str:
    return reverse("admin:circuits")


def seen(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_limits_and_circuits_are_shown_with_what_is_used(
    admin_client: Client, workspace: Workspace, settings: Any, page: str
) -> None:
    settings.HUBSPOT_CALLS_PER_10_SECONDS = 100
    budgets.reserve(Purse(workspace.pk, HUBSPOT), Rank.RUN, least=1, asked=25)
    Breaker.objects.create(workspace=workspace, service="gmail")
    shown = seen(admin_client, page)
    assert "25 of 100 calls in 10 s" in shown
    assert "Not called yet" in shown
    assert "25 of 100 calls in 10 s" in seen(
        admin_client, reverse("admin:settings_tab", args=["default", "connections"])
    )


def test_without_limits_the_page_says_so(admin_client: Client, workspace: Workspace, page: str) -> None:
    assert "No limit is kept to" in seen(admin_client, page)


def test_a_person_opens_and_closes_a_circuit_with_a_reason(
    admin_client: Client, workspace: Workspace, page: str
) -> None:
    admin_client.post(page, {"service": "drive", "to": "open", "reason": "Drive is being moved"})
    assert Breaker.objects.get(service="drive").state == Breaker.State.OPEN
    shown = seen(admin_client, page)
    assert "Opened by hand" in shown
    assert "Drive is being moved" in shown
    assert "left alone" in seen(admin_client, reverse("admin:index"))
    admin_client.post(page, {"service": "drive", "to": "close", "reason": "It was moved"})
    assert Breaker.objects.get(service="drive").state == Breaker.State.CLOSED
    assert "It was moved" in seen(admin_client, page)
    assert [event.actor for event in Event.objects.filter(kind__startswith="breaker_")] == ["admin", "admin"]


def test_a_reason_is_required(admin_client: Client, workspace: Workspace, page: str) -> None:
    answer = admin_client.post(page, {"service": "drive", "to": "open", "reason": " "})
    assert answer.status_code == 200
    assert not Breaker.objects.exists()


def test_who_may_only_look_is_offered_no_switch(client: Client, workspace: Workspace, page: str) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_apicall"))
    client.force_login(looker)
    assert "by hand" not in seen(client, page)
    client.post(page, {"service": "drive", "to": "open", "reason": "because"})
    assert not Breaker.objects.exists()


def test_an_open_circuit_is_on_the_health_strip_until_it_closes(
    admin_client: Client, workspace: Workspace, settings: Any
) -> None:
    settings.BREAKER_MIN_CALLS = 1
    row = Breaker.objects.create(workspace=workspace, service="calendar")
    breakers.trip(row.pk, "5 of 5 calls within a minute failed.")
    home = reverse("admin:index")
    assert "left alone, most calls failed" in seen(admin_client, home)
    breakers.closed(row.pk)
    assert "left alone, most calls failed" not in seen(admin_client, home)
    breakers.switch_off(workspace, "calendar", reason="It moves.", by="olga")
    assert "left alone by hand" in seen(admin_client, home)
