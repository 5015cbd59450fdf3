"""What a person allows at the sandbox's Google, what the code is worth, and what a token without a scope gets."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors import sandbox
from connectors.sandbox.oauth import s256

BACK = "http://127.0.0.1:9/back/"
AUTH = "https://www.googleapis.com/auth/"
ALL = [AUTH + "gmail.modify", AUTH + "drive.metadata.readonly", AUTH + "calendar.freebusy"]
CLARA = "clara@northwind.example"
ASKED = {
    "client_id": "c",
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": " ".join(ALL),
    "state": "s1",
    "access_type": "offline",
    "code_challenge": s256("v" * 43),
    "code_challenge_method": "S256",
}


def decided(box: sandbox.Running, decision: str = "allow", granted: list[str] = ALL, **asked: str) -> dict[str, str]:
    """What comes back to the app."""
    form = ASKED | asked | {"decision": decision, "account": CLARA, "granted": granted}
    answer = requests.post(f"{box.url}/o/oauth2/v2/auth", data=form, timeout=5, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def exchanged(box: sandbox.Running, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
    form = {"grant_type": "authorization_code", "code": code, "client_id": "c", "client_secret": "s"}
    form |= {"redirect_uri": BACK, "code_verifier": "v" * 43} | changes
    answer = requests.post(f"{box.url}/token", data=form, timeout=5)
    return answer.status_code, answer.json()


def got(box: sandbox.Running, token: str, path: str) -> requests.Response:
    return requests.get(box.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def test_the_page_names_the_app_what_it_asks_for_and_who_one_is(box: sandbox.Running) -> None:
    page = requests.get(f"{box.url}/o/oauth2/v2/auth", params=ASKED | {"login_hint": CLARA}, timeout=5).text
    assert all(scope in page for scope in ALL)
    assert f'value="{CLARA}" checked' in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"redirect_uri": "http://sales.example/back"}, "redirect_uri_mismatch"),
        ({"scope": ""}, "Required parameter is missing: scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "Invalid code_challenge_method"),
    ],
)
def test_a_bad_request_is_refused_before_anybody_is_asked(
    box: sandbox.Running, changes: dict[str, str], said: str
) -> None:
    answer = requests.get(f"{box.url}/o/oauth2/v2/auth", params=ASKED | changes, timeout=5)
    assert (answer.status_code, said in answer.text) == (400, True)


def test_a_code_is_worth_tokens_once_and_the_refresh_token_goes_on(box: sandbox.Running) -> None:
    back = decided(box)
    assert back["state"] == "s1"
    status, told = exchanged(box, back["code"])
    assert (status, set(told["scope"].split())) == (200, set(ALL))
    assert got(box, told["access_token"], "/gmail/v1/users/me/profile").json()["emailAddress"] == CLARA
    assert exchanged(box, back["code"])[1]["error"] == "invalid_grant"
    form = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"], "client_id": "c"}
    assert requests.post(f"{box.url}/token", data=form, timeout=5).json()["scope"] == told["scope"]
    other = requests.post(f"{box.url}/token", data=form | {"client_id": "other"}, timeout=5)
    assert other.json()["error"] == "unauthorized_client"
    requests.post(f"{box.url}/revoke", data={"token": told["refresh_token"]}, timeout=5).raise_for_status()
    assert requests.post(f"{box.url}/token", data=form, timeout=5).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": BACK + "else"}, "redirect_uri_mismatch"),
        ({"client_id": "other"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_request"),
    ],
)
def test_a_code_is_worth_nothing_to_somebody_else(box: sandbox.Running, changes: dict[str, str], error: str) -> None:
    assert exchanged(box, decided(box)["code"], **changes)[1]["error"] == error


def test_who_denies_or_allows_nothing_sends_back_a_refusal(box: sandbox.Running) -> None:
    assert decided(box, decision="") == {"error": "access_denied", "state": "s1"}
    assert decided(box, granted=[])["error"] == "access_denied"


def test_a_token_opens_only_what_was_allowed(box: sandbox.Running) -> None:
    token = exchanged(box, decided(box, granted=ALL[:1])["code"])[1]["access_token"]
    assert got(box, token, "/gmail/v1/users/me/labels").status_code == 200
    refused = got(box, token, "/drive/v3/files")
    assert refused.status_code == 403
    assert refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_a_private_app_without_a_scope_is_refused_with_its_name(box: sandbox.Running) -> None:
    box.control.settings(hubspot_scopes=["crm.objects.contacts.read"])
    assert got(box, "sandbox-token", "/crm/v3/objects/contacts?limit=1").status_code == 200
    assert got(box, "sandbox-token", "/crm/v3/objects/notes?limit=1").status_code == 200
    refused = got(box, "sandbox-token", "/crm/v3/owners/").json()
    assert refused["category"] == "MISSING_SCOPES"
    assert refused["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.owners.read"]
    info = f"{box.url}/oauth/v2/private-apps/get/access-token-info"
    told = requests.post(info, json={"tokenKey": "sandbox-token"}, timeout=5).json()
    assert (told["hubId"], told["scopes"]) == (4242, ["crm.objects.contacts.read"])
