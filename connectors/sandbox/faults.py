"""Trouble on demand: which calls fail, how often, and in what way."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from connectors.sandbox.wire import Answer, RefusedError, phrase, refusal

KINDS = (
    *("400", "401", "402", "403", "404", "408", "409", "413", "418", "422", "423", "429", "477"),
    *("500", "502", "503", "504", "524"),
    *("expired-token", "drop-before", "drop-after", "slow", "timeout", "bad-json", "html"),
)
OPTIONS = {
    "seconds": ("slow", "timeout"),
    "retry_after": ("429", "503", "423", "477"),
    "retry_after_ms": ("429", "503"),
    "retry_delay": ("429", "503"),  # seconds, within the body, as Google says them
    "policy": ("429",),
    "reason": ("400", "401", "402", "403", "404", "409", "429", "500", "503"),
}
FORM = "KIND[:MATCH][:RATE|xN][:option=value…]"


@dataclass(slots=True)
class Fault:
    """One kind of trouble for the endpoints that `match` names; `left` counts down, None is without end."""

    spec: str
    kind: str
    match: str = "*"
    rate: float = 1.0
    left: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    fired: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)
    number: int = 0
    ends: float | None = None  # on the monotonic clock

    @property
    def is_over(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends

    @property
    def seconds(self) -> float:
        return float(self.options.get("seconds", "2" if self.kind == "slow" else "60"))

    def covers(self, name: str) -> bool:
        """Whether `name` (`service.endpoint`) is meant: by its service, or by a pattern."""
        return self.match in ("*", name.partition(".")[0]) or fnmatchcase(name, self.match)

    def strikes(self) -> bool:
        if self.left == 0 or self.is_over or (self.rate < 1 and self.dice.random() >= self.rate):
            return False
        if self.left is not None:
            self.left -= 1
        self.fired += 1
        return True

    def refusal(self, service: str) -> RefusedError:
        """The error answer of a fault whose kind is a status or `expired-token`."""
        if self.kind == "expired-token":
            reason = "EXPIRED_AUTHENTICATION" if service == "hubspot" else ""
            return refusal(service, 401, "The OAuth token used to make this call has expired.", reason)
        status = int(self.kind)
        refused = refusal(service, status, f"{phrase(status)} (sandbox fault)", self.options.get("reason", ""))
        if status == 429:
            _say_limit(refused.answer, service, self.options.get("policy", "TEN_SECONDLY_ROLLING"))
        retry_after = self.options.get("retry_after", "1" if status == 429 else "")
        if retry_after and retry_after != "none":
            refused.answer.headers["Retry-After"] = retry_after
        if fine := self.options.get("retry_after_ms"):
            refused.answer.headers["Retry-After-Ms"] = fine
        if delay := self.options.get("retry_delay"):
            _say_delay(refused.answer, delay)
        return refused


def _say_limit(answer: Answer, service: str, policy: str) -> None:
    body = answer.body
    if service == "hubspot" and isinstance(body, dict):
        window = policy.lower().removesuffix("_rolling")
        message = f"You have reached your {window} limit."
        body |= {"errorType": "RATE_LIMIT", "policyName": policy, "message": message}


def _say_delay(answer: Answer, seconds: str) -> None:
    """https://google.aip.dev/193, google.rpc.RetryInfo"""
    if isinstance(answer.body, dict) and isinstance(answer.body.get("error"), dict):
        detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}
        answer.body["error"]["details"] = [detail]


class Faults:
    """The faults that are armed now. The first that covers a call and strikes is the one it gets."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._armed: list[Fault] = []
        self._by_name: dict[str, list[Fault]] = {}
        self._numbers = itertools.count(1)

    def arm(self, spec: str) -> Fault:
        fault = parse(spec, self._names)
        fault.number = next(self._numbers)
        self._armed.append(fault)
        self._by_name.clear()
        return fault

    def clear(self, number: int | None = None) -> None:
        """Disarm all of them, or one."""
        self._armed = [fault for fault in self._armed if number is not None and fault.number != number]
        self._by_name.clear()

    def strike(self, name: str) -> Fault | None:
        if not self._armed:
            return None
        covering = self._by_name.get(name)
        if covering is None:
            covering = self._by_name[name] = [fault for fault in self._armed if fault.covers(name)]
        return next((fault for fault in covering if fault.strikes()), None)

    def armed(self) -> list[dict[str, object]]:
        now = time.monotonic()
        return [
            {
                "number": fault.number,
                "spec": fault.spec,
                "fired": fault.fired,
                "left": fault.left,
                "seconds_left": None if fault.ends is None else round(fault.ends - now, 1),
            }
            for fault in self._armed
            if not fault.is_over
        ]


def parse(spec: str, names: Iterable[str]) -> Fault:
    """Read a spec; raises ValueError naming the part that is wrong and what is allowed there."""
    kind, *rest = spec.strip().split(":")
    if kind not in KINDS:
        raise _wrong(spec, "kind", kind, KINDS)
    fault = Fault(spec, kind)
    for place, part in enumerate(rest):
        key, equals, value = part.partition("=")
        if equals:
            _set_option(fault, key, value)
        elif place == 0 and not _is_rate(part):
            fault.match = part
        else:
            _set_rate(fault, part)
    known = sorted(names)
    if not any(fault.covers(name) for name in known):
        services = sorted({name.partition(".")[0] for name in known})
        raise _wrong(spec, "match", fault.match, ("*", *services, *known))
    return fault


def _is_rate(part: str) -> bool:
    return part.replace(".", "", 1).isdecimal() or (part[:1] == "x" and part[1:].isdecimal())


def _set_rate(fault: Fault, part: str) -> None:
    if part[:1] == "x" and part[1:].isdecimal() and int(part[1:]) > 0:
        fault.left = int(part[1:])
    elif part[:1] != "x" and _is_rate(part) and 0 < float(part) <= 1:
        fault.rate = float(part)
    else:
        raise _wrong(fault.spec, "rate", part, ("a share above 0 and up to 1, as 0.02", "a count, as x3"))


def _set_option(fault: Fault, key: str, value: str) -> None:
    allowed = [option for option, kinds in OPTIONS.items() if fault.kind in kinds]
    if key == "seed":
        # Reproducible, not secret.
        fault.dice = random.Random(value)  # noqa: S311
    elif key == "for" and value.replace(".", "", 1).isdecimal():
        fault.ends = time.monotonic() + float(value)
    elif key not in allowed:
        raise _wrong(fault.spec, "option", key, ("seed", "for", *allowed))
    elif key == "seconds" and not value.replace(".", "", 1).isdecimal():
        raise _wrong(fault.spec, "seconds", value, ("a number",))
    else:
        fault.options[key] = value


def _wrong(spec: str, part: str, value: str, allowed: Iterable[str]) -> ValueError:
    return ValueError(f"Fault {spec!r} has an unknown {part} {value!r}; allowed: {', '.join(allowed)}. Form: {FORM}")
