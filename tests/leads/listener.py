"""A web server on this machine that messages are sent to over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener:
    """What it heard, and what it answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.status = 200
        self.moved_to = ""
        self.pauses = 0.0  # seconds before it answers
        self.heard: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Its address for Apprise; the password and the path are secrets."""
        return f"json://olga:secret-pass@127.0.0.1:{self.port}/secret-path"


@contextmanager
def listening() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.heard.append(json.loads(body))
            time.sleep(listener.pauses)
            with suppress(BrokenPipeError):
                self.answer()

        def answer(self) -> None:
            self.send_response(listener.status)
            if listener.moved_to:
                self.send_header("Location", listener.moved_to)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener = Listener(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
