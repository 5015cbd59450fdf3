"""HubSpot's webhook signatures."""

from __future__ import annotations

import pytest

from connectors.hubspot_signature import BadSignature, sign_v2, sign_v3, verify

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI = "https://www.example.com/webhook_uri"
BODY = b"{'example_field':'example_value'}"
STAMP = "1693657560000"
NOW = 1693657560.0


def v3(signature: str, stamp: str = STAMP) -> dict[str, str]:
    return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}


def test_the_published_vector_is_reproduced() -> None:
    assert sign_v3(SECRET, "POST", URI, BODY, STAMP) == "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


def test_a_v3_signature_is_accepted() -> None:
    assert verify(SECRET, "POST", URI, BODY, v3(sign_v3(SECRET, "POST", URI, BODY, STAMP)), NOW) == "v3"


def test_a_v2_signature_is_accepted() -> None:
    headers = {"X-HubSpot-Signature": sign_v2(SECRET, "POST", URI, BODY), "X-HubSpot-Signature-Version": "v2"}
    assert verify(SECRET, "POST", URI, BODY, headers, NOW) == "v2"


@pytest.mark.parametrize(
    "escaped", ["%3A", "%2f", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B"]
)
def test_these_escapes_are_decoded_before_signing(escaped: str) -> None:
    decoded = {"%2f": "/"}.get(escaped) or bytes.fromhex(escaped[1:]).decode()
    assert sign_v3(SECRET, "POST", URI + "?q=" + escaped, BODY, STAMP) == sign_v3(
        SECRET, "POST", URI + "?q=" + decoded, BODY, STAMP
    )


@pytest.mark.parametrize("escaped", ["%20", "%26", "%3D"])
def test_other_escapes_are_signed_as_they_are(escaped: str) -> None:
    decoded = bytes.fromhex(escaped[1:]).decode()
    assert sign_v3(SECRET, "POST", URI + escaped, BODY, STAMP) != sign_v3(SECRET, "POST", URI + decoded, BODY, STAMP)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_timestamp_more_than_five_minutes_off_is_refused_either_way(seconds: int) -> None:
    headers = v3(sign_v3(SECRET, "POST", URI, BODY, STAMP))
    with pytest.raises(BadSignature, match="300 s are allowed"):
        verify(SECRET, "POST", URI, BODY, headers, NOW + seconds)


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1" * 40, "١٢٣"])
def test_a_timestamp_that_is_not_one_is_refused_in_words(stamp: str) -> None:
    with pytest.raises(BadSignature, match="X-HubSpot-Request-Timestamp"):
        verify(SECRET, "POST", URI, BODY, v3("anything", stamp), NOW)


@pytest.mark.parametrize("change", ["secret", "method", "uri", "body"])
def test_any_changed_part_breaks_the_signature(change: str) -> None:
    parts = {"secret": SECRET, "method": "POST", "uri": URI, "body": BODY}
    headers = v3(sign_v3(SECRET, "POST", URI, BODY, STAMP))
    changed = parts | {change: {"method": "GET", "body": b"{}"}.get(change, f"{parts[change]}x")}
    with pytest.raises(BadSignature, match="does not match"):
        verify(changed["secret"], changed["method"], changed["uri"], changed["body"], headers, NOW)  # type: ignore[arg-type]


def test_a_request_without_signature_is_refused() -> None:
    with pytest.raises(BadSignature, match="neither"):
        verify(SECRET, "POST", URI, BODY, {}, NOW)


def test_a_signature_that_is_not_ascii_is_refused_and_not_a_crash() -> None:
    with pytest.raises(BadSignature):
        verify(SECRET, "POST", URI, BODY, v3("ü" * 44), NOW)


def test_version_one_is_refused_by_name() -> None:
    headers = {"X-HubSpot-Signature": "abc", "X-HubSpot-Signature-Version": "v1"}
    with pytest.raises(BadSignature, match="'v1'"):
        verify(SECRET, "POST", URI, BODY, headers, NOW)
