"""A door before the sandbox, by which it goes away and comes back without forgetting anything."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self

CHUNK = 65536


class Door:
    """Passes connections on to `target`, a port of this machine, from `port`, while it is open.

    Shut, it refuses connections, or takes them and keeps still. What was said to a shut door is never passed on later:
    a vendor that does what it was asked a minute ago, by somebody who gave up long since, can't be guarded against.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.loop = asyncio.new_event_loop()
        self.passing = asyncio.Event()
        self.visitors: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None
        self.thread = threading.Thread(target=self.loop.run_forever, name="door", daemon=True)
        self.thread.start()
        self.open()

    def open(self) -> None:
        self._do(self._open())

    def shut(self, *, refusing: bool) -> None:
        self._do(self._shut(refusing=refusing))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _open(self) -> None:
        self._turn_out()
        self.passing.set()
        if self.server is None:
            self.server = await asyncio.start_server(self._visit, "127.0.0.1", self.port, backlog=1024)

    async def _shut(self, *, refusing: bool) -> None:
        self.passing.clear()
        if refusing and self.server is not None:
            self.server.close()
            self.server = None
            self._turn_out()

    async def _end(self) -> None:
        await self._shut(refusing=True)
        if visits := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(visits, timeout=5)

    def _turn_out(self) -> None:
        for visitor in self.visitors:
            visitor.transport.abort()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside: asyncio.StreamWriter | None = None
        self.visitors.add(writer)
        try:
            answers, inside = await asyncio.open_connection("127.0.0.1", self.target)
            self.visitors.add(inside)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, inside))
                both.create_task(self._carry(answers, writer))
        except* OSError:
            pass
        finally:
            for end in (writer, inside):
                if end is not None:
                    self.visitors.discard(end)
                    end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until either end closes; raises OSError then, which ends the other direction too."""
        while chunk := await reader.read(CHUNK):
            await self.passing.wait()
            writer.write(chunk)
            await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()
            await writer.wait_closed()
        raise ConnectionResetError
