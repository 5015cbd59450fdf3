"""Drive and Calendar, through Google's own client, against the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.accounts import open_accounts
from connectors.calls import Call
from connectors.errors import NotConfigured, NotFound, PermissionDenied
from connectors.ports import Accounts

REP = "rep@northwind.example"
START = datetime.now(UTC)
WEEK = START + timedelta(days=7)


def test_only_documents_right_in_the_listed_folders_are_found(accounts: Accounts) -> None:
    (file,) = accounts.files.files_in(("F1",))
    assert (file.id, file.title, file.folder_id, file.description) == ("d1", "Brochure", "F1", "For everyone")
    assert file.url.startswith("https://")
    assert file.modified_at is not None
    assert file.modified_at.tzinfo is not None


def test_a_folder_inside_is_searched_when_it_is_listed_too(accounts: Accounts) -> None:
    assert {file.id for file in accounts.files.files_in(("F1", "F3"))} == {"d1", "d4"}


def test_quotes_and_backslashes_in_a_folder_id_stay_within_it(accounts: Accounts) -> None:
    assert [file.id for file in accounts.files.files_in(("O'Brien\\1",))] == ["d5"]


def test_no_folders_means_no_files_and_no_call(accounts: Accounts, heard: list[Call]) -> None:
    assert accounts.files.files_in(()) == ()
    assert heard == []


def test_a_file_that_google_should_not_have_listed_is_dropped(
    odd: Any, says: Any, token: bytes, config_for: Any
) -> None:
    good: dict[str, Any] = {
        "id": "1",
        "name": "ok",
        "mimeType": "application/pdf",
        "webViewLink": "https://x/",
        "parents": ["F1"],
    }
    folder = "application/vnd.google-apps.folder"
    others: list[dict[str, Any]] = [
        {"parents": ["F2"]},
        {"parents": None},
        {"trashed": True},
        {"mimeType": folder},
        {"webViewLink": ""},
    ]
    server = odd(token, says(200, {"files": [good, *(good | other for other in others)]}))
    files = open_accounts(config_for(server.url)).files.files_in(("F1",))
    assert [file.id for file in files] == ["1"]


def test_listing_stops_at_two_hundred_files(odd: Any, says: Any, token: bytes, config_for: Any) -> None:
    one = {"id": "1", "name": "ok", "mimeType": "application/pdf", "webViewLink": "https://x/", "parents": ["F1"]}
    page = says(200, {"files": [one] * 100, "nextPageToken": "more"})
    server = odd(token, *[page] * 5)
    assert len(open_accounts(config_for(server.url)).files.files_in(("F1",))) == 200
    assert len(server.requests) == 3


def test_busy_times_are_joined_and_in_order(accounts: Accounts) -> None:
    first, second = accounts.calendar.busy((REP,), START, WEEK)
    assert (first.end - first.start, second.end - second.start) == (timedelta(hours=2), timedelta(hours=1))
    assert first.end < second.start
    assert first.start.tzinfo is not None


def test_a_calendar_that_may_not_be_read_is_not_free(accounts: Accounts) -> None:
    with pytest.raises(PermissionDenied, match=r"closed@northwind\.example"):
        accounts.calendar.busy((REP, "closed@northwind.example"), START, WEEK)


def test_a_calendar_that_does_not_exist_is_not_free(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match=r"nobody@northwind\.example"):
        accounts.calendar.busy((REP, "nobody@northwind.example"), START, WEEK)


def test_a_calendar_missing_from_the_answer_is_not_free(odd: Any, says: Any, token: bytes, config_for: Any) -> None:
    server = odd(token, says(200, {"calendars": {}}))
    with pytest.raises(NotFound, match="missing"):
        open_accounts(config_for(server.url)).calendar.busy((REP,), START, WEEK)


def test_no_calendar_at_all_is_not_free(accounts: Accounts) -> None:
    with pytest.raises(NotConfigured):
        accounts.calendar.busy((), START, WEEK)
