"""Google's partial answers: `files(id,name),nextPageToken`."""

from __future__ import annotations

import re
from functools import lru_cache

from connectors.sandbox.wire import google_error

_TOKEN = re.compile(r"\s*([\w.*]+|[(),/])")

type Mask = dict[str, "Mask"]


@lru_cache(maxsize=256)
def parse(text: str) -> Mask:
    """A mask by field name; an empty mask keeps everything below."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise _wrong(text)
    mask = _members(tokens, text)
    if tokens:
        raise _wrong(text)
    return mask


def _members(tokens: list[str], text: str) -> Mask:
    mask: Mask = {}
    while True:
        name = tokens.pop(0) if tokens else ""
        if not name or name in "(),/":
            raise _wrong(text)
        below = mask.setdefault(name, {})
        while tokens[:1] == ["/"]:
            tokens.pop(0)
            if not tokens or tokens[0] in "(),/":
                raise _wrong(text)
            below = below.setdefault(tokens.pop(0), {})
        if tokens[:1] == ["("]:
            tokens.pop(0)
            below |= _members(tokens, text)
            if tokens[:1] != [")"]:
                raise _wrong(text)
            tokens.pop(0)
        if tokens[:1] != [","]:
            return mask
        tokens.pop(0)


def keep(body: object, mask: Mask) -> object:
    if not mask or "*" in mask:
        return body
    if isinstance(body, list):
        return [keep(one, mask) for one in body]
    if isinstance(body, dict):
        return {name: keep(value, mask[name]) for name, value in body.items() if name in mask}
    return body


def _wrong(text: str) -> Exception:
    return google_error(400, f"Invalid field selection {text}", "invalidParameter", location="fields")
