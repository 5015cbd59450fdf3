"""The vendors' own limits, kept as strictly as they say: so many calls, or units, in any stretch of so long."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.sandbox.wire import Call, Route, google_error, hubspot_error

if TYPE_CHECKING:
    from connectors.sandbox.state import Settings

# https://developers.google.com/workspace/gmail/api/reference/quota
UNITS = {
    "messages.list": 5,
    "messages.get": 20,
    "messages.modify": 5,
    "messages.trash": 5,
    "threads.list": 10,
    "threads.get": 40,
    "threads.modify": 10,
    "drafts.create": 10,
    "drafts.list": 5,
    "drafts.send": 100,
    "drafts.get": 20,
    "drafts.update": 15,
    "drafts.delete": 10,
    "labels.list": 1,
    "labels.create": 5,
    "history.list": 2,
    "profile.get": 1,
    "sendas.list": 1,
}


@dataclass(slots=True)
class Window:
    """What was let through lately: (when, units), oldest first."""

    seconds: float
    passed: deque[tuple[float, int]] = field(default_factory=deque)
    used: int = 0

    def takes(self, units: int, limit: int) -> bool:
        """Whether as many units more stay within the limit. One that is refused isn't counted."""
        now = time.monotonic()
        while self.passed and self.passed[0][0] <= now - self.seconds:
            self.used -= self.passed.popleft()[1]
        if self.used + units > limit:
            return False
        self.passed.append((now, units))
        self.used += units
        return True


class Limits:
    """All windows of one sandbox. A limit of 0 is none."""

    def __init__(self) -> None:
        self.refused = 0
        self._windows: dict[str, Window] = {}

    def check(self, settings: Settings, route: Route, call: Call) -> None:
        """Raise what the vendor answers to a call that is one too many."""
        if route.service == "hubspot":
            # https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
            if route.endpoint.endswith(".search"):
                self._hubspot("SECONDLY", 1.0, settings.hubspot_searches_per_second)
            self._hubspot("TEN_SECONDLY_ROLLING", 10.0, settings.hubspot_calls_per_10_seconds)
        elif route.service == "gmail":
            self._gmail(call.user, UNITS[route.endpoint], settings.gmail_units_per_minute)

    def _hubspot(self, policy: str, seconds: float, limit: int) -> None:
        if self._takes(policy, seconds, 1, limit):
            return
        message = f"You have reached your {policy.lower().removesuffix('_rolling')} limit."
        refused = hubspot_error(429, message, errorType="RATE_LIMIT", policyName=policy)
        if policy != "SECONDLY":  # searches are answered without these headers
            refused.answer.headers |= {
                "X-HubSpot-RateLimit-Max": str(limit),
                "X-HubSpot-RateLimit-Remaining": "0",
                "X-HubSpot-RateLimit-Interval-Milliseconds": str(round(1000 * seconds)),
            }
        raise refused

    def _gmail(self, user: str, units: int, limit: int) -> None:
        if self._takes(f"gmail {user}", 60.0, units, limit):
            return
        refused = google_error(429, "User-rate limit exceeded.", "rateLimitExceeded")
        body = refused.answer.body
        if isinstance(body, dict):
            body["error"]["errors"][0]["domain"] = "usageLimits"
        raise refused

    def _takes(self, name: str, seconds: float, units: int, limit: int) -> bool:
        fits = not limit or self._windows.setdefault(name, Window(seconds)).takes(units, limit)
        self.refused += not fits
        return fits
