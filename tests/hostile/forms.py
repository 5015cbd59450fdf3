"""What a page of the console lets its reader send: the filters of its links, the fields of its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit


@dataclass(slots=True)
class Form:
    """Where it goes and how, and what it holds as the page came."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Reader(HTMLParser):
    """Collects `forms`, and the names that the `filters` of links to this same page have."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.path = urlsplit(address).path
        self.forms: list[Form] = []
        self.filters: set[str] = set()
        self._form: Form | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, form = given.get("name", ""), self._form
        match tag:
            case "a":
                self._link(given.get("href", ""))
            case "form":
                self._form = Form(given.get("action") or self.address, (given.get("method") or "get").lower())
                self.forms.append(self._form)
            case "select":
                self._select = name
                if form is not None and name:
                    form.fields.setdefault(name, [])
            case "textarea":
                self._area = name
            case "option" if form is not None and self._select and "selected" in given:
                form.fields[self._select].append(given.get("value", ""))
            case "input" | "button" if form is not None and name:
                is_choice = given.get("type") in {"checkbox", "radio"}
                held = form.fields.setdefault(name, [])
                if not is_choice or "checked" in given:
                    held.append(given.get("value", "on" if is_choice else ""))

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.fields.setdefault(self._area, []).append(data)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "select":
                self._select = ""
            case "textarea":
                self._area = ""

    def _link(self, address: str) -> None:
        there = urlsplit(address)
        if there.path in {"", self.path}:
            self.filters |= {name for name, _ in parse_qsl(there.query, keep_blank_values=True)}
