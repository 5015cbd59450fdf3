"""The page of messages to the team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from leads import notices
from leads.console.notifications import AddressForm
from leads.models import Event, Notice, NoticeAddress, Workspace
from leads.roles import MANAGER

PAGE = "/admin/notifications/"
URL = "json://olga:secret-pass@127.0.0.1:9/secret-path"
NEW = {"name": "Sales", "url": URL, "on_draft_ready": "on", "alerts": ["dead_letter", "backlog"]}


@pytest.fixture
def address(workspace: Workspace, boss: User) -> NoticeAddress:
    return notices.add(workspace, url=URL, name="Sales", by=boss)


def text(page: Any) -> str:
    assert page.status_code == 200
    return page.content.decode()


def test_an_address_goes_in_and_never_comes_out_again(client: Client, workspace: Workspace, boss: User) -> None:
    assert "Nobody is told yet" in text(client.get(PAGE))
    page = text(client.post(PAGE, NEW | {"mine": "on"}, follow=True))
    assert "Sales is told from now on" in page
    assert "JSON" in page
    address = NoticeAddress.objects.get()
    assert (notices.unsealed(address), address.person, address.on_draft_ready) == (URL, boss, True)
    assert "secret" not in page + text(client.get(f"{PAGE}{address.pk}/"))


def test_a_bad_address_is_explained_and_not_repeated(client: Client, workspace: Workspace) -> None:
    page = text(client.post(PAGE, NEW | {"url": "nosuch://secret-token"}))
    assert "Apprise does not understand this address" in page
    assert "secret-token" not in page
    assert not NoticeAddress.objects.exists()


def test_a_name_is_given_once(client: Client, address: NoticeAddress) -> None:
    assert "There is an address of this name already." in text(client.post(PAGE, NEW))
    assert NoticeAddress.objects.count() == 1


def test_two_people_who_take_a_name_at_once_are_told(
    client: Client, address: NoticeAddress, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = notices.add(address.workspace, url=URL, name="Other", by=boss)
    monkeypatch.setattr(AddressForm, "clean_name", lambda form: form.cleaned_data["name"])
    assert "There is an address of this name already." in text(client.post(PAGE, NEW))
    assert "There is an address of this name already." in text(client.post(f"{PAGE}{other.pk}/", NEW))


def test_a_form_that_is_refused_leaves_the_name_in_the_title_alone(client: Client, address: NoticeAddress) -> None:
    page = client.post(f"{PAGE}{address.pk}/", NEW | {"name": "Never stored", "url": "nosuch://x"})
    assert page.context["title"] == "Sales"


def manager() -> Client:
    """Sets where messages go, and may not review drafts."""
    mia = User.objects.create_user("mia", is_staff=True)
    mia.groups.add(Group.objects.get(name=MANAGER))
    assert not mia.has_perm("leads.review_draft")
    client = Client()
    client.force_login(mia)
    return client


def test_nobody_can_have_the_links_of_somebody_else_sent_to_themselves(workspace: Workspace, boss: User) -> None:
    manager().post(PAGE, NEW | {"person": boss.pk})
    assert NoticeAddress.objects.get().person is None
    mia = User.objects.get(username="mia")
    with pytest.raises(notices.NotPossible, match="Only olga can say"):
        notices.add(workspace, url=URL, name="Forged", person=boss, by=mia)
    with pytest.raises(notices.NotPossible, match="Only mia can say"):  # nor a superuser
        notices.add(workspace, url=URL, name="Forged", person=mia, by=boss)


def test_an_address_that_is_pointed_elsewhere_is_nobodys_any_more(client: Client, workspace: Workspace) -> None:
    client.post(PAGE, NEW | {"mine": "on"})
    address = NoticeAddress.objects.get()
    page, hers = f"{PAGE}{address.pk}/", address.person
    by_mia = manager()
    assert "It is olga’s now" in text(by_mia.get(page))
    by_mia.post(page, NEW | {"url": "", "name": "Renamed"})
    address.refresh_from_db()
    assert (address.name, address.person) == ("Renamed", hers)
    by_mia.post(page, NEW | {"url": "json://mia.example"})
    address.refresh_from_db()
    assert address.person is None
    facts = Event.objects.filter(kind="notice_address_changed").order_by("pk").values_list("facts__fields", flat=True)
    assert ["person" in fields for fields in facts] == [False, True]


def test_who_claims_an_address_enters_it(client: Client, address: NoticeAddress, boss: User) -> None:
    page = f"{PAGE}{address.pk}/"
    assert "Enter the address again" in text(client.post(page, NEW | {"url": "", "mine": "on"}))
    client.post(page, NEW | {"mine": "on"})
    address.refresh_from_db()
    assert address.person == boss
    client.post(page, NEW | {"url": "json://127.0.0.1:9/elsewhere", "mine": "on"})
    address.refresh_from_db()
    assert address.person == boss
    client.post(page, NEW | {"url": ""})
    address.refresh_from_db()
    assert address.person is None


def test_an_address_that_is_left_empty_stays(client: Client, address: NoticeAddress) -> None:
    client.post(f"{PAGE}{address.pk}/", {"name": "Team", "url": "", "alerts": ["dead_letter"]})
    address.refresh_from_db()
    assert (address.name, address.on_draft_ready, notices.unsealed(address)) == ("Team", False, URL)
    assert "backlog" in address.alerts_off
    assert "dead_letter" not in address.alerts_off


def test_a_test_goes_into_the_outbox_and_shows_on_the_page(client: Client, address: NoticeAddress) -> None:
    page = text(client.post(f"{PAGE}{address.pk}/test/", follow=True))
    assert "A test is on its way to Sales" in page
    assert "On its way" in page
    assert Notice.objects.get().kind == "test"


def test_what_could_not_be_sent_is_seen_on_the_console_and_can_be_sent_again(
    client: Client, address: NoticeAddress, boss: User
) -> None:
    notice = notices.send_test(address, by=boss)
    Notice.objects.update(state="failed", error="The service said 500.")
    assert "1 message to the team could not be sent." in text(client.get("/admin/errors/"))
    assert "The service said 500." in text(client.get(PAGE))
    assert "It is tried again." in text(client.post(f"{PAGE}again/{notice.pk}/", follow=True))
    assert Notice.objects.get().state == "queued"
    assert "Only a message that was not sent" in text(client.post(f"{PAGE}again/{notice.pk}/", follow=True))


def test_removing_takes_what_waits_along(client: Client, address: NoticeAddress, boss: User) -> None:
    notices.send_test(address, by=boss)
    client.post(f"{PAGE}{address.pk}/remove/")
    assert not NoticeAddress.objects.exists()
    assert not Notice.objects.exists()
    assert Event.objects.filter(kind="notice_address_removed", actor="olga").exists()


def test_each_thing_takes_its_permission(as_staff: Callable[..., Client], address: NoticeAddress) -> None:
    assert as_staff().get(PAGE).status_code == 403
    reader = as_staff("view_noticeaddress")
    assert "Tell one more" not in text(reader.get(PAGE))
    reader.post(PAGE, NEW | {"name": "Mine"})
    assert NoticeAddress.objects.count() == 1
    for page in ("", "test/", "remove/"):
        assert reader.post(f"{PAGE}{address.pk}/{page}").status_code == 403
    assert reader.post(f"{PAGE}again/1/").status_code == 403


def test_pages_of_nothing_are_not_found(client: Client, workspace: Workspace) -> None:
    assert client.get(PAGE, {"workspace": "nobody"}).status_code == 404
    assert client.get(PAGE, {"workspace": "\x00"}).status_code == 404
    for page in ("0/", "999999999999999999/", "abc/"):
        assert client.get(PAGE + page).status_code == 404
