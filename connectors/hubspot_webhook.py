"""A webhook sent as HubSpot sends it: signed v3, posted once, with what came of it. For trying our own address."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import requests

from connectors.hubspot_signature import sign_v3

_PATIENCE = (3.0, 5.0)  # HubSpot allows five seconds
_MOST = 100_000


class Came(StrEnum):
    """What became of it, named for what to look at."""

    TAKEN = "taken"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Reply:
    """`answer` is the JSON of an address that speaks as ours does, `detail` what else there is to say."""

    came: Came
    detail: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)


def headers_for(secret: str, uri: str, body: bytes, agent: str) -> dict[str, str]:
    """What HubSpot sends along."""
    stamp = str(int(time.time() * 1000))
    return {
        "Content-Type": "application/json",
        "User-Agent": agent,
        "X-HubSpot-Request-Timestamp": stamp,
        "X-HubSpot-Signature-v3": sign_v3(secret, "POST", uri, body, stamp),
    }


def post(uri: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Post it over the network; no redirect is followed, since HubSpot follows none."""
    try:
        response = requests.post(uri, data=body, headers=headers, timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException as problem:
        return Reply(Came.NO_ANSWER, type(problem).__name__)
    with response:
        answer = _object(response)
    if response.ok and _has_items(answer):
        return Reply(Came.TAKEN, "", answer)
    error = answer.get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return Reply(Came.REFUSED, error["message"][:300])
    return Reply(Came.ELSEWHERE, str(response.status_code))


def _has_items(answer: Mapping[str, Any]) -> bool:
    items = answer.get("items")
    return isinstance(items, list) and bool(items) and all(map(_is_item, items))


def _is_item(item: object) -> bool:
    return isinstance(item, dict) and {"verdict", "reason", "run"} <= item.keys()


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        answer = response.json() if len(response.content) <= _MOST else None
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
