"""Drills: trouble on demand where the sandbox stands for all accounts, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from connectors.accounts import open_accounts
from leads import offers
from leads.credentials import accounts_config
from leads.models import Draft, Event, Workspace
from tests.leads.driving import drive_to_the_end, take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
TROUBLE = {"where": "gmail", "kind": "503", "share": "0.5", "minutes": "5"}
ADDRESSES = ("drills", "drills_off", "drills_hold")


@pytest.fixture
def olga(client: Client, workspace: Workspace) -> Client:
    return client  # hers


def facts(kind: str) -> dict[str, Any]:
    event = Event.objects.get(kind=kind)
    assert event.actor == "olga"
    return dict(event.facts)


def test_a_fault_is_switched_on_for_a_while_and_shown(olga: Client, box: Any) -> None:
    page = olga.post(reverse("admin:drills"), TROUBLE, follow=True).content.decode()
    (fault,) = box.control.faults()
    assert fault["spec"] == "503:gmail:0.5:for=300"
    assert 290 < fault["seconds_left"] <= 300
    assert "Gmail answers 503" in page
    assert "half of the calls" in page
    assert facts("fault_switched_on") == {"fault": "503", "where": "gmail", "share": 0.5, "min": 5}


def test_one_fault_is_switched_off_or_all_of_them(olga: Client, box: Any) -> None:
    for kind in ("500", "429", "timeout"):
        olga.post(reverse("admin:drills"), TROUBLE | {"kind": kind})
    middle = box.control.faults()[1]["number"]
    olga.post(reverse("admin:drills_off"), {"number": middle})
    assert [fault["spec"].partition(":")[0] for fault in box.control.faults()] == ["500", "timeout"]
    olga.post(reverse("admin:drills_off"))
    assert box.control.faults() == []
    assert [event.facts for event in Event.objects.filter(kind="fault_switched_off").order_by("pk")] == [
        {"fault": middle},
        {"fault": "all"},
    ]


@pytest.mark.parametrize(
    "odd", [{"where": "moon"}, {"kind": "explode"}, {"share": "2"}, {"minutes": "1e9"}, {"where": ""}]
)
def test_a_fault_that_does_not_exist_is_refused(olga: Client, box: Any, odd: dict[str, str]) -> None:
    assert olga.post(reverse("admin:drills"), TROUBLE | odd).status_code == 200
    assert box.control.faults() == []


def test_the_newest_drafts_prospect_writes_in_its_thread(
    olga: Client, box: Any, workspace: Workspace, lead: Make
) -> None:
    draft = drive_to_the_end(take_in(lead(), workspace)).draft
    olga.post(reverse("admin:drills_hold"), {"drill": "reply"})
    thread = open_accounts(accounts_config(workspace)).mail.load_thread(draft.gmail_thread_id)
    assert thread is not None
    assert [message.sender for message in thread.messages] == [draft.recipient]
    assert facts("drill_held") == {"drill": "reply"}


def test_the_first_time_on_offer_is_taken(olga: Client, box: Any, workspace: Workspace, lead: Make) -> None:
    draft = drive_to_the_end(take_in(lead(), workspace)).draft
    first = offers.on_offer([draft.pk])[draft.pk][0]
    olga.post(reverse("admin:drills_hold"), {"drill": "slot"})
    calendar = open_accounts(accounts_config(workspace)).calendar
    busy = calendar.busy(tuple(workspace.calendar_ids or [workspace.sender_email]), first.start, first.end)
    assert [(one.start, one.end) for one in busy] == [(first.start, first.end)]


@pytest.mark.parametrize(("drill", "state"), [("edit", "draft"), ("send", "sent")])
def test_the_rep_edits_or_sends_the_newest_draft(
    olga: Client, box: Any, workspace: Workspace, lead: Make, drill: str, state: str
) -> None:
    drive_to_the_end(take_in(lead(), workspace))
    olga.post(reverse("admin:drills_hold"), {"drill": drill})
    (draft,) = box.control.created()["drafts"]
    assert draft["state"] == state


@pytest.mark.parametrize("drill", ["reply", "slot", "nonsense", ""])
def test_a_drill_that_nothing_is_there_for_says_so(olga: Client, box: Any, drill: str) -> None:
    page = olga.post(reverse("admin:drills_hold"), {"drill": drill}, follow=True).content.decode()
    assert ("There is no open draft" in page) or ("There is no such drill" in page)
    assert not Event.objects.filter(kind="drill_held").exists()


def test_a_sandbox_that_is_gone_is_named(olga: Client, settings: Any) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    page = olga.get(reverse("admin:drills"))
    assert page.status_code == 200
    assert "does not answer at http://127.0.0.1:9" in page.content.decode()
    page = olga.post(reverse("admin:drills"), TROUBLE, follow=True)
    assert "does not answer" in page.content.decode()


@pytest.mark.parametrize("name", ADDRESSES)
def test_without_a_sandbox_there_is_no_such_page(olga: Client, name: str) -> None:
    assert olga.get(reverse(f"admin:{name}")).status_code == 404
    assert olga.post(reverse(f"admin:{name}")).status_code == 404
    assert reverse("admin:drills") not in olga.get(reverse("admin:index")).content.decode()


def test_who_may_only_look_switches_nothing(client: Client, box: Any, workspace: Workspace) -> None:
    reader = User.objects.create_user("rita", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_workflowrun"))
    client.force_login(reader)
    assert "Switch it on" not in client.get(reverse("admin:drills")).content.decode()
    client.post(reverse("admin:drills"), TROUBLE)
    assert client.post(reverse("admin:drills_off")).status_code == 403
    assert client.post(reverse("admin:drills_hold"), {"drill": "reply"}).status_code == 403
    assert box.control.faults() == []
    assert not Draft.objects.exists()
