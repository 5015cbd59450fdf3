"""Each page of the console asks the database a bounded number of times; how long it takes, the benchmarks say."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from leads.console import live
from tests.browser.pages import PAGES

MOST_QUERIES = 26
OF_HOME = 42  # every figure, plot and sign of health, drawn once a change for all who look


@pytest.mark.parametrize("name", PAGES)
def test_it_asks_little(
    furnished: str, name: str, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "beat", str)  # what a process asks once in ten seconds
    client, address = Client(), PAGES[name]()
    client.cookies["sessionid"] = furnished
    with django_assert_max_num_queries(OF_HOME if name == "home" else MOST_QUERIES):
        assert client.get(address).status_code == 200
