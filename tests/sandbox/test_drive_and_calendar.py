"""The sandbox's Drive, Calendar and token endpoint, through Google's own client."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from googleapiclient.errors import HttpError

from connectors import sandbox

CLARA, BROKEN = "clara@northwind.example", "broken@northwind.example"
SHARED = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}
DECKS, STUDIES = "'fld-sales-decks' in parents", "'fld-case-studies' in parents"


def names(drive: Any, query: str, **more: Any) -> set[str]:
    found = drive.list(q=query, fields="files(name)", **more).execute()
    return {one["name"] for one in found["files"]}


def test_a_folder_lists_its_direct_children_only(drive: Any) -> None:
    found = names(drive, f"{DECKS} and trashed = false and mimeType != 'application/vnd.google-apps.folder'")
    assert len(found) == 9
    assert "Pricing overview" in found
    assert found.isdisjoint({"Pricing overview (last year)", "Pricing draft", "Board minutes", "Archive"})


def test_a_shared_drive_shows_only_to_those_who_say_so_twice(drive: Any) -> None:
    assert names(drive, STUDIES) == set()
    assert names(drive, STUDIES, supportsAllDrives=True) == set()
    assert len(names(drive, f"({DECKS} or {STUDIES}) and trashed = false", **SHARED)) == 15


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name contains 'integr'", {"Integration guide: HubSpot", "Integration guide: Salesforce"}),
        (r"name = 'What\'s new this quarter'", {"What's new this quarter"}),
        ("fullText contains 'logistics' and not trashed = true", {"Case study: a logistics company"}),
        (r"name contains 'a\\b'", set()),
    ],
)
def test_files_are_found_by_name_and_text(drive: Any, query: str, expected: set[str]) -> None:
    assert names(drive, query, **SHARED) == expected


@pytest.mark.parametrize("query", ["name contains 'What's new'", "parents in 'x'", "name like 'x'", "(trashed = false"])
def test_a_query_that_is_not_one_is_a_400(drive: Any, query: str) -> None:
    with pytest.raises(HttpError) as error:
        drive.list(q=query).execute()
    assert (error.value.resp.status, error.value.error_details[0]["reason"]) == (400, "invalid")


def test_only_the_fields_that_were_asked_for_come_back(drive: Any) -> None:
    usual = drive.list(q=DECKS).execute()["files"][0]
    assert set(usual) == {"kind", "id", "name", "mimeType"}
    asked = drive.get(fileId="fil-pricing", fields="parents,webViewLink").execute()
    assert asked["parents"] == ["fld-sales-decks"]
    assert set(asked) == {"parents", "webViewLink"}
    with pytest.raises(HttpError, match="Invalid field selection"):
        drive.list(fields="files(id").execute()


def test_files_come_in_pages(drive: Any) -> None:
    first = drive.list(q=DECKS, pageSize=6, orderBy="name").execute()
    rest = drive.list(q=DECKS, pageSize=6, orderBy="name", pageToken=first["nextPageToken"]).execute()
    assert len(first["files"]) == 6
    assert "nextPageToken" not in rest


def free_busy(calendar: Any, *ids: str, days: int = 7) -> dict[str, Any]:
    start = datetime.now(UTC)
    body = {
        "timeMin": start.isoformat(),
        "timeMax": (start + timedelta(days=days)).isoformat(),
        "items": [{"id": one} for one in ids],
    }
    answer: dict[str, Any] = calendar.freebusy().query(body=body).execute()["calendars"]
    return answer


def test_a_week_is_partly_taken_in_order_and_without_overlaps(calendar: Any) -> None:
    busy = free_busy(calendar, CLARA)[CLARA]["busy"]
    assert len(busy) >= 8
    assert all(one["end"] < other["start"] for one, other in itertools.pairwise(busy))


@pytest.mark.parametrize("unreadable", [BROKEN, "nobody@northwind.example"])
def test_a_calendar_that_cannot_be_read_answers_errors(calendar: Any, unreadable: str) -> None:
    answer = free_busy(calendar, CLARA, unreadable)
    assert answer[unreadable]["errors"] == [{"domain": "global", "reason": "notFound"}]
    assert "errors" not in answer[CLARA]


def test_a_new_block_is_taken_at_once(box: sandbox.Running, calendar: Any) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
    box.control.busy("team@northwind.example", start, start + timedelta(hours=1))
    busy = free_busy(calendar, "team@northwind.example", days=60)["team@northwind.example"]["busy"]
    assert start.isoformat().replace("+00:00", "Z") in {one["start"] for one in busy}


def test_an_event_takes_time(calendar: Any) -> None:
    start = datetime(2027, 3, 6, 22, tzinfo=UTC)
    times = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": (start + timedelta(hours=1)).isoformat()}}
    made = calendar.events().insert(calendarId="primary", body={"summary": "Call", **times}).execute()
    listed = calendar.events().list(calendarId=CLARA).execute()["items"]
    assert [one["id"] for one in listed] == [made["id"]]


def test_a_range_without_an_offset_is_refused(calendar: Any) -> None:
    body = {"timeMin": "2026-11-22T09:00:00", "timeMax": "2026-11-23T09:00:00Z", "items": [{"id": CLARA}]}
    with pytest.raises(HttpError) as error:
        calendar.freebusy().query(body=body).execute()
    assert error.value.resp.status == 400


def test_the_calendars_are_listed(calendar: Any) -> None:
    items = calendar.calendarList().list().execute()["items"]
    assert [one["id"] for one in items if one.get("primary")] == [CLARA]


def refreshed(box: sandbox.Running, refresh_token: str) -> Credentials:
    credentials = Credentials(
        token=None, refresh_token=refresh_token, token_uri=f"{box.url}/token", client_id="c", client_secret="s"
    )
    with requests.Session() as session:
        credentials.refresh(Request(session))
    return credentials


def test_a_refresh_token_gives_a_token_until_it_is_revoked(box: sandbox.Running) -> None:
    assert refreshed(box, "kept").token == "google-sandbox-token"
    with pytest.raises(RefreshError, match="invalid_grant") as error:
        refreshed(box, "revoked")
    assert not error.value.retryable


def test_an_expired_token_is_dead_and_a_fresh_one_lives(box: sandbox.Running) -> None:
    box.control.fault("expired-token:gmail:x1")
    url = f"{box.url}/gmail/v1/users/me/profile"

    def status(token: str) -> int:
        return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=5).status_code

    assert [status("google-sandbox-token") for _ in range(2)] == [401, 401]
    assert status(str(refreshed(box, "kept").token)) == 200


def delegated(box: sandbox.Running, user: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = {"client_email": "agent@project.example", "private_key": key.decode(), "token_uri": f"{box.url}/token"}
    scopes = ["https://www.googleapis.com/auth/gmail.compose"]
    credentials = service_account.Credentials.from_service_account_info(info, scopes=scopes, subject=user)
    with requests.Session() as session:
        credentials.refresh(Request(session))
    return str(credentials.token)


def test_a_service_account_gets_a_token_for_a_user_who_exists(box: sandbox.Running) -> None:
    assert delegated(box, CLARA).startswith("google-sandbox-token")
    with pytest.raises(RefreshError, match="invalid_grant"):
        delegated(box, "nobody@northwind.example")
