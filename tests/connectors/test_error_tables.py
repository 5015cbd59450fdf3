"""Every row of the error tables, vendor by vendor, against the sandbox answering in the vendors' own words."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.accounts import open_accounts
from connectors.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    ConnectorError,
    Misconfigured,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
    Transient,
    Unknown,
)
from connectors.llm import ChatModel, ModelConfig
from connectors.ports import Accounts, Note, Turn
from connectors.vendor_errors import asked_wait, retry_after

NOTE = Note("<p>hello</p>", "run-1", datetime(2026, 5, 1, tzinfo=UTC))
SHORT = 0.5  # seconds to wait for an answer

type Kind = type[ConnectorError]
type Row = tuple[str, str, Kind, Kind]  # fault, its options, what a read and what a write make of it
type Act = Callable[[Accounts], object]

# What no vendor means in a way of its own.
EVERYWHERE: list[Row] = [
    ("500", "", Transient, Ambiguous),
    ("502", "", Transient, Ambiguous),
    ("503", "", Transient, Ambiguous),
    ("504", "", Transient, Ambiguous),
    ("524", "", Transient, Ambiguous),
    ("408", "", Transient, Ambiguous),
    ("timeout", ":seconds=0.9", Transient, Ambiguous),
    ("drop-before", "", Transient, Ambiguous),
    ("drop-after", "", Transient, Ambiguous),
    ("bad-json", "", Transient, Ambiguous),
    ("html", "", Transient, Ambiguous),
    ("400", "", Permanent, Permanent),
    ("413", "", Permanent, Permanent),
    ("422", "", Permanent, Permanent),
    ("401", "", AuthFailed, AuthFailed),
    ("expired-token", "", AuthFailed, AuthFailed),
    ("403", "", PermissionDenied, PermissionDenied),
    ("404", "", NotFound, NotFound),
    ("409", "", Conflict, Conflict),
    ("429", "", RateLimited, RateLimited),
    ("418", "", Unknown, Unknown),
]
HUBSPOT: list[Row] = [
    *EVERYWHERE,
    ("402", "", Unknown, Unknown),
    ("423", "", Transient, Transient),
    ("477", "", Transient, Transient),
    ("429", ":policy=SECONDLY", RateLimited, RateLimited),
    ("429", ":policy=DAILY", RateLimited, RateLimited),
]
GOOGLE: list[Row] = [
    *(row for row in EVERYWHERE if row[0] != "expired-token"),  # the client has another, and is taken
    ("402", "", Unknown, Unknown),
    ("403", ":reason=rateLimitExceeded", RateLimited, RateLimited),
    ("403", ":reason=userRateLimitExceeded", RateLimited, RateLimited),
    ("403", ":reason=sharingRateLimitExceeded", RateLimited, RateLimited),
    ("403", ":reason=dailyLimitExceeded", RateLimited, RateLimited),
    ("403", ":reason=quotaExceeded", RateLimited, RateLimited),
    ("403", ":reason=domainPolicy", PermissionDenied, PermissionDenied),
    ("403", ":reason=insufficientFilePermissions", PermissionDenied, PermissionDenied),
    ("403", ":reason=neverSeenBefore", PermissionDenied, PermissionDenied),
    ("403", ":reason=accessNotConfigured", Misconfigured, Misconfigured),
    ("403", ":reason=SERVICE_DISABLED", Misconfigured, Misconfigured),
    ("400", ":reason=failedPrecondition", Misconfigured, Misconfigured),
    ("400", ":reason=invalidArgument", Permanent, Permanent),
    ("429", ":reason=quotaExceeded", RateLimited, RateLimited),
]
ENDPOINTS: dict[str, tuple[Act, Act | None, list[Row]]] = {
    "hubspot": (
        lambda to: to.crm.company_by_domain("acme.example"),
        lambda to: to.crm.create_note(NOTE, "501", ""),
        HUBSPOT,
    ),
    "gmail": (lambda to: to.mail.label_id("Hot"), lambda to: to.mail.create_label("Warm"), GOOGLE),
    "drive": (lambda to: to.files.files_in(("folder",)), None, GOOGLE),
    "calendar": (lambda to: to.calendar.busy(("rep@northwind.example",), NOW, NOW + timedelta(days=1)), None, GOOGLE),
}
NOW = datetime(2026, 5, 1, tzinfo=UTC)
CASES = [
    pytest.param(service, *row, id=f"{service}-{row[0]}{row[1]}")
    for service, (*_, rows) in ENDPOINTS.items()
    for row in rows
]


@pytest.mark.parametrize(("service", "fault", "options", "read", "write"), CASES)
def test_each_answer_of_a_vendor_has_its_class(
    box: Any, config_for: Any, service: str, fault: str, options: str, read: Kind, write: Kind
) -> None:
    reads, writes, _ = ENDPOINTS[service]
    accounts = open_accounts(config_for(box.url, read_timeout=SHORT))
    for act, kind in ((reads, read), (writes, write)):
        if act is None:
            continue
        box.control.clear_faults()
        box.control.fault(f"{fault}:{service}{options}")
        with pytest.raises(ConnectorError) as caught:
            act(accounts)
        assert type(caught.value) is kind, caught.value
        assert caught.value.service == service


MODEL: list[tuple[str, str, Kind]] = [
    ("500", "", Transient),
    ("503", "", Transient),
    ("524", "", Transient),
    ("408", "", Transient),
    ("drop-before", "", Transient),
    ("drop-after", "", Transient),
    ("bad-json", "", Transient),
    ("html", "", Transient),
    ("400", "", Permanent),
    ("413", "", Permanent),
    ("422", "", Permanent),
    ("401", "", AuthFailed),
    ("402", "", Misconfigured),
    ("403", "", PermissionDenied),
    ("404", "", NotFound),
    ("429", "", RateLimited),
    ("429", ":reason=insufficient_quota", RateLimited),
    ("418", "", Unknown),
]


@pytest.mark.parametrize(("fault", "options", "kind"), MODEL)
def test_each_answer_of_a_language_model_has_its_class(box: Any, fault: str, options: str, kind: Kind) -> None:
    box.control.fault(f"{fault}:chat{options}")
    model = ChatModel(ModelConfig(f"{box.url}/v1", "sandbox", "a-key"))
    with pytest.raises(ConnectorError) as caught:
        model.complete((Turn("user", "Hello"),), {"type": "object"}, time.monotonic() + 2.2)
    assert type(caught.value) is kind, caught.value
    if "quota" in options:
        assert caught.value.retry_after == 3600


@pytest.mark.parametrize(("service", "act"), [(name, reads) for name, (reads, *_) in ENDPOINTS.items()])
@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        (":retry_after=7", 7.0),
        (":retry_after=0.125", 0.125),
        (":retry_after=7:retry_after_ms=250", 0.25),
        (":retry_after=none:retry_after_ms=1337", 1.337),
        (":retry_after=1500ms", 1.5),
    ],
)
def test_a_wait_is_taken_as_it_is_asked_for(
    box: Any, config_for: Any, service: str, act: Act, options: str, seconds: float
) -> None:
    box.control.fault(f"429:{service}{options}")
    with pytest.raises(RateLimited) as caught:
        act(open_accounts(config_for(box.url)))
    assert caught.value.retry_after == seconds


def test_google_may_say_how_long_in_the_body(box: Any, config_for: Any) -> None:
    box.control.fault("429:drive:retry_after=none:retry_delay=3.25")
    with pytest.raises(RateLimited) as caught:
        open_accounts(config_for(box.url)).files.files_in(("folder",))
    assert caught.value.retry_after == 3.25


def test_gmail_names_the_instant_in_its_message(failure: Any, odd: Any, says: Any, token: bytes) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=90)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"error": {"message": f"User-rate limit exceeded.  Retry after {until}".replace("  ", " ")}}
    error = failure(odd(token, says(429, said)).url, lambda accounts: accounts.mail.label_id("Hot"))
    assert type(error) is RateLimited
    assert 85 < error.retry_after <= 90


def test_a_date_and_milliseconds_are_waits_too() -> None:
    assert asked_wait({}) is None
    assert asked_wait({"retry-after-ms": "20", "retry-after": "1"}) == 0.02
    soon = (datetime.now(UTC) + timedelta(seconds=60)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert 58 < (retry_after(soon) or 0) <= 60
    assert retry_after("2099-01-01T00:00:00.250Z") == 86_400
    assert retry_after("ms") is None


def test_a_calendar_that_cannot_be_read_for_a_reason_nobody_knows_is_unknown(
    failure: Any, odd: Any, says: Any, token: bytes
) -> None:
    answer = says(200, {"calendars": {"c": {"errors": [{"reason": "somethingNew"}]}}})
    error = failure(odd(token, answer).url, lambda accounts: accounts.calendar.busy(("c",), NOW, NOW + timedelta(1)))
    assert type(error) is Unknown
