"""Steer a running sandbox from another thread or process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self, cast

import requests

TIMEOUT = (5, 60)


class Control:
    """Speaks to `/_sandbox/` of the sandbox at `url`. Raises ValueError with the sandbox's words when it refuses."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def created(self, kind: str = "") -> dict[str, list[dict[str, Any]]]:
        """All that was created since the start or the last reset, by kind."""
        return self._call("GET", "created" + (f"?kind={kind}" if kind else ""))

    def requests(self) -> dict[str, Any]:
        """`total`, `writes`, those `refused` as too many, and `calls`: one entry per endpoint with its count."""
        return self._call("GET", "requests")

    def count(self, name: str) -> int:
        """How often `service.endpoint` was called."""
        calls = self.requests()["calls"]
        return sum(one["count"] for one in calls if f"{one['service']}.{one['endpoint']}" == name)

    def fault(self, spec: str) -> None:
        self._call("POST", "faults", {"spec": spec})

    def faults(self) -> list[dict[str, Any]]:
        """Each armed fault's `number` and `spec`, how often it `fired`, how many and how many `seconds` are `left`."""
        return cast("list[dict[str, Any]]", self._call("GET", "faults")["faults"])

    def clear_faults(self, number: int | None = None) -> None:
        """Disarm all of them, or one."""
        self._call("DELETE", "faults" + (f"?number={number}" if number else ""))

    def latency(self, ms: float) -> None:
        self.settings(latency_ms=ms)

    def settings(self, **changes: object) -> dict[str, Any]:
        """See `state.Settings`."""
        return self._call("POST", "settings", changes)

    def reset(self) -> None:
        self._call("POST", "reset", {})

    def mail(self, sender: str, text: str, **more: object) -> dict[str, str]:
        """Let a mail arrive; more: subject, mailbox, to, sender_name, thread_id, hours_ago, headers."""
        return self._call("POST", "mail", {"sender": sender, "text": text, **more})

    def by_hand(self, act: str, draft_id: str, **more: object) -> dict[str, str]:
        """Do to a draft what its owner does in Gmail: edit, send, trash or delete. More, of an edit: `byhand.Deed`."""
        return self._call("POST", "by-hand", {"act": act, "draft_id": draft_id, **more})

    def bounce(self, recipient: str, **more: object) -> dict[str, str]:
        """Let a mail server report that a mail could not be delivered; more: thread_id, delayed, mailbox."""
        return self._call("POST", "bounce", {"recipient": recipient, **more})

    def invite(self, sender: str, attendees: Mapping[str, str], **more: object) -> dict[str, str]:
        """Let a calendar's mail arrive; attendees with their PARTSTAT; more: method, starts_at, subject, thread_id."""
        return self._call("POST", "invite", {"sender": sender, "attendees": dict(attendees), **more})

    def forget_history(self) -> None:
        """Have every mailbox answer 404 to an earlier point of its history."""
        self._call("POST", "forget-history", {})

    def busy(self, calendar: str, start: datetime, end: datetime) -> None:
        self._call("POST", "busy", {"calendar": calendar, "start": start.isoformat(), "end": end.isoformat()})

    def submission(self, form: str, conversion_id: str, values: Mapping[str, str], **more: object) -> None:
        """Let somebody fill in a form; more: hours_ago, or submitted_at in milliseconds."""
        body = {"form": form, "conversion_id": conversion_id, "values": dict(values), **more}
        self._call("POST", "submissions", body)

    def health(self) -> dict[str, Any]:
        return self._call("GET", "health")

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        reply = self._session.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=TIMEOUT)
        answer = reply.json()
        if not reply.ok:
            raise ValueError(answer["error"])
        return cast("dict[str, Any]", answer)
