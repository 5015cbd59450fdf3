"""Why a signature does not hold, part by part."""

from __future__ import annotations

import pytest

from connectors.hubspot_signature import sign_v1, sign_v2, sign_v3, sign_v3_as_is
from connectors.hubspot_signature_doubts import Explanation, Kept, Part, explain

PUBLIC_URL = "https://sales.northwind.example"
TARGET = "/webhook/formlead"
URI = PUBLIC_URL + TARGET
OURS = "a-secret"
SECRETS = {"Northwind": OURS, "Globex": "another-secret"}
BODY = b'{"email": "ada@example.com"}'
STAMP = "1693657560000"
AT = 1693657560.0


def v3(signature: str, stamp: str = STAMP) -> dict[str, str]:
    return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}


def asked(headers: dict[str, str], *, target: str = TARGET, at: float = AT, owner: str = "") -> Explanation:
    kept = Kept("POST", target, headers, BODY, is_whole=True, at=at)
    return explain(kept, PUBLIC_URL, SECRETS, owner)


def signed(uri: str, *, secret: str = OURS, method: str = "POST") -> dict[str, str]:
    return v3(sign_v3(secret, method, uri, BODY, STAMP))


def part(explanation: Explanation, name: str) -> Part:
    return next(part for part in explanation.parts if part.name == name)


def wrong_parts(explanation: Explanation) -> list[str]:
    return [part.name for part in explanation.parts if part.is_right is False]


def test_of_a_good_signature_every_part_is_right() -> None:
    found = asked(signed(URI))
    assert [part.is_right for part in found.parts] == [True] * 6
    assert (found.signer, found.version) == ("Northwind", "v3")


def test_a_good_v2_signature_has_no_time() -> None:
    headers = {"X-HubSpot-Signature": sign_v2("a-secret", "POST", URI, BODY), "X-HubSpot-Signature-Version": "v2"}
    found = asked(headers)
    assert part(found, "Timestamp").is_right is None
    assert (found.signer, found.version, wrong_parts(found)) == ("Northwind", "v2", [])


def test_headers_are_found_whatever_their_capitals() -> None:
    assert asked({name.lower(): value for name, value in signed(URI).items()}).signer == "Northwind"


@pytest.mark.parametrize(
    ("late", "said"),
    [(720, "12 min before it arrived: 7 min more than"), (-400, "in the future: 100 s more than")],
)
def test_a_timestamp_is_too_old_or_in_the_future_by_so_much_and_the_rest_is_right(late: float, said: str) -> None:
    found = asked(signed(URI), at=AT + late)
    assert wrong_parts(found) == ["Timestamp"]
    assert said in part(found, "Timestamp").found
    assert found.signer == "Northwind"


@pytest.mark.parametrize("stamp", ["", "soon", "1" * 40])
def test_a_timestamp_that_is_none_is_told(stamp: str) -> None:
    assert "Timestamp" in wrong_parts(asked(v3("x", stamp)))


def test_without_a_signature_that_is_what_is_wrong() -> None:
    found = asked({})
    assert "neither" in part(found, "Signature").found
    assert part(found, "URL").is_right is None
    assert not found.signer


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://sales.northwind.example/webhook/formlead", "http instead of https"),
        (URI + "/", "a slash at the end of the path"),
        ("https://10.0.0.7:8000/webhook/formlead", "the host 10.0.0.7:8000 instead of sales.northwind.example"),
        ("https://forwarded.example/webhook/formlead", "the host forwarded.example"),
        ("http://10.0.0.7:8000/webhook/formlead/", "http instead of https, and the host 10.0.0.7:8000"),
    ],
)
def test_another_url_that_was_signed_is_named(uri: str, said: str) -> None:
    found = asked(signed(uri) | {"Host": "10.0.0.7:8000", "X-Forwarded-Host": "forwarded.example, inner"})
    assert wrong_parts(found) == ["URL"]
    assert said in part(found, "URL").found
    assert uri in part(found, "URL").found
    assert "PUBLIC_URL" in part(found, "URL").advice
    assert part(found, "Client secret").is_right
    assert not found.signer


def test_a_path_that_came_with_a_slash_may_have_been_signed_without() -> None:
    assert "no slash" in part(asked(signed(URI), target=TARGET + "/"), "URL").found


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (v3(sign_v3_as_is("a-secret", "POST", URI + "?a=%3A+b%20c", BODY, STAMP)), "its escapes (%…) as they are"),
        (v3(sign_v3_as_is("a-secret", "POST", URI + "?a=:+b c", BODY, STAMP)), "all of its escapes (%…) decoded"),
        (signed(URI + "?a=%3A%20b%20c"), "%20 instead of +"),
        (signed(URI), "no query"),
    ],
)
def test_a_query_that_was_signed_otherwise_is_told(headers: dict[str, str], said: str) -> None:
    found = asked(headers, target=TARGET + "?a=%3A+b%20c")
    assert wrong_parts(found) == ["URL"]
    assert said in part(found, "URL").found


def test_another_method_is_told() -> None:
    found = asked(signed(URI, method="PUT"))
    assert wrong_parts(found) == ["Method"]
    assert part(found, "Method").found == "POST; PUT was signed"


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (v3(sign_v2("a-secret", "POST", URI, BODY)), "holds a signature of version v2"),
        (v3(sign_v1("a-secret", BODY)), "holds a v1 signature"),
        ({"X-HubSpot-Signature": sign_v1("a-secret", BODY), "X-HubSpot-Signature-Version": "v1"}, "holds a v1"),
        ({"X-HubSpot-Signature": sign_v1("a-secret", BODY)}, "holds a v1"),
        ({"X-HubSpot-Signature": "x", "X-HubSpot-Signature-Version": "v9"}, "version v9 is not known here"),
    ],
)
def test_another_version_is_told(headers: dict[str, str], said: str) -> None:
    found = asked(headers)
    assert wrong_parts(found) == ["Signature"]
    assert said in part(found, "Signature").found


def test_another_workspaces_secret_is_told() -> None:
    found = asked(signed(URI, secret="another-secret"), owner="Northwind")
    assert wrong_parts(found) == ["Client secret"]
    assert part(found, "Client secret").found == "that of Globex, but the portal in the body is Northwind's"


def test_an_unknown_secret_or_another_body_cannot_be_told_apart() -> None:
    found = asked(signed(URI, secret="unheard-of"))
    assert [part.is_right for part in found.parts] == [True, True, None, None, None, None]
    assert "not one of Northwind, Globex" in part(found, "Client secret").found


def test_without_any_secret_that_is_what_is_wrong() -> None:
    kept = Kept("POST", TARGET, signed(URI), BODY, is_whole=True, at=AT)
    assert wrong_parts(explain(kept, PUBLIC_URL, {})) == ["Client secret"]


def test_of_a_body_that_was_cut_nothing_is_claimed() -> None:
    kept = Kept("POST", TARGET, signed(URI), BODY[:5], is_whole=False, at=AT)
    found = explain(kept, PUBLIC_URL, SECRETS)
    assert "only 5 bytes" in part(found, "Body").found
    assert not found.signer


@pytest.mark.parametrize("signature", ["ü" * 44, "x" * 500, "=" * 44])
def test_any_signature_is_answered(signature: str) -> None:
    assert not asked(v3(signature)).signer


def test_no_secret_is_shown() -> None:
    for headers in (signed(URI), signed(URI, secret="another-secret"), v3("x"), {}):
        assert "a-secret" not in str(asked(headers))


def test_for_a_very_long_body_nothing_is_tried_out() -> None:
    body = b"x" * 100_000
    headers = v3(sign_v3(OURS, "POST", URI + "/", body, STAMP))
    found = explain(Kept("POST", TARGET, headers, body, is_whole=True, at=AT), PUBLIC_URL, SECRETS)
    assert part(found, "URL").is_right is None
