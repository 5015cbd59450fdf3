"""Gmail's search language, as far as a mail connector needs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connectors.sandbox.wire import google_error

UNITS = {"h": 1 / 24, "d": 1, "m": 30, "y": 365}
SYSTEM_LABELS = ("INBOX", "SENT", "DRAFT", "UNREAD", "STARRED", "IMPORTANT", "SPAM", "TRASH", "CHAT")
SYSTEM_PLACES = {name.lower(): name for name in SYSTEM_LABELS} | {"drafts": "DRAFT"}
_TOKEN = re.compile(r'\s*(?:([({])|([)}])|(-(?=\S))|([A-Za-z]\w*:)|"([^"]*)"|([^\s(){}"]+))')
_AGE = re.compile(r"(\d+)([hdmy])")


class Mail(Protocol):
    """What a query looks at."""

    @property
    def id(self) -> str: ...
    @property
    def senders(self) -> tuple[str, ...]: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def sender_line(self) -> str: ...
    @property
    def recipient_line(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def labels(self) -> set[str]: ...
    @property
    def internal_ms(self) -> int: ...


type Test = Callable[[Mail], bool]
# (operator, value) to the ids of the mails that have it; only `from`, `to` and `rfc822msgid` have one.
type Index = Mapping[tuple[str, str], Collection[str]]


@dataclass(frozen=True, slots=True)
class Query:
    """`keys` name index entries that hold every match; None means that all mails have to be looked at."""

    test: Test
    keys: frozenset[tuple[str, str]] | None = None


EVERYTHING = Query(lambda _mail: True)


def compile_query(text: str, label_ids: Mapping[str, str]) -> Query:
    """Read a query; `label_ids` are the mailbox's labels by lower-case name."""
    if not text.strip():
        return EVERYTHING
    reader = _Reader(text, label_ids)
    query = reader.all_of(until="")
    if reader.place < len(reader.tokens):
        raise google_error(400, f"Invalid query: {text!r}", "invalidArgument")
    return query


class _Reader:
    """Words stand for AND; OR joins its neighbours; {a b} is OR, (a b) is AND, - is NOT."""

    def __init__(self, text: str, label_ids: Mapping[str, str]) -> None:
        self.tokens = list(_TOKEN.finditer(text))
        self.place = 0
        self.label_ids = label_ids

    def _peek(self) -> re.Match[str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _is_word(self, *words: str) -> bool:
        token = self._peek()
        return token is not None and token[6] in words

    def all_of(self, until: str, operator: str = "") -> Query:
        return _all(self._items(until, operator))

    def _items(self, until: str, operator: str) -> list[Query]:
        items: list[Query] = []
        while (token := self._peek()) is not None and not token[2]:
            if self._is_word("AND"):
                self.place += 1
                continue
            either = [self._one(operator)]
            while self._is_word("OR", "|"):
                self.place += 1
                either.append(self._one(operator))
            items.append(_any(either) if len(either) > 1 else either[0])
        if until:
            if token is None or token[2] != until:
                raise google_error(400, f"Invalid query: {until} is missing", "invalidArgument")
            self.place += 1
        return items

    def _one(self, operator: str) -> Query:
        token = self._peek()
        if token is None or token[2]:
            raise google_error(400, "Invalid query: a term is missing", "invalidArgument")
        self.place += 1
        if token[1] == "(":
            return self.all_of(")", operator)
        if token[1] == "{":
            return _any(self._items("}", operator))
        if token[3]:
            denied = self._one(operator).test
            return Query(lambda mail: not denied(mail))
        if token[4]:
            return self._one(token[4][:-1].lower())
        return _term(operator, (token[5] if token[5] is not None else token[6]).lower(), self.label_ids)


def _all(items: list[Query]) -> Query:
    tests = [item.test for item in items]
    keyed = [item.keys for item in items if item.keys is not None]
    return Query(lambda mail: all(test(mail) for test in tests), min(keyed, key=len) if keyed else None)


def _any(items: list[Query]) -> Query:
    tests = [item.test for item in items]
    keys: frozenset[tuple[str, str]] | None = frozenset()
    for item in items:
        keys = None if keys is None or item.keys is None else keys | item.keys
    return Query(lambda mail: any(test(mail) for test in tests), keys)


def _term(operator: str, value: str, label_ids: Mapping[str, str]) -> Query:
    match operator:
        case "from" | "to":
            return _address(operator, value)
        case "rfc822msgid":
            bare = value.strip("<>")
            return Query(lambda mail: mail.message_id.strip("<>").lower() == bare, frozenset({(operator, bare)}))
        case _:
            return Query(_scan(operator, value, label_ids))


def _scan(operator: str, value: str, label_ids: Mapping[str, str]) -> Test:
    """A test that has to look at each mail."""
    match operator:
        case "newer_than" | "older_than":
            return _age(operator, value)
        case "after" | "before":
            return _moment(operator, value)
        case "in" | "is" | "label":
            return _label(value, label_ids)
        case "subject":
            return lambda mail: _has_words(mail.subject, value)
        case _:
            return lambda mail: _has_words(_everything(mail), value)


def _address(operator: str, value: str) -> Query:
    """A whole address, a domain, or a part of a name."""

    def test(mail: Mail) -> bool:
        held, line = (mail.senders, mail.sender_line) if operator == "from" else (mail.recipients, mail.recipient_line)
        if value == "me":
            return ("SENT" in mail.labels) == (operator == "from")
        if "@" in value:
            return value in held
        return any(one.endswith(("@" + value, "." + value)) for one in held) or _has_words(line, value)

    return Query(test, frozenset({(operator, value)}) if "@" in value else None)


def _age(operator: str, value: str) -> Test:
    found = _AGE.fullmatch(value)
    if not found:
        raise google_error(400, f"Invalid query: {operator}:{value}", "invalidArgument")
    since = datetime.now(UTC) - timedelta(days=int(found[1]) * UNITS[found[2]])
    return _compared(newer=operator == "newer_than", since=since)


def _moment(operator: str, value: str) -> Test:
    try:
        when = int(value) if value.isdecimal() else None
        since = datetime.fromtimestamp(when, UTC) if when else datetime.strptime(value, "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise google_error(400, f"Invalid query: {operator}:{value}", "invalidArgument") from error
    return _compared(newer=operator == "after", since=since)


def _compared(*, newer: bool, since: datetime) -> Test:
    since_ms = since.timestamp() * 1000
    return lambda mail: (mail.internal_ms >= since_ms) == newer


def _label(value: str, label_ids: Mapping[str, str]) -> Test:
    if value == "anywhere":
        return lambda _mail: True
    by_search_name = {re.sub(r"[\s/]", "-", name): label_id for name, label_id in label_ids.items()}
    wanted = SYSTEM_PLACES.get(value) or label_ids.get(value) or by_search_name.get(value, "")
    return lambda mail: wanted in mail.labels


def _everything(mail: Mail) -> str:
    return f"{mail.subject} {mail.sender_line} {mail.recipient_line} {mail.text}"


def _has_words(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text.lower()) is not None
