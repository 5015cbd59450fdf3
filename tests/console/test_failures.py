"""Pages that say what is not there, what is not for somebody and by whom it may be done, and where to go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.template.loader import get_template
from django.test import Client

from leads.models import Workspace
from leads.roles import MANAGER, REVIEWER

SHELL, WAY_BACK = "sa-sidebar", 'href="/admin/"'


@pytest.fixture
def of_role(db: None) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        person = User.objects.create_user(role.lower(), password="pw", is_staff=True)
        person.groups.set(Group.objects.filter(name=role))
        client = Client()
        client.force_login(person)
        return client

    return make


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/admin/review/999999/", "There is no draft 999999."),
        ("/admin/leads/workflowrun/999999/change/", "999999"),
        ("/admin/nothing/here/", "There is no page /admin/nothing/here/"),
        ("/admin/settings/nowhere/voice/", "There is no such workspace."),
    ],
)
def test_what_is_not_there_is_said_in_the_shell(client: Client, workspace: Workspace, address: str, said: str) -> None:
    page = client.get(address)
    assert page.status_code == 404
    text = page.content.decode()
    assert said in text
    assert SHELL in text
    assert 'href="/admin/review/"' in text


def test_whoever_is_not_logged_in_is_told_without_a_query(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        page = Client().get("/nothing/<here>/")
    assert page.status_code == 404
    text = page.content.decode()
    assert "There is no page /nothing/&lt;here&gt;/" in text
    assert SHELL not in text
    assert WAY_BACK in text


def test_what_is_not_for_somebody_names_the_role_that_it_takes(of_role: Callable[[str], Client]) -> None:
    page = of_role(REVIEWER).get("/admin/people/")
    assert page.status_code == 403
    text = page.content.decode()
    assert "It takes the role Manager." in text
    assert SHELL in text


def test_a_form_that_is_too_old_says_to_send_it_again(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)
    page = client.post("/admin/logout/")
    assert page.status_code == 403
    assert "Nothing was changed." in page.content.decode()


def test_what_breaks_is_said_without_a_request_or_a_query(client: Client, monkeypatch: Any) -> None:
    def breaks(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("leads.console.home.cards", breaks)
    client.raise_request_exception = False
    page = client.get("/admin/")
    assert page.status_code == 500
    assert page.content.decode() == get_template("500.html").render()
    assert WAY_BACK in page.content.decode()


def test_a_reviewer_is_offered_no_settings_that_are_not_for_them(
    of_role: Callable[[str], Client], workspace: Workspace
) -> None:
    reviewer = of_role(REVIEWER)
    page = reviewer.get("/admin/settings/default/organisation/").content.decode()
    tabs = re.findall(r'href="([^"]+)"', page[page.index('aria-label="Settings"') :].split("</nav>")[0])
    assert "/admin/settings/default/people/" not in tabs
    assert {reviewer.get(tab).status_code for tab in tabs} == {200}


def test_people_light_up_in_the_menu_on_their_own_page(of_role: Callable[[str], Client], workspace: Workspace) -> None:
    manager = of_role(MANAGER)
    for address, title in (("people", "People"), ("voice", "Settings")):
        page = manager.get(f"/admin/settings/default/{address}/").content.decode()
        menu = page[page.index('class="sa-nav"') :].split("</nav>")[0]
        assert menu.count("aria-current") == 1
        assert re.search(r'aria-current="page">.*?<span>(\w+)</span>', menu, re.DOTALL)[1] == title  # type: ignore[index]
        assert re.search(rf"<h1>\s*{title}\s*</h1>", page)


def test_a_dead_run_tells_a_reviewer_who_can_retry_it(of_role: Callable[[str], Client], make_run: Any) -> None:
    run = make_run("dead", error_kind="PermissionDenied", error="hubspot refused")
    reviewer = of_role(REVIEWER)
    page = reviewer.get(f"/admin/leads/workflowrun/{run.pk}/change/").content.decode()
    assert "Retrying takes the role Operator." in page
    letters = reviewer.get("/admin/errors/letters/").content.decode()
    assert 'type="checkbox"' not in letters.split('id="sa-letters"')[1].split("</form>")[0]
    assert "takes the role Operator." in letters


def test_the_badge_and_the_tab_say_how_many_dead_letters_there_are(client: Client, make_run: Any) -> None:
    for number in range(2):
        make_run("dead", email=f"lead{number}@b.example", error_kind="PermissionDenied", error="refused")
    page = client.get("/admin/errors/letters/").content.decode()
    assert 'aria-label="Dead letters: 2"' in page
    assert re.search(r"Dead letters\s*<span[^>]*>2</span>", page)
    assert len(re.findall('class="sa-errors__number"', page)) == 4
