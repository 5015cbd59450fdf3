"""The error table, row by row, with the vendors' real clients against answers on a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest

from connectors.accounts import open_accounts
from connectors.calls import Call
from connectors.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
    Transient,
)
from connectors.ports import Accounts, Note, OutgoingMail
from connectors.vendor_errors import retry_after

type Act = Callable[[Accounts], object]

NOTE = Note("<p>hello</p>", "run-1", datetime(2026, 5, 1, tzinfo=UTC))


def read_hubspot(accounts: Accounts) -> object:
    return accounts.crm.company_by_domain("acme.example")


def write_hubspot(accounts: Accounts) -> object:
    return accounts.crm.create_note(NOTE, "501", "")


def read_google(accounts: Accounts) -> object:
    return accounts.mail.label_id("Hot")


def write_google(accounts: Accounts) -> None:
    accounts.mail.label_thread("t1", "L1")


HUBSPOT_BOTH = [
    (401, {}, AuthFailed, None),
    (403, {}, PermissionDenied, None),
    (404, {}, NotFound, None),
    (409, {}, Conflict, None),
    (423, {}, Transient, 2.0),
    (477, {"Retry_After": "7"}, Transient, 7.0),
    (429, {"Retry_After": "3"}, RateLimited, 3.0),
    (429, {"Retry_After": "0.25"}, RateLimited, 0.25),
    (400, {}, Permanent, None),
    (302, {"Location": "http://elsewhere.example/"}, Permanent, None),
]


@pytest.mark.parametrize("act", [read_hubspot, write_hubspot])
@pytest.mark.parametrize(("status", "headers", "kind", "wait"), HUBSPOT_BOTH)
def test_hubspot_refusals_mean_the_same_for_reads_and_writes(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    act: Act,
    status: int,
    headers: dict[str, str],
    kind: type,
    wait: float | None,
) -> None:
    server = odd(says(status, {"message": "no"}, **headers))
    error = failure(server.url, act)
    assert (type(error), error.status, error.retry_after) == (kind, status, wait)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("policy", "wait"), [("SECONDLY", 1), ("TEN_SECONDLY_ROLLING", 10), ("DAILY", 3600), ("NEW", 10)]
)
def test_hubspot_without_retry_after_waits_as_long_as_the_policy_implies(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    policy: str,
    wait: float,
) -> None:
    error = failure(odd(says(429, {"message": "slow down", "policyName": policy})).url, read_hubspot)
    assert isinstance(error, RateLimited)
    assert error.retry_after == wait


@pytest.mark.parametrize(("read", "write"), [(read_hubspot, write_hubspot), (read_google, write_google)])
@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_servers_own_failure_leaves_a_doubt_after_a_write_only(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    token: bytes,
    read: Act,
    write: Act,
    status: int,
) -> None:
    first = [] if read is read_hubspot else [token]
    assert type(failure(odd(*first, says(status, b"<h1>oops</h1>")).url, read)) is Transient
    assert type(failure(odd(*first, says(status, b"<h1>oops</h1>")).url, write)) is Ambiguous


@pytest.mark.parametrize(("read", "write"), [(read_hubspot, write_hubspot), (read_google, write_google)])
@pytest.mark.parametrize("cut", [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", b"SSH-2.0-x\r\n\r\n"])
def test_a_dropped_connection_leaves_a_doubt_after_a_write_and_nothing_is_sent_twice(
    *,
    failure: Any,
    odd: Any,
    token: bytes,
    read: Act,
    write: Act,
    cut: bytes | None,
) -> None:
    first = [] if read is read_hubspot else [token]
    for act, kind in ((read, Transient), (write, Ambiguous)):
        server = odd(*first, cut, b"the second request")
        error = failure(server.url, act)
        assert type(error) is kind
        assert len(server.requests) == 1 + len(first)


@pytest.mark.parametrize(("read", "write"), [(read_hubspot, write_hubspot), (read_google, write_google)])
@pytest.mark.parametrize("body", [b"<html>hello</html>", b"{}", b"", b"[]", b"null", b'{"id": ', b"\xff\xfe"])
def test_a_success_that_makes_no_sense_is_permanent_for_a_read_and_a_doubt_after_a_write(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    token: bytes,
    read: Act,
    write: Act,
    body: bytes,
) -> None:
    first = [] if read is read_hubspot else [token]
    assert type(failure(odd(*first, says(200, body)).url, read)) is Transient
    error = failure(odd(*first, says(200, body)).url, write)
    assert (type(error), error.status) == (Ambiguous, 200)


@pytest.mark.parametrize("act", [write_hubspot, write_google])
def test_a_write_answered_204_is_a_doubt(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    token: bytes,
    act: Act,
) -> None:
    first = [] if act is write_hubspot else [token]
    assert type(failure(odd(*first, says(204)).url, act)) is Ambiguous


@pytest.mark.parametrize("act", [read_hubspot, write_hubspot, read_google, write_google])
def test_a_refused_connection_means_that_nothing_was_sent(failure: Any, act: Act) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert type(failure(f"http://127.0.0.1:{port}", act)) is Transient


def test_a_name_that_does_not_resolve_means_that_nothing_was_sent(
    *,
    failure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert type(failure("http://hubspot.invalid", write_hubspot)) is Transient
    assert type(failure("http://google.invalid", write_google)) is Transient


@pytest.mark.parametrize("act", [read_hubspot, write_hubspot])
def test_a_hubspot_that_does_not_speak_tls_is_told_apart_from_a_bug_in_its_client(
    *,
    failure: Any,
    odd: Any,
    act: Act,
) -> None:
    server = odd(b"this is no TLS\r\n\r\n" * 4)
    error = failure(server.url, act, hubspot_url=server.url.replace("http:", "https:"))
    assert type(error) in {Transient, Ambiguous}


def test_an_error_page_in_another_encoding_is_still_an_error_with_its_status(
    *,
    failure: Any,
    odd: Any,
    says: Any,
) -> None:
    error = failure(odd(says(403, "verboten für Sie".encode("latin-1"))).url, read_hubspot)
    assert (type(error), error.status) == (PermissionDenied, 403)


@pytest.mark.parametrize(("act", "kind"), [(read_hubspot, Transient), (write_hubspot, Ambiguous)])
def test_hubspot_too_slow_to_answer(failure: Any, act: Act, kind: type) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert type(failure(url, act, read_timeout=0.2)) is kind


@pytest.mark.parametrize(("act", "kind"), [(read_google, Transient), (write_google, Ambiguous)])
def test_google_too_slow_to_answer(
    *,
    config_for: Any,
    odd: Any,
    token: bytes,
    act: Act,
    kind: type,
) -> None:
    server = odd(token)  # and nothing after it
    with pytest.raises(kind):
        act(open_accounts(config_for(server.url, read_timeout=0.2)))


def google_says(reason: str, status: str = "PERMISSION_DENIED") -> dict[str, Any]:
    return {"error": {"message": "no", "errors": [{"reason": reason}], "status": status}}


GOOGLE_BOTH = [
    (401, google_says("authError", "UNAUTHENTICATED"), {}, AuthFailed, None),
    (403, google_says("insufficientPermissions"), {}, PermissionDenied, None),
    (403, google_says("rateLimitExceeded"), {}, RateLimited, None),
    (403, google_says("userRateLimitExceeded"), {"Retry_After": "4"}, RateLimited, 4.0),
    (403, google_says("", "RESOURCE_EXHAUSTED"), {}, RateLimited, None),
    (403, google_says("dailyLimitExceeded"), {}, RateLimited, 3600.0),
    (403, google_says("quotaExceeded"), {"Retry_After": "4"}, RateLimited, 3600.0),
    (429, google_says("rateLimitExceeded", "RESOURCE_EXHAUSTED"), {"Retry_After": "1.5"}, RateLimited, 1.5),
    (429, b"<html>", {}, RateLimited, None),
    (404, google_says("notFound", "NOT_FOUND"), {}, NotFound, None),
    (409, google_says("aborted", "ABORTED"), {}, Conflict, None),
    (400, google_says("invalidArgument", "INVALID_ARGUMENT"), {}, Permanent, None),
    (302, b"", {"Location": "http://elsewhere.example/"}, Permanent, None),
    (403, b"\xff\xfe", {}, PermissionDenied, None),
    (403, {"error": "odd"}, {}, PermissionDenied, None),
    (403, {"error": {"message": 5, "errors": "odd"}}, {}, PermissionDenied, None),
]


@pytest.mark.parametrize("act", [read_google, write_google])
@pytest.mark.parametrize(("status", "body", "headers", "kind", "wait"), GOOGLE_BOTH)
def test_google_refusals_mean_the_same_for_reads_and_writes(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    token: bytes,
    act: Act,
    status: int,
    body: Any,
    headers: dict[str, str],
    kind: type,
    wait: float | None,
) -> None:
    answers = [token, says(status, body, **headers)] * (2 if kind is AuthFailed else 1)  # with another token
    server = odd(*answers)
    error = failure(server.url, act)
    assert (type(error), error.status, error.retry_after) == (kind, status, wait)
    assert len(server.requests) == len(answers)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, AuthFailed),
        (401, {"error": "unauthorized_client"}, AuthFailed),
        (500, b"<html>", Transient),
        (503, {"error": "internal_failure"}, Transient),
        (429, {}, Transient),
        (400, {"error": "temporarily_unavailable"}, Transient),
    ],
)
def test_a_token_that_cannot_be_had_stops_the_connection_or_is_tried_later(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    status: int,
    body: Any,
    kind: type,
) -> None:
    server = odd(says(status, body), b"", b"", b"")
    error = failure(server.url, write_google)
    assert type(error) is kind
    assert len(server.requests) == 1


def test_an_access_token_refused_by_google_is_replaced_once_before_that_counts(
    *,
    config_for: Any,
    odd: Any,
    says: Any,
    token: bytes,
) -> None:
    labels = says(200, {"labels": [{"id": "L1", "name": "Hot"}]})
    refusal = says(401, b"")
    server = odd(token, refusal, token, labels, refusal, token, refusal)
    accounts = open_accounts(config_for(server.url))
    assert read_google(accounts) == "L1"
    with pytest.raises(AuthFailed):
        read_google(accounts)
    asked = [request.split(b" ")[1] for request in server.requests]
    assert [place for place, target in enumerate(asked) if target == b"/token"] == [0, 2, 5]


def test_a_conflict_carries_the_id_of_what_exists(failure: Any, odd: Any, says: Any) -> None:
    body = {"message": "Contact already exists. Existing ID: 901", "category": "CONFLICT"}
    assert failure(odd(says(409, body)).url, write_hubspot).existing_id == "901"


def test_what_is_said_about_a_failure_holds_no_address_no_secret_and_no_body(
    *,
    failure: Any,
    odd: Any,
    says: Any,
) -> None:
    message = (
        "ann@acme.example may not, with pat-eu1-0123abcd-4567-89ef-0123-456789abcdef; "
        'Property values were not valid: [{"value": "<p>private words</p>"}]'
    )
    body = {"message": message * 9, "category": "VALIDATION_ERROR", "correlationId": "c-1"}
    error = failure(odd(says(400, body)).url, write_hubspot)
    assert "VALIDATION_ERROR, c-1" in error.detail
    assert len(error.detail) <= 300
    for secret in ("ann@", "pat-eu1", "private"):
        assert secret not in error.detail


def test_the_vendors_exception_does_not_reach_a_traceback(failure: Any, odd: Any, says: Any) -> None:
    error = failure(odd(says(500, b"private words")).url, read_hubspot)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_calls_are_reported_with_their_status_and_what_went_wrong(
    *,
    failure: Any,
    odd: Any,
    says: Any,
    heard: list[Call],
) -> None:
    failure(odd(says(429, {})).url, read_hubspot)
    failure(odd(None).url, write_hubspot)
    assert [(one.service, one.endpoint, one.status, one.error) for one in heard] == [
        ("hubspot", "companies.search", 429, "RateLimited"),
        ("hubspot", "notes.create", None, "Ambiguous"),
    ]
    assert all(one.ms >= 0 and one.started_at.tzinfo for one in heard)


def test_a_header_injected_into_a_draft_is_folded_and_a_false_address_is_refused_before_anything_is_sent(
    *,
    config_for: Any,
    odd: Any,
    mail: OutgoingMail,
) -> None:
    server = odd()
    accounts = open_accounts(config_for(server.url))
    for to in ("ann@acme.example\r\nBcc: eve@evil.example", "ann@acme.example, eve@evil.example", "nobody"):
        with pytest.raises(Permanent):
            accounts.mail.create_draft(replace(mail, to=to))
    assert server.requests == []


@pytest.mark.parametrize("act", [write_hubspot, write_google])
def test_a_connection_that_is_not_made_in_time_means_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, failure: Any, act: Act
) -> None:
    def too_slow(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", too_slow)
    assert type(failure("http://slow.invalid", act)) is Transient


@pytest.mark.parametrize(("read", "write"), [(read_hubspot, write_hubspot), (read_google, write_google)])
def test_an_answer_that_cannot_be_decompressed_makes_no_sense(
    odd: Any, says: Any, failure: Any, token: bytes, read: Act, write: Act
) -> None:
    first = [] if read is read_hubspot else [token]
    broken = says(200, b"no gzip", Content_Encoding="gzip")
    assert type(failure(odd(*first, broken).url, read)) is Transient
    assert type(failure(odd(*first, broken).url, write)) is Ambiguous


def test_threads_that_wait_for_a_token_share_the_refusal_of_the_one_that_asked(
    odd: Any, says: Any, config_for: Any
) -> None:
    refusal = says(400, {"error": "invalid_grant"})
    server = odd(*[refusal] * 40)
    server.delay = 0.7
    accounts = open_accounts(config_for(server.url))

    together = Barrier(16)

    def refused(_: int) -> bool:
        together.wait()  # whoever came after the refusal would rightly ask again
        try:
            read_google(accounts)
        except AuthFailed as error:
            return "invalid_grant" in error.detail
        return False

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(refused, range(16)))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0.5", 0.5),
        ("-3", 0),
        ("1e9", 86_400),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 86_400),
    ],
)
def test_retry_after_is_read_as_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds
