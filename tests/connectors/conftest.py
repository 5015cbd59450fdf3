"""The vendors' real clients: against the sandbox, and against a socket that says whatever a test wants."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from connectors import calls, sandbox
from connectors.accounts import AccountsConfig, open_accounts
from connectors.calls import Call
from connectors.errors import ConnectorError
from connectors.ports import Accounts, OutgoingMail
from connectors.sandbox.seed import (
    BusySeed,
    CalendarSeed,
    FileSeed,
    MailboxSeed,
    MessageSeed,
    PortalSeed,
    RecordSeed,
    ThreadSeed,
)

REP = "rep@northwind.example"


def _config_for(url: str, **changes: Any) -> AccountsConfig:
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    config = AccountsConfig(
        hubspot_token="sandbox-token",
        google_credentials=json.dumps(user | {"token_uri": f"{url}/token"}),
        google_subject=REP,
        hubspot_url=url,
        google_url=url,
        connect_timeout=1.0,
        read_timeout=1.0,
    )
    return replace(config, **changes)


@pytest.fixture
def config_for() -> Callable[..., AccountsConfig]:
    """The settings of accounts that all live at one URL, with short timeouts."""
    return _config_for


@pytest.fixture
def failure() -> Callable[..., ConnectorError]:
    """What `act` raises when the accounts are at `url`."""

    def fails(url: str, act: Callable[[Accounts], object], **config: Any) -> ConnectorError:
        with pytest.raises(ConnectorError) as caught:
            act(open_accounts(_config_for(url, **config)))
        return caught.value

    return fails


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Any]:
    seed = sandbox.Seed(
        hubspot=PortalSeed(
            contacts=[
                RecordSeed("501", {"email": "ann@acme.example", "firstname": "Ann", "lastname": "Lee"}),
            ],
            companies=[RecordSeed("601", {"name": "Acme", "domain": "acme.example"})],
        ),
        mailboxes=[
            MailboxSeed(
                REP,
                labels=["Hot"],
                threads=[
                    ThreadSeed(
                        "Pricing",
                        [
                            MessageSeed(
                                "ann@acme.example", REP, "What does it cost?", 30, "Ann Lee", "<first@acme.example>"
                            ),
                            MessageSeed(REP, "ann@acme.example", "It depends.", 29, "Rep"),
                        ],
                    )
                ],
            )
        ],
        files=[
            FileSeed("F1", "Allowed", mime_type="application/vnd.google-apps.folder"),
            FileSeed("O'Brien\\1", "Odd", mime_type="application/vnd.google-apps.folder"),
            FileSeed("F2", "Secret", mime_type="application/vnd.google-apps.folder"),
            FileSeed("F3", "Inner", parent="F1", mime_type="application/vnd.google-apps.folder"),
            FileSeed("d1", "Brochure", parent="F1", description="For everyone"),
            FileSeed("d2", "Gone", parent="F1", trashed=True),
            FileSeed("d3", "Salaries", parent="F2"),
            FileSeed("d4", "Deep", parent="F3"),
            FileSeed("d5", "Quoted", parent="O'Brien\\1"),
        ],
        calendars=[
            CalendarSeed(REP, busy=[BusySeed(1, 2), BusySeed(1.5, 3), BusySeed(5, 6)]),
            CalendarSeed("closed@northwind.example", error="forbidden"),
        ],
    )
    with sandbox.running(seed=seed) as running:
        yield running


@pytest.fixture
def box(shared_sandbox: Any) -> Any:
    shared_sandbox.control.reset()
    return shared_sandbox


@pytest.fixture
def accounts(box: Any) -> Accounts:
    return open_accounts(_config_for(box.url))


@pytest.fixture
def heard() -> Iterator[list[Call]]:
    """Every call that the test's own thread makes."""
    found: list[Call] = []
    with calls.heard_by(found.append):
        yield found


@pytest.fixture
def mail() -> OutgoingMail:
    return OutgoingMail(
        sender=REP,
        sender_name="Rép Northwind",
        to="ann@acme.example",
        to_name="Ann Lee",
        subject="Re: Pricing",
        text="Hello Ann,\n\nthe price is fair, naïvely so.\n",
        marker="run-17",
        message_id="<run-17@northwind.example>",
    )


@dataclass
class OddServer:
    """Answers each request with the next of `answers`: bytes as they are, None drops the connection unanswered."""

    answers: list[bytes | None]
    requests: list[bytes] = field(default_factory=list)
    url: str = ""
    delay: float = 0.0

    def serve(self, listener: socket.socket) -> None:
        while self.answers:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                self.requests.append(_read_request(client))
                answer = self.answers.pop(0)
                time.sleep(self.delay)
                if answer is not None:
                    client.sendall(answer)


def _read_request(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536) or b"\r\n\r\n"
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while lengths and len(body) < lengths[0]:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def odd() -> Iterator[Callable[..., OddServer]]:
    """Start a server with these answers; each is (status line, headers, body) or raw, None, or a str of JSON."""
    listeners: list[socket.socket] = []

    def start(*answers: bytes | None) -> OddServer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        server = OddServer(list(answers), url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
        return server

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def says() -> Callable[..., bytes]:
    """An HTTP answer as bytes."""

    def make(status: int, body: object = b"", **headers: str) -> bytes:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    return make


@pytest.fixture
def token(says: Callable[..., bytes]) -> bytes:
    return says(200, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
