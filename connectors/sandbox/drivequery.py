"""Drive's search language: terms joined by and, or, not, and parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from connectors.sandbox.wire import google_error

_TOKEN = re.compile(r"\s*(?:'((?:[^'\\]|\\['\\])*)'|([A-Za-z]\w*)|(!=|<=|>=|=|<|>|\(|\)))")


class File(Protocol):
    """What a query looks at."""

    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def mime_type(self) -> str: ...
    @property
    def trashed(self) -> bool: ...


type Test = Callable[[File], bool]


@lru_cache(maxsize=256)
def compile_query(text: str) -> Test:
    """Read a query; a 400 for what Drive doesn't understand."""
    if not text.strip():
        return lambda _file: True
    reader = _Reader(text)
    test = reader.either()
    if reader.tokens:
        raise reader.wrong()
    return test


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        place, text = 0, text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if not found:
                raise self.wrong()
            place = found.end()
            if found[1] is not None:
                self.tokens.append(("value", re.sub(r"\\(.)", r"\1", found[1])))
            else:
                self.tokens.append(("word", (found[2] or found[3])))

    def wrong(self) -> Exception:
        return google_error(400, "Invalid Value", "invalid", location="q")

    def _next(self, *words: str) -> bool:
        """Take the next token if it is one of these words."""
        if self.tokens and self.tokens[0][0] == "word" and self.tokens[0][1] in words:
            self.tokens.pop(0)
            return True
        return False

    def _take(self, kind: str) -> str:
        if not self.tokens or self.tokens[0][0] != kind:
            raise self.wrong()
        return self.tokens.pop(0)[1]

    def either(self) -> Test:
        tests = [self._both()]
        while self._next("or"):
            tests.append(self._both())
        return lambda file: any(test(file) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._next("and"):
            tests.append(self._one())
        return lambda file: all(test(file) for test in tests)

    def _one(self) -> Test:
        if self._next("not"):
            denied = self._one()
            return lambda file: not denied(file)
        if self._next("("):
            inner = self.either()
            if not self._next(")"):
                raise self.wrong()
            return inner
        if self.tokens and self.tokens[0][0] == "value":
            parent = self._take("value")
            if not (self._next("in") and self._next("parents")):
                raise self.wrong()
            return lambda file: file.parent == parent
        return self._comparison(self._take("word"), self._take("word"))

    def _comparison(self, field: str, operator: str) -> Test:
        if field == "trashed" and operator in ("=", "!="):
            wanted = (self._take("word") == "true") == (operator == "=")
            return lambda file: file.trashed == wanted
        value = self._take("value")
        match field, operator:
            case "mimeType", "=" | "!=":
                return lambda file: (file.mime_type == value) == (operator == "=")
            case "mimeType", "contains":
                return lambda file: file.mime_type.startswith(value)
            case "name", "=" | "!=":
                return lambda file: (file.name == value) == (operator == "=")
            case "name", "contains":
                starts = re.compile(rf"(?<!\w){re.escape(value.lower())}")
                return lambda file: starts.search(file.name.lower()) is not None
            case "fullText", "contains":
                words = [re.compile(rf"(?<!\w){re.escape(word)}(?!\w)") for word in value.lower().strip('"').split()]
                return lambda file: all(word.search(file.text) for word in words)
            case _:
                raise self.wrong()
