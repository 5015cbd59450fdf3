"""What must never happen on a page: script errors, refused content, server errors, requests to other hosts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

OF_THE_PAGE_ITSELF = {"data", "blob", "about"}


class Watch:
    """Listens to all pages of one browser context; `settle` fails if anything happened that was not `expected`."""

    def __init__(self, context: Any, origin: str) -> None:
        self.origin = urlsplit(origin).netloc
        self.happened: list[str] = []
        self.expected: list[re.Pattern[str]] = []
        # What the content security policy refuses comes as a console error, also from frames.
        context.on("console", self.console)
        context.on("weberror", lambda error: self.happened.append(f"uncaught: {error.error}"))
        context.on("request", self.request)
        context.on("response", self.response)

    def expect(self, pattern: str) -> None:
        """Let this pass, for a test that brings it about."""
        self.expected.append(re.compile(pattern))

    def console(self, message: Any) -> None:
        if message.type in {"error", "assert"}:
            self.happened.append(f"console: {message.text} ({message.location.get('url', '')})")

    def request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in OF_THE_PAGE_ITSELF and address.netloc != self.origin:
            self.happened.append(f"request to another host: {request.url}")

    def response(self, response: Any) -> None:
        if response.status >= 500:
            self.happened.append(f"HTTP {response.status}: {response.url}")

    def settle(self) -> None:
        unexpected = [line for line in self.happened if not any(one.search(line) for one in self.expected)]
        assert not unexpected, "\n".join(unexpected)
