"""HubSpot's list of what people filled in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.accounts import AccountsConfig, open_forms
from connectors.calls import Call
from connectors.errors import (
    AuthFailed,
    ConnectorError,
    NotConfigured,
    NotFound,
    PermissionDenied,
    RateLimited,
    Transient,
)
from connectors.ports import FormsReader, FormSubmission

FORM = "8f6d7a1e-2b54-4c1e-9a53-0d6f3b7c1a01"
AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def forms(box: Any, config_for: Callable[..., AccountsConfig]) -> FormsReader:
    return open_forms(config_for(box.url))


def fill_in(box: Any, name: str, at: datetime = AT, **values: str) -> None:
    box.control.submission(FORM, name, values, submitted_at=int(at.timestamp() * 1000))


def test_submissions_come_newest_first_a_page_at_a_time(box: Any, forms: FormsReader, heard: list[Call]) -> None:
    for number in range(120):
        fill_in(box, f"c-{number}", AT + timedelta(seconds=number), email=f"p{number}@acme.example")
    names: list[str] = []
    after, pages = "", 0
    while pages == 0 or after:
        page = forms.submissions(FORM, after)
        names += [one.id for one in page.submissions]
        after, pages = page.after, pages + 1
    assert names == [f"c-{number}" for number in reversed(range(120))]
    assert pages == 3
    assert [(one.service, one.endpoint, one.status) for one in heard] == [("hubspot", "submissions.list", 200)] * 3


def test_a_submission_is_told_in_our_words(odd: Any, says: Any, config_for: Any) -> None:
    values = [
        {"name": "Email", "value": "ann@acme.example", "objectTypeId": "0-1"},
        {"name": "name", "value": "Acme", "objectTypeId": "0-2"},
        {"name": "interest", "value": "Prices"},
        {"name": "interest", "value": "Support"},
        {"name": "phone", "value": None},
    ]
    one = {"conversionId": "c-1", "submittedAt": 1_777_886_400_123, "values": values, "pageUrl": "https://x.example"}
    page = open_forms(config_for(odd(says(200, {"results": [one]})).url)).submissions(FORM)
    fields = {"email": "ann@acme.example", "company": "Acme", "interest": "Prices; Support", "phone": ""}
    at = datetime(2026, 5, 4, 9, 20, 0, 123000, tzinfo=UTC)
    assert page.submissions == (FormSubmission("c-1", at, fields, "https://x.example"),)
    assert page.after == ""


def test_a_form_that_is_gone_is_not_found(forms: FormsReader) -> None:
    with pytest.raises(NotFound):
        forms.submissions("no-such-form")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("401:hubspot", AuthFailed),
        ("403:hubspot", PermissionDenied),
        ("429:hubspot:retry_after=7", RateLimited),
        ("503:hubspot", Transient),
        ("html:hubspot", Transient),
        ("bad-json:hubspot", Transient),
        ("drop-after:hubspot", Transient),
        ("timeout:hubspot", Transient),
    ],
)
def test_trouble_is_named_after_one_request(
    box: Any, forms: FormsReader, heard: list[Call], fault: str, kind: type[ConnectorError]
) -> None:
    box.control.submission(FORM, "c-1", {"email": "ann@acme.example"})
    box.control.fault(fault)
    with pytest.raises(kind) as caught:
        forms.submissions(FORM)
    assert len(heard) == box.control.count("hubspot.submissions.list") == 1
    assert caught.value.retry_after == (7 if kind is RateLimited else None)


@pytest.mark.parametrize(
    "results", [["text"], [{"values": []}], [{"submittedAt": "soon"}], [{"submittedAt": 10**18}], [{"values": [1]}]]
)
def test_a_list_of_something_else_is_no_empty_list(odd: Any, says: Any, config_for: Any, results: list[Any]) -> None:
    with pytest.raises(Transient, match="something else"):
        open_forms(config_for(odd(says(200, {"results": results})).url)).submissions(FORM)


def test_it_takes_hubspots_token_and_nothing_of_google(config_for: Any, box: Any) -> None:
    assert open_forms(config_for(box.url, google_credentials="")).submissions
    with pytest.raises(NotConfigured, match="HUBSPOT_ACCESS_TOKEN"):
        open_forms(config_for(box.url, hubspot_token=""))
