"""Approving from a message: a link for one person, one draft as it stood, one use, 72 hours."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from leads import approval, drafts, messages, notices
from leads.models import Draft, Event, Notice, NoticeAddress, Workspace
from tests.leads.driving import drive_once, take_in

HREF = re.compile(r"https://sales\.northwind\.example(/approve/\S+)")


@pytest.fixture
def olga(db: None) -> User:
    user = User.objects.create_user("olga", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_draft", "review_draft"]))
    return user


@pytest.fixture
def link(box: Any, lead: Callable[..., Any], workspace: Workspace, olga: User) -> str:
    """The path of the link that Olga was sent."""
    notices.add(workspace, url="json://127.0.0.1:9", name="Olga's mail", person=olga, by=olga)
    assert drive_once(take_in(lead(firstname="Mara"), workspace)).outcome == "drafted"
    message = messages.message(Notice.objects.get())
    assert message is not None
    found = HREF.search(message.body)
    assert found is not None
    return found[1]


@pytest.fixture
def anybody() -> Client:
    """Not logged in, as on somebody's phone, or a scanner of mail; with CSRF checks as in a browser."""
    return Client(enforce_csrf_checks=True)


def status() -> str:
    return Draft.objects.get().status


def press(client: Client, link: str) -> Any:
    """The button of the page."""
    page = client.get(link)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    return client.post(link, {"csrfmiddlewaretoken": token[1] if token else ""})


def test_reading_the_page_changes_nothing(anybody: Client, link: str) -> None:
    for _ in range(3):
        page = anybody.get(link)
        assert page.status_code == 200
    anybody.head(link)
    draft = Draft.objects.get()
    text = page.content.decode()
    assert draft.recipient in text
    assert "Approve as olga" in text
    assert draft.body.split("\n")[0] in text
    assert (draft.status, Notice.objects.get().used_at) == ("ready", None)
    assert "no-store" in page["Cache-Control"]
    assert "default-src 'none'" in page["Content-Security-Policy"]


def test_the_button_approves_in_the_name_of_the_person_the_link_was_made_for(anybody: Client, link: str) -> None:
    page = press(anybody, link)
    assert page.status_code == 200
    assert "is approved in the name of olga" in page.content.decode()
    draft = Draft.objects.get()
    assert (draft.status, str(draft.reviewed_by)) == ("approved", "olga")
    assert [event.actor for event in Event.objects.filter(kind__in=["draft_approved", "approve_link_used"])] == [
        "olga",
        "olga",
    ]
    used = Event.objects.get(kind="approve_link_used")
    assert used.facts == {"draft": draft.pk, "address": NoticeAddress.objects.get().pk}


def test_a_request_that_no_page_of_ours_sent_approves_nothing(anybody: Client, link: str) -> None:
    assert anybody.post(link).status_code == 403
    assert status() == "ready"


def refused(client: Client, link: str, why: str) -> None:
    for page in (client.get(link), Client().post(link)):
        assert page.status_code == 410
        assert why in page.content.decode()
        assert "<form" not in page.content.decode()


def test_a_link_works_once_also_after_the_verdict_was_taken_back(anybody: Client, link: str) -> None:
    press(anybody, link)
    refused(anybody, link, "This link was used")
    Draft.objects.update(status="ready", reviewed_by=None)
    refused(anybody, link, "This link was used")
    assert status() == "ready"


def test_a_link_expires(anybody: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval, "LIFE", timedelta(seconds=-1))
    refused(anybody, link, "This link has expired")
    assert status() == "ready"


@pytest.mark.parametrize("change", [{"body": "Other words."}, {"subject": "Other"}, {"recipient": "eve@evil.example"}])
def test_a_link_is_bound_to_what_the_draft_said(anybody: Client, link: str, change: dict[str, str]) -> None:
    Draft.objects.update(**change)
    refused(anybody, link, "This draft has changed")
    assert status() == "ready"


def test_a_link_dies_with_the_permission(anybody: Client, link: str, olga: User) -> None:
    olga.user_permissions.clear()
    refused(anybody, link, "You may not review drafts any more")
    olga.user_permissions.set(Permission.objects.filter(codename__in=["view_draft", "review_draft"]))
    User.objects.update(is_active=False)
    refused(anybody, link, "You may not review drafts any more")
    assert status() == "ready"


def test_a_draft_that_was_reviewed_elsewhere_is_left_as_it_is(anybody: Client, link: str, olga: User) -> None:
    drafts.reject(Draft.objects.get(), version=1, reason="no", by=olga)
    refused(anybody, link, "This draft is rejected already")


def test_a_draft_that_fails_a_hard_check_stays_as_it_is_and_the_link_unused(anybody: Client, link: str) -> None:
    Draft.objects.update(is_sound=False, checks=[{"name": "no_invented_facts", "hard": True, "passed": False}])
    page = press(anybody, link)
    assert page.status_code == 410
    assert "a check fails" in page.content.decode()
    assert (status(), Notice.objects.get().used_at) == ("ready", None)


def test_a_link_dies_with_its_address(anybody: Client, link: str, olga: User) -> None:
    notices.remove(Notice.objects.get().address, by=olga)
    refused(anybody, link, "This draft is gone")


def test_a_link_that_was_tampered_with_does_not_open(anybody: Client, link: str) -> None:
    refused(anybody, link.rstrip("/")[:-3] + "abc/", "This link is not whole")
    refused(anybody, "/approve/nonsense/", "This link is not whole")


def test_the_page_says_whether_approving_sends(anybody: Client, link: str, settings: Any) -> None:
    assert "Approving does not send: WORKFLOW_MODE is DRAFT_ONLY." in anybody.get(link).content.decode()
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    assert "Sent 30 s after you approve." in anybody.get(link).content.decode()
    said = press(anybody, link).content.decode()
    assert "It is sent in 30 s." in said
    assert "it can be taken back in the console" in said
    assert status() == "scheduled"


def test_a_new_message_in_the_thread_makes_the_link_one_for_another_draft(anybody: Client, link: str) -> None:
    Draft.objects.update(thread_head="a newer one")
    assert "This draft has changed" in anybody.get(link).content.decode()
