"""The process: one event loop, one socket, every vendor behind it."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec
from aiohttp import web

from connectors.sandbox import calendar, chat, consent, drive, gmail, hubspot, oauth
from connectors.sandbox.client import Control
from connectors.sandbox.control import ROUTES as CONTROL_ROUTES
from connectors.sandbox.faults import Fault, parse
from connectors.sandbox.scopes import check_google, check_hubspot
from connectors.sandbox.seed import Seed
from connectors.sandbox.state import Box, Settings
from connectors.sandbox.wire import Answer, BadBodyError, Call, RefusedError, Route, refusal

GOOGLE = {"gmail", "drive", "calendar"}
VENDOR_ROUTES = [
    *(*hubspot.ROUTES, *gmail.ROUTES, *drive.ROUTES, *calendar.ROUTES),
    *(*oauth.ROUTES, *consent.ROUTES, *chat.ROUTES),
]
ENDPOINTS = sorted({route.name for route in VENDOR_ROUTES})
HTML = "<!doctype html><title>Error</title><h1>We'll be right back</h1>"
TRICKLE = 20
JSON = "application/json; charset=utf-8"


def check_faults(specs: Sequence[str]) -> None:
    """Raise ValueError for the first spec that the sandbox would refuse."""
    for spec in specs:
        parse(spec, ENDPOINTS)


class Routes:
    """Templates by method and length, so that a request is compared with a handful of them."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_shape: dict[tuple[str, int], list[tuple[list[str | None], Route]]] = {}
        for route in routes:
            parts = [None if part.startswith("{") else part for part in route.template.split("/")]
            self._by_shape.setdefault((route.method, len(parts)), []).append((parts, route))

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        given = path.split("/")
        for parts, route in self._by_shape.get((method, len(given)), ()):
            if all(part is None or part == one for part, one in zip(parts, given, strict=True)):
                return route, tuple(unquote(one) for part, one in zip(parts, given, strict=True) if part is None)
        return None


class Sandbox:
    """Answers every request from one `Box`."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._routes = Routes([*VENDOR_ROUTES, *CONTROL_ROUTES])

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.raw_path
        found = self._routes.find(request.method, path)
        if found is None:
            return _encoded(_unknown(request.method, path))
        route, args = found
        call = Call(args, request.query, request.headers, await request.read())
        if route.service == "sandbox":
            return _encoded(self._answer(route, call))
        self.box.served += 1
        self.box.requests[route] += 1
        fault = self.box.faults.strike(route.name)
        if fault and fault.kind == "drop-before":
            return _drop(request)
        # Half of it on the way in: a caller who dies now has a write under way that nobody can see yet.
        await self._travel()
        answer = self._refused_by(fault, route) or self._answer(route, call)
        await self._travel()
        return await _spoiled(request, answer, fault) if fault else _encoded(answer)

    async def _travel(self) -> None:
        if self.box.settings.latency_ms:
            await asyncio.sleep(self.box.settings.latency_ms / 2000)

    def _refused_by(self, fault: Fault | None, route: Route) -> Answer | None:
        if fault is None or not (fault.kind.isdecimal() or fault.kind == "expired-token"):
            return None
        if fault.kind == "expired-token" and route.service in GOOGLE:
            self.box.tokens.expire()
        return fault.refusal(route.service).answer

    def _answer(self, route: Route, call: Call) -> Answer:
        try:
            self._admit(route, call)
            return route.handler(self.box, call)
        except RefusedError as refused:
            return refused.answer
        except BadBodyError as error:
            return refusal(route.service, 400, f"Invalid JSON payload received: {error}").answer

    def _admit(self, route: Route, call: Call) -> None:
        """Who may call: the seed's tokens for HubSpot, an issued one for Google, any at all for the model."""
        service = route.service
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        token = token.strip() if scheme == "Bearer" else ""
        if service == "hubspot":
            if token not in self.box.crm.tokens:
                message = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
                raise refusal(service, 401, message)
            if self.box.settings.hubspot_scopes is not None:
                check_hubspot(route, self.box.settings.hubspot_scopes)
        if service in GOOGLE:
            grant = self.box.tokens.grant_of(token)
            if grant is None:
                raise refusal(service, 401, "Request had invalid authentication credentials.")
            if grant.scopes is not None:
                check_google(route, grant.scopes)
            call.user = grant.user
        if service == "chat" and not token:
            raise refusal(service, 401, "You didn't provide an API key.", "invalid_request_error")
        self.box.limits.check(self.box.settings, route, call)


def _unknown(method: str, path: str) -> Answer:
    if path.startswith(("/crm/", "/form-integrations/", "/marketing/")):
        return refusal("hubspot", 404, "resource not found").answer
    if path.startswith("/_sandbox"):
        return refusal("sandbox", 404, f"The sandbox has no {method} {path}").answer
    return refusal("google", 404, f"The sandbox has no {method} {path}").answer


def _encoded(answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    if isinstance(answer.body, str):
        return web.Response(status=answer.status, headers=answer.headers, text=answer.body, content_type="text/html")
    headers = {"Content-Type": JSON, **answer.headers}
    return web.Response(status=answer.status, body=msgspec.json.encode(answer.body), headers=headers)


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _spoiled(request: web.BaseRequest, answer: Answer, fault: Fault) -> web.StreamResponse:
    """The answer to work that was done, as the fault lets it arrive."""
    match fault.kind:
        case "drop-after":
            return _drop(request)
        case "timeout":
            await asyncio.sleep(fault.seconds)
            return _drop(request)
        case "html":
            return web.Response(text=HTML, content_type="text/html")
        case "bad-json":
            body = msgspec.json.encode(answer.body)
            return web.Response(status=answer.status, body=body[: len(body) // 2], headers={"Content-Type": JSON})
        case "slow":
            return await _trickled(request, answer, fault.seconds)
        case _:
            return _encoded(answer)


async def _trickled(request: web.BaseRequest, answer: Answer, seconds: float) -> web.StreamResponse:
    body = msgspec.json.encode(answer.body)
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": JSON, **answer.headers})
    response.content_length = len(body)
    await response.prepare(request)
    step = max(1, len(body) // TRICKLE)
    try:
        for place in range(0, len(body), step):
            await asyncio.sleep(seconds / TRICKLE)
            await response.write(body[place : place + step])
    except ConnectionError:
        # The client lost its patience, which is what a slow answer is for.
        return _drop(request)
    return response


@dataclass(slots=True)
class Running:
    """A sandbox that listens: where, and the means to steer it."""

    url: str
    control: Control


@asynccontextmanager
async def _listening(box: Box, host: str, port: int) -> AsyncIterator[str]:
    # The low-level server: no middleware, no access log, far more requests a second.
    runner = web.ServerRunner(web.Server(Sandbox(box).handle, access_log=None), shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def serve(
    *,
    port: int,
    host: str = "127.0.0.1",
    seed: Seed | None = None,
    latency_ms: float = 0,
    search_lag_ms: float = 2000,
    faults: Sequence[str] = (),
    announce: Callable[[str], None],
) -> None:
    """Run until SIGTERM or SIGINT; port 0 takes a free one. Raises ValueError for a fault or seed that is wrong."""
    settings = Settings(latency_ms=latency_ms, search_lag_ms=search_lag_ms)
    box = Box(seed or Seed.demo(), settings, faults, ENDPOINTS)

    async def until_signalled() -> None:
        stopped = asyncio.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, stopped.set)
        async with _listening(box, host, port) as url:
            announce(url)
            await stopped.wait()

    asyncio.run(until_signalled())


@contextmanager
def running(
    *, seed: Seed | None = None, settings: Settings | None = None, faults: Sequence[str] = (), port: int = 0
) -> Iterator[Running]:
    """A sandbox in a thread of its own, for tests; its search has no lag unless `settings` say so."""
    box = Box(seed or Seed.demo(), settings or Settings(search_lag_ms=0), faults, ENDPOINTS)
    listening: Future[tuple[asyncio.AbstractEventLoop, str]] = Future()
    stopped = asyncio.Event()

    async def until_stopped() -> None:
        try:
            async with _listening(box, "127.0.0.1", port) as url:
                listening.set_result((asyncio.get_running_loop(), url))
                await stopped.wait()
        except OSError as error:
            listening.set_exception(error)

    thread = threading.Thread(target=asyncio.run, args=(until_stopped(),), name="sandbox", daemon=True)
    thread.start()
    loop, url = listening.result(timeout=10)
    try:
        with Control(url) as control:
            yield Running(url, control)
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(timeout=10)
