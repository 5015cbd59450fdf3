"""What "Test connection" finds out, and that it writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors import google_probes, hubspot_probes
from connectors.accounts import AccountsConfig
from connectors.errors import NotConfigured
from connectors.probes import Found, Report
from connectors.sandbox.scopes import HUBSPOT_SCOPES

AUTH = "https://www.googleapis.com/auth/"
REP = "rep@northwind.example"
Config = Callable[..., AccountsConfig]


def not_fine(report: Report) -> dict[str, tuple[str, str]]:
    return {one.what: (one.found.value, one.scope) for one in report.probes if one.found is not Found.FINE}


def service_account() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return json.dumps({"type": "service_account", "client_email": "a@p.example", "private_key": pem})


def test_a_token_with_all_scopes_may_do_everything_and_nothing_is_written(box: Any, config_for: Config) -> None:
    report = hubspot_probes.probe(config_for(box.url))
    assert not_fine(report) == {}
    assert report.account == "4242"
    assert box.control.requests()["writes"] == 0


@pytest.mark.parametrize("scope", [scope for scope in HUBSPOT_SCOPES if scope != "oauth"])
def test_each_scope_that_hubspot_was_not_given_is_named(scope: str, box: Any, config_for: Config) -> None:
    box.control.settings(hubspot_scopes=[one for one in HUBSPOT_SCOPES if one != scope])
    missing = not_fine(hubspot_probes.probe(config_for(box.url)))
    assert set(missing.values()) == {("scope_missing", scope)}


def test_a_token_that_hubspot_does_not_know_is_dead(box: Any, config_for: Config) -> None:
    found = not_fine(hubspot_probes.probe(config_for(box.url, hubspot_token="pat-revoked")))
    assert {one for one, _ in found.values()} == {"dead"}


def test_where_hubspot_tells_nothing_of_the_token_only_the_writes_are_open(box: Any, config_for: Config) -> None:
    box.control.fault("404:oauth.private-app")
    found = not_fine(hubspot_probes.probe(config_for(box.url)))
    assert {what: one for what, (one, _) in found.items()} == {
        "contacts.write": "not_shown",
        "companies.write": "not_shown",
    }


def test_an_account_that_does_not_answer_is_not_called_dead(config_for: Config) -> None:
    found = not_fine(hubspot_probes.probe(config_for("http://127.0.0.1:9")))
    assert {one for what, (one, _) in found.items() if what.endswith("read")} == {"no_answer"}


def test_google_is_asked_for_each_api_each_folder_and_each_calendar(box: Any, config_for: Config) -> None:
    report = google_probes.probe(config_for(box.url), ["F1"], [REP])
    assert not_fine(report) == {}
    assert report.account == REP
    assert [one.what for one in report.probes] == ["mailbox", "labels", "drafts", "files", "folder", "calendar"]
    assert box.control.requests()["writes"] == 0


def test_a_folder_and_a_calendar_that_nobody_shared_are_told_apart(box: Any, config_for: Config) -> None:
    report = google_probes.probe(config_for(box.url), ["F1", "elsewhere"], [REP, "boss@northwind.example"])
    assert [(one.what, one.which) for one in report.probes if one.found is Found.NO_ACCESS] == [
        ("folder", "elsewhere"),
        ("calendar", "boss@northwind.example"),
    ]


@pytest.mark.parametrize("scope", ["gmail.modify", "drive.metadata.readonly", "calendar.freebusy"])
def test_each_scope_that_was_not_delegated_is_named_and_the_others_are_tried(
    scope: str, box: Any, config_for: Config
) -> None:
    all_scopes = [AUTH + one for one in ("gmail.modify", "drive.metadata.readonly", "calendar.freebusy")]
    box.control.settings(delegated_scopes=[one for one in all_scopes if one != AUTH + scope])
    config = config_for(box.url, google_credentials=service_account())
    missing = not_fine(google_probes.probe(config, [], [REP]))
    assert set(missing.values()) == {("scope_missing", AUTH + scope)}


def test_an_api_that_is_off_in_the_project_is_not_taken_for_a_scope(box: Any, config_for: Config) -> None:
    box.control.fault("403:drive:reason=accessNotConfigured")
    assert not_fine(google_probes.probe(config_for(box.url), [], [REP])) == {
        "files": ("api_off", AUTH + "drive.metadata.readonly")
    }


def test_a_consent_that_was_taken_back_is_dead(box: Any, config_for: Config) -> None:
    revoked = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "revoked"}
    found = not_fine(google_probes.probe(config_for(box.url, google_credentials=json.dumps(revoked)), [], [REP]))
    assert {one for one, _ in found.values()} == {"dead"}


@pytest.mark.parametrize("uri", ["https://evil.example/token", "http://oauth2.googleapis.com/token", "/token"])
def test_a_secret_is_never_sent_to_a_token_uri_of_somebody_elses(uri: str, box: Any, config_for: Config) -> None:
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r", "token_uri": uri}
    with pytest.raises(NotConfigured, match="token_uri"):
        google_probes.probe(config_for(box.url, google_credentials=json.dumps(user)), [], [REP])


def test_a_token_uri_of_googles_own_is_not_called_when_google_is_elsewhere(box: Any, config_for: Config) -> None:
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    user["token_uri"] = "https://oauth2.googleapis.com/token"
    report = google_probes.probe(config_for(box.url, google_credentials=json.dumps(user)), [], [REP])
    assert not_fine(report) == {}
