"""A sandbox per module, as it was at the start for each test, and the vendors' own clients on it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import httplib2
import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from hubspot import HubSpot
from urllib3.util.retry import Retry

from connectors import sandbox

RAW = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def _running() -> Iterator[sandbox.Running]:
    with sandbox.running() as box:
        yield box


@pytest.fixture
def box(_running: sandbox.Running) -> sandbox.Running:
    _running.control.reset()
    return _running


@pytest.fixture
def hubspot(box: sandbox.Running) -> Iterator[HubSpot]:
    return HubSpot(access_token="sandbox-token", host=box.url, retry=Retry(0))


def _google(box: sandbox.Running, name: str, version: str, path: str = "/") -> Iterator[Any]:
    http = httplib2.Http(timeout=5)
    authorized = AuthorizedHttp(Credentials(token="google-sandbox-token"), http=http)
    options = {"api_endpoint": box.url + path}
    service = build(
        name, version, http=authorized, client_options=options, static_discovery=True, cache_discovery=False
    )
    yield service
    http.close()


@pytest.fixture
def gmail(box: sandbox.Running) -> Iterator[Any]:
    for service in _google(box, "gmail", "v1"):
        yield service.users()


@pytest.fixture
def drive(box: sandbox.Running) -> Iterator[Any]:
    for service in _google(box, "drive", "v3", "/drive/v3/"):
        yield service.files()


@pytest.fixture
def calendar(box: sandbox.Running) -> Iterator[Any]:
    yield from _google(box, "calendar", "v3", "/calendar/v3/")


@pytest.fixture
def letter() -> RAW:
    """The body of a draft: `letter(to=…, subject=…, thread_id=…, **headers)`."""

    def write(
        to: str = "jane@acme.example", subject: str = "Hello", text: str = "A text.\n", thread_id: str = "", **more: str
    ) -> dict[str, Any]:
        mail = EmailMessage()
        mail["From"] = "Clara Jensen <clara@northwind.example>"
        if to:
            mail["To"] = to
        mail["Subject"] = subject
        for name, value in more.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        message = {"raw": urlsafe_b64encode(mail.as_bytes()).decode()}
        return {"message": message | ({"threadId": thread_id} if thread_id else {})}

    return write
