"""A language model behind any OpenAI-compatible endpoint: one answer in a bounded time, or an error of our tree.

A socket's timeout holds for one read, so an endpoint that drips could keep a caller as long as it likes. Here the call
is made on a bare connection in a thread of its own, and the caller cuts the line when its time is over.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import certifi
import msgspec
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.errors import (
    AuthFailed,
    ConnectorError,
    Misconfigured,
    NotConfigured,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
    Transient,
)
from connectors.ports import Completion, Turn
from connectors.vendor_errors import (
    HOUR,
    REFUSALS,
    Refusal,
    StatusTable,
    asked_wait,
    interrupted,
    lost,
    refused,
    unreadable,
)
from connectors.watch import Operation, Watch

COMPLETE = Operation("llm", "chat.completions")
LARGEST = 256 * 1024  # bytes of an answer; a letter has two or three thousand
PAUSE = 0.5  # seconds before the one retry, unless the endpoint names a longer time
SHORTEST = 2.0  # seconds; with less than this left no call is begun
LETTERS_PER_TOKEN = 4  # where the endpoint does not say what it used

_REDIRECTS = range(300, 400)
_OK = 200
_SAYS: StatusTable = {
    **REFUSALS,
    401: AuthFailed,
    402: Misconfigured,  # the account has run out of money
    403: PermissionDenied,
    404: NotFound,  # no such model
    429: RateLimited,
}
_USED_UP = "insufficient_quota"  # said with a 429 when no second helps


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """An endpoint and a model. `seconds` is what one letter may take in all; prices are per million tokens."""

    url: str
    model: str
    api_key: str = field(default="", repr=False)
    connect_timeout: float = 5.0
    seconds: float = 20.0
    input_price: float = 0.0
    output_price: float = 0.0


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    retry_after: float | None
    body: bytes


class ChatModel:
    """`connectors.ports.TextModel` over HTTP. Safe to share between threads."""

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        self._rung = 0

    @property
    def name(self) -> str:
        return self._config.model

    @property
    def seconds(self) -> float:
        return self._config.seconds

    def complete(self, turns: tuple[Turn, ...], schema: Mapping[str, Any], ends: float) -> Completion:
        """The model's answer by `ends` (of `time.monotonic`), or an error.

        It is asked in the strictest form that this endpoint is known to take; the first that it takes is remembered.
        """
        forms = _forms(schema)
        for rung in range(self._rung, len(forms)):
            body = {"model": self._config.model, "messages": [_message(turn) for turn in turns], **forms[rung]}
            try:
                completion = self._patiently(body, ends)
            except Permanent as refusal:
                if refusal.status not in {400, 422} or rung == len(forms) - 1:
                    raise
            else:
                self._rung = rung
                return completion
        raise AssertionError("the last form answers or raises")

    def _patiently(self, body: Mapping[str, Any], ends: float) -> Completion:
        """One more try after a 429 or a server's failure, if there is time for it."""
        try:
            return self._once(body, ends)
        except (RateLimited, Transient) as problem:
            pause = max(problem.retry_after or 0.0, PAUSE)
            if (problem.status or _OK) < 429 or time.monotonic() + pause + SHORTEST > ends:
                raise
        time.sleep(pause)
        return self._once(body, ends)

    def _once(self, body: Mapping[str, Any], ends: float) -> Completion:
        with Watch(COMPLETE, _translated) as watch:
            reply = _posted(self._config, msgspec.json.encode(body), ends)
            watch.status = reply.status
            if reply.status != _OK:
                raise refused(COMPLETE, _SAYS, _refusal(reply))
            if len(reply.body) > LARGEST:
                raise unreadable(COMPLETE, f"the answer is larger than {LARGEST // 1024} KB", reply.status)
            return self._read(reply, sum(len(turn["content"]) for turn in body["messages"]))

    def _read(self, reply: _Reply, letters_asked: int) -> Completion:
        answer = _decoded(reply.body)
        try:
            text = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            text = None
        if not isinstance(text, str) or not text.strip():
            raise unreadable(COMPLETE, "the answer holds no text", reply.status)
        usage = answer.get("usage")
        tokens_in = _count(usage, "prompt_tokens", letters_asked)
        tokens_out = _count(usage, "completion_tokens", len(text))
        # Tokens times the price of a million are millionths of the currency.
        cost = round(tokens_in * self._config.input_price + tokens_out * self._config.output_price)
        return Completion(text, self._config.model, tokens_in, tokens_out, cost)


def _forms(schema: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """From the strictest: some endpoints take no temperature, some no schema, some nothing but messages."""
    strict = {"type": "json_schema", "json_schema": {"name": "letter", "strict": True, "schema": schema}}
    return (
        {"response_format": strict, "temperature": 0},
        {"response_format": strict},
        {"response_format": {"type": "json_object"}},
        {},
    )


def _message(turn: Turn) -> dict[str, str]:
    return {"role": turn.role, "content": turn.text.encode("utf-8", "replace").decode()}


def _posted(config: ModelConfig, body: bytes, ends: float) -> _Reply:
    """POST once, no redirects. All of it, from the look-up of the name to the last byte, is over at `ends`."""
    left = ends - time.monotonic()
    if left < SHORTEST:
        raise TimeoutError("too little time is left")
    parts = urlsplit(f"{config.url.rstrip('/')}/chat/completions")
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
    if config.api_key:
        headers["Authorization"] = f"Bearer {config.api_key}"
    timeout = min(config.connect_timeout, left)
    line: HTTPConnection = (
        HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, ca_certs=certifi.where())
        if parts.scheme == "https"
        else HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    )
    told: Future[_Reply] = Future()
    sockets: list[socket.socket] = []  # the connection itself forgets it when an answer has no length

    def ask() -> None:
        try:
            line.connect()
            sockets.append(line.sock)
            line.sock.settimeout(left)
            line.request("POST", target, body=body, headers=headers, preload_content=False)
            response = line.getresponse()
            answer = response.read(LARGEST + 1, decode_content=False)
            told.set_result(_Reply(response.status, asked_wait(response.headers), answer))
        except BaseException as problem:  # noqa: BLE001  carried to who waits for it
            told.set_exception(problem)
        finally:
            line.close()

    threading.Thread(target=ask, name="llm", daemon=True).start()
    try:
        return told.result(left)
    except TimeoutError:
        for cut in sockets:
            with suppress(OSError):  # it may be over at this moment
                cut.shutdown(socket.SHUT_RDWR)
        raise


def _translated(problem: BaseException, operation: Operation) -> ConnectorError | None:
    if isinstance(problem, TimeoutError):
        return interrupted(operation, "no answer in time")
    if isinstance(problem, HTTPException):
        return interrupted(operation, f"no answer ({type(problem).__name__})")
    return lost(problem, operation)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise unreadable(COMPLETE, "the answer is not JSON", _OK) from None
    return answer if isinstance(answer, dict) else {}


def _refusal(reply: _Reply) -> Refusal:
    if reply.status in _REDIRECTS:
        return Refusal(reply.status, "it sends callers elsewhere, which is not followed", reply.retry_after)
    try:
        error = _decoded(reply.body).get("error")
    except ConnectorError:
        error = None
    said = error if isinstance(error, dict) else {"message": error}
    reasons = frozenset(one for one in (said.get("code"), said.get("type")) if isinstance(one, str))
    wait = max(reply.retry_after or 0.0, HOUR) if _USED_UP in reasons else reply.retry_after
    message = said.get("message")
    return Refusal(reply.status, message if isinstance(message, str) else "", wait, reasons=reasons)


def _count(usage: object, name: str, letters: int) -> int:
    """Tokens as the endpoint counts them; an estimate where it doesn't."""
    told = usage.get(name) if isinstance(usage, dict) else None
    sound = isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10_000_000
    return told if sound and isinstance(told, int) else max(1, letters // LETTERS_PER_TOKEN)


@lru_cache(16)
def open_model(config: ModelConfig) -> ChatModel:
    """The model that `config` describes, one per process; NotConfigured names every setting that is wrong."""
    parts = urlsplit(config.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotConfigured("LLM_BASE_URL is not a URL: it begins with https:// and mostly ends with /v1")
    if not config.model:
        raise NotConfigured("LLM_MODEL is not set: put the model's name into the environment or .env")
    if not all("!" <= letter <= "~" for letter in config.api_key):
        raise NotConfigured("LLM_API_KEY has white space or other letters in it that no key has: enter it again")
    return ChatModel(config)
