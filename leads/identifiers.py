"""Numbers that stand in addresses and forms, where anything may stand."""

from __future__ import annotations

ID = 18  # digits that fit a bigint
SMALL = 9  # digits that fit an integer


def identifier(value: object, digits: int = ID) -> int | None:
    """The number that `value` is, of so many digits at most; None for anything else, also other scripts' digits."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
