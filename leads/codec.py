"""Frozen values to JSON and back, by type."""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec

NUL = b"\\u0000"


class Unreadable(ValueError):
    """A stored value no longer fits its type; the message says where."""


type Json = msgspec.Raw
"""JSON that PostgreSQL can store; part of a larger value, it is not encoded again."""


def encode(value: object) -> Json:
    """The JSON of `value`, without what PostgreSQL can't store in text: NUL, and halves of surrogate pairs."""
    try:
        encoded = msgspec.json.encode(value, enc_hook=plain)
    except UnicodeEncodeError:
        encoded = NUL
    if NUL in encoded:
        encoded = msgspec.json.encode(builtins(value))
    return msgspec.Raw(encoded)


def builtins(value: object) -> Any:
    """The same, as the builtins that Django's JSON fields take."""
    return storable(msgspec.to_builtins(value, enc_hook=plain))


def plain(value: object) -> str:
    """Text of a subclass, such as the template engine's, as text."""
    if isinstance(value, str):
        return "".join(value)
    raise TypeError(f"{type(value).__name__} can't be stored")


def decode[T](data: object, type_: type[T]) -> T:
    """The value that `encode` was given; `Unreadable` if the type has changed since."""
    if isinstance(data, msgspec.Raw):
        data = json.loads(bytes(data))
    try:
        return msgspec.convert(data, type_)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{getattr(type_, '__name__', type_)}: {error}") from error


def storable[T](data: T) -> T:
    """Builtins without NUL and without halves of surrogate pairs, which no database or mail can carry."""
    cleaned: Any = data
    match data:
        case str():
            cleaned = data.encode("utf-8", "replace").decode().replace("\x00", "")
        case dict():
            cleaned = {storable(name): storable(value) for name, value in data.items()}
        case list() | tuple():
            cleaned = [storable(value) for value in data]
    return cast("T", cleaned)
