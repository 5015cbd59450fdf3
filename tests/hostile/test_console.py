"""An operator with a login sends whatever they like: to every page, in every filter, field and id. Never a 500."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from leads.console import live
from leads.models import Workspace
from tests.browser.pages import PAGES
from tests.browser.world import furnish
from tests.hostile.bodies import ODD_TEXT, TEXT
from tests.hostile.conftest import Cases
from tests.hostile.forms import Form, Reader

pytestmark = pytest.mark.django_db

ALWAYS = ("q", "p", "o", "all", "before", "after", "next", "tab", "workspace", "e", "_facets", "_popup", "_to_field")
ENDS_THE_SESSION = ("logout", "password")
IDS = st.sampled_from(("0", "1", "2", "-1", "x", "٣", "1_2F2", "%00", "default", "a" * 300, "9" * 19, "9" * 40))
VALUES = TEXT.map(lambda text: text.encode("utf-8", "replace").decode()) | IDS


class Console:
    """Northwind's console in the morning, with all that its pages let be sent."""

    def __init__(self, boss: User) -> None:
        self.client = Client(raise_request_exception=True)
        self.client.force_login(boss)
        self.session = self.client.cookies["sessionid"].value
        self.filters: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        for find in PAGES.values():
            self.read(find())
        self.routes = sorted({route for route in routes(get_resolver().url_patterns) if "<" in route})

    def read(self, address: str) -> None:
        page = self.client.get(address)
        assert page.status_code == 200, address
        reader = Reader(address)
        reader.feed(page.content.decode())
        names = {
            *reader.filters,
            *ALWAYS,
            *(name for form in reader.forms if form.method == "get" for name in form.fields),
        }
        self.filters += [(address.partition("?")[0], name) for name in sorted(names)]
        posted = (form for form in reader.forms if form.method == "post")
        self.forms += [form for form in posted if not any(word in form.action for word in ENDS_THE_SESSION)]

    def get(self, address: str, **query: Any) -> None:
        self.answered(self.client.get(address, query_params=query or None), address)

    def post(self, address: str, fields: dict[str, Any]) -> None:
        self.answered(self.client.post(address, fields), address)

    def answered(self, answer: Any, address: str) -> None:
        # Hypothesis tries many in one session: none may end it for the others.
        self.client.cookies["sessionid"] = self.session
        assert answer.status_code < 500, address


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    found: list[str] = []
    for one in patterns:
        route = before + str(one.pattern)
        found += routes(one.url_patterns, route) if isinstance(one, URLResolver) else [route]
    return [route for route in found if route.startswith("admin/") and "(" not in route]


@pytest.fixture
def console(box: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Console:
    monkeypatch.setattr(live, "beat", str)
    settings.PUBLIC_URL = "http://127.0.0.1:9"  # a test delivery finds nobody there
    boss = User.objects.create_superuser("olga", password="pw")
    furnish(box, workspace, boss)
    return Console(boss)


@given(data=st.data())
def test_the_console_answers_whatever_an_operator_sends(
    box: Any, console: Console, cases: Cases, data: DataObject
) -> None:
    box.control.clear_faults()  # the page of drills may have switched some on
    with cases.case():
        match data.draw(st.sampled_from(("filter", "filters", "form", "form", "address"))):
            case "filter":
                address, name = data.draw(st.sampled_from(console.filters))
                console.get(address, **{name: data.draw(VALUES)})
            case "filters":
                address, _ = data.draw(st.sampled_from(console.filters))
                names = sorted({name for there, name in console.filters if there == address})
                console.get(address, **{name: data.draw(VALUES) for name in names if data.draw(st.booleans())})
            case "form":
                form = data.draw(st.sampled_from(console.forms))
                fields = {name: list(values) for name, values in form.fields.items()}
                for _ in range(data.draw(st.integers(1, 3))):
                    if fields:
                        fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(st.lists(VALUES, max_size=2))
                console.post(form.action, fields)
            case _:
                console.get(filled(data, data.draw(st.sampled_from(console.routes))))


def filled(data: DataObject, route: str) -> str:
    """An address of this route, with something in each of its places."""
    address = "/"
    for part in route.split("<"):
        inside, is_place, rest = part.partition(">")
        if not is_place:
            address += part
            continue
        odd = data.draw(IDS | st.sampled_from(ODD_TEXT))
        if inside.startswith("int:"):
            odd = data.draw(st.sampled_from(("0", "1", "2", "9" * 18, "9" * 30)))
        address += odd.encode("utf-8", "replace").decode().replace("/", "_").replace("?", "_").replace("#", "_") + rest
    return address
