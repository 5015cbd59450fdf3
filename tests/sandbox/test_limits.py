"""The vendors' limits, as the sandbox keeps them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from googleapiclient.errors import HttpError
from hubspot import HubSpot
from hubspot.crm.companies import ApiException as CompaniesException
from hubspot.crm.contacts import ApiException

from connectors import sandbox
from connectors.sandbox.gmail import ROUTES
from connectors.sandbox.limits import UNITS, Window

AMELIA = "101"
SEARCH = {"filterGroups": [], "properties": [], "sorts": [], "limit": 1}


def test_hubspot_refuses_the_call_that_is_one_too_many_in_ten_seconds(box: sandbox.Running, hubspot: HubSpot) -> None:
    box.control.settings(hubspot_calls_per_10_seconds=3)
    get = hubspot.crm.contacts.basic_api.get_by_id
    for _ in range(3):
        get(AMELIA)
    with pytest.raises(ApiException) as error:
        get(AMELIA)
    assert error.value.status == 429
    assert '"policyName":"TEN_SECONDLY_ROLLING"' in error.value.body
    assert error.value.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert box.control.requests()["refused"] == 1


def test_hubspot_counts_searches_by_the_second(box: sandbox.Running, hubspot: HubSpot) -> None:
    box.control.settings(hubspot_searches_per_second=2)
    search = hubspot.crm.companies.search_api.do_search
    for _ in range(2):
        search(SEARCH)
    with pytest.raises(CompaniesException) as error:
        search(SEARCH)
    assert '"policyName":"SECONDLY"' in error.value.body
    assert "X-HubSpot-RateLimit-Max" not in error.value.headers
    time.sleep(1.05)
    search(SEARCH)


def test_gmail_counts_the_units_of_a_mailbox(box: sandbox.Running, gmail: Any) -> None:
    box.control.settings(gmail_units_per_minute=12)
    gmail.threads().list(userId="me").execute()
    gmail.labels().list(userId="me").execute()
    with pytest.raises(HttpError) as error:
        gmail.threads().list(userId="me").execute()
    assert error.value.status_code == 429
    assert error.value.error_details[0]["reason"] == "rateLimitExceeded"


def test_no_stretch_of_the_windows_length_holds_more_than_the_limit() -> None:
    window = Window(0.05)
    assert [window.takes(1, 2) for _ in range(3)] == [True, True, False]
    time.sleep(0.06)
    assert window.takes(2, 2)


def test_each_gmail_method_has_its_price() -> None:
    assert {route.endpoint for route in ROUTES} <= UNITS.keys()
