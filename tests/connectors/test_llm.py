"""The client of chat completions, over HTTP: what it makes of each way to answer, and that its time is its time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from connectors import calls, errors, llm, sandbox
from connectors.llm import ChatModel, ModelConfig, open_model
from connectors.ports import Completion, Turn
from connectors.sandbox.chat import MODES

TURNS = (Turn("system", "Write."), Turn("user", 'The facts: {"language": "en"}'))
SECONDS = 6.0


@pytest.fixture(scope="module")
def chat() -> Iterator[sandbox.Running]:
    with sandbox.running() as box:
        yield box


@pytest.fixture
def box(chat: sandbox.Running) -> sandbox.Running:
    chat.control.reset()
    return chat


def model(url: str, name: str = "sandbox", **changes: Any) -> ChatModel:
    return ChatModel(ModelConfig(f"{url}/v1", name, "a-key", **changes))


def ask(asked: ChatModel, seconds: float = SECONDS) -> Completion:
    return asked.complete(TURNS, {"type": "object"}, time.monotonic() + seconds)


@contextmanager
def endpoint(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads a request and then does as it likes with the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = server.accept()
                    with line, suppress(OSError):
                        line.recv(65536)
                        say(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def silence(line: socket.socket) -> None:
    while line.recv(65536):
        pass


def drip(text: bytes, first: bytes = b"") -> Callable[[socket.socket], None]:
    def say(line: socket.socket) -> None:
        line.sendall(first)
        for letter in text * 1000:
            line.sendall(bytes([letter]))
            time.sleep(0.05)

    return say


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "llm"]


def test_an_answer_comes_with_what_it_cost(box: sandbox.Running) -> None:
    answer = ask(model(box.url, input_price=3, output_price=10))
    assert '"paragraphs"' in answer.text
    assert answer.tokens_in > 0
    assert answer.tokens_out > 0
    assert answer.cost == answer.tokens_in * 3 + answer.tokens_out * 10


@pytest.mark.parametrize("mode", ["no-usage", "wrong-usage"])
def test_tokens_that_the_endpoint_does_not_count_are_estimated(box: sandbox.Running, mode: str) -> None:
    answer = ask(model(box.url, f"sandbox:{mode}", output_price=1))
    assert answer.tokens_out == len(answer.text) // llm.LETTERS_PER_TOKEN
    assert answer.cost == answer.tokens_out


@pytest.mark.parametrize(("mode", "rung"), [("good", 0), ("no-temperature", 1), ("no-schema", 2), ("no-format", 3)])
def test_the_form_that_an_endpoint_takes_is_found_once_and_remembered(
    box: sandbox.Running, mode: str, rung: int
) -> None:
    asked = model(box.url, f"sandbox:{mode}")
    ask(asked)
    assert box.control.count("chat.completions.create") == rung + 1
    ask(asked)
    assert box.control.count("chat.completions.create") == rung + 2


def test_a_refusal_in_every_form_is_remembered_as_none(box: sandbox.Running) -> None:
    asked = model(box.url)
    box.control.fault("400:chat:x4")
    with pytest.raises(errors.Permanent):
        ask(asked)
    ask(asked)
    assert box.control.count("chat.completions.create") == 5


@pytest.mark.parametrize("spec", ["429:chat:x1", "503:chat:x1:retry_after=0"])
def test_a_busy_endpoint_is_asked_once_more(box: sandbox.Running, spec: str) -> None:
    box.control.fault(spec)
    assert ask(model(box.url)).text
    assert box.control.count("chat.completions.create") == 2


def test_an_endpoint_that_wants_too_long_a_pause_is_not_waited_for(box: sandbox.Running) -> None:
    box.control.fault("429:chat:retry_after=60")
    began = time.monotonic()
    with pytest.raises(errors.RateLimited):
        ask(model(box.url))
    assert time.monotonic() - began < 1
    assert box.control.count("chat.completions.create") == 1


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("401:chat", errors.AuthFailed),
        ("403:chat", errors.PermissionDenied),
        ("404:chat", errors.NotFound),
        ("html:chat", errors.Transient),
        ("bad-json:chat", errors.Transient),
        ("drop-before:chat", errors.Transient),
    ],
)
def test_trouble_is_told_in_our_words(box: sandbox.Running, spec: str, kind: type[Exception]) -> None:
    box.control.fault(spec)
    with pytest.raises(kind):
        ask(model(box.url))


def test_a_redirect_is_not_followed(box: sandbox.Running) -> None:
    with pytest.raises(errors.Permanent, match="elsewhere"):
        ask(model(box.url, "sandbox:redirect"))
    assert box.control.requests()["total"] == 1


def test_a_huge_answer_is_not_read_to_its_end(box: sandbox.Running) -> None:
    with pytest.raises(errors.Transient, match="larger than"):
        ask(model(box.url, "sandbox:huge"))


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(silence, id="silence"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), id="dripping header"),
        pytest.param(drip(b"HTTP/1.1 100 Continue\r\n\r\n"), id="endless continue"),
        pytest.param(drip(b" ", first=b"HTTP/1.1 200 OK\r\n\r\n"), id="dripping body"),
    ],
)
def test_no_endpoint_holds_a_caller_longer_than_the_time_it_has(say: Callable[[socket.socket], None]) -> None:
    with endpoint(say) as url:
        asked = model(url)
        began = time.monotonic()
        with pytest.raises(errors.Transient, match="in time"):
            ask(asked, 2.2)
        assert 2 < time.monotonic() - began < 3
        until(lambda: not threads())


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < ends, "the thread is still there"
        time.sleep(0.01)


def test_a_connection_that_nobody_takes_is_trouble(box: sandbox.Running) -> None:
    with pytest.raises(errors.Transient, match="no connection"):
        ask(model("http://127.0.0.1:9"))


def test_each_request_is_reported_without_its_contents(box: sandbox.Running) -> None:
    heard: list[calls.Call] = []
    box.control.fault("503:chat:x1")
    with calls.heard_by(heard.append):
        ask(model(box.url))
    assert [(call.service, call.endpoint, call.status) for call in heard] == [
        ("llm", "chat.completions", 503),
        ("llm", "chat.completions", 200),
    ]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (ModelConfig("llm.example/v1", "m"), "LLM_BASE_URL"),
        (ModelConfig("https://llm.example/v1", ""), "LLM_MODEL"),
        (ModelConfig("https://llm.example/v1", "m", "a key\n"), "LLM_API_KEY"),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_no_key_is_shown(config: ModelConfig, said: str) -> None:
    with pytest.raises(errors.NotConfigured, match=said) as raised:
        open_model(config)
    assert "a key" not in str(raised.value)
    assert "a key" not in repr(config)


def test_a_mode_that_there_is_not_is_refused(box: sandbox.Running) -> None:
    with pytest.raises(ValueError, match="no-such-mode"):
        box.control.settings(chat="good,no-such-mode")
    for mode in MODES:
        box.control.settings(chat=mode)
