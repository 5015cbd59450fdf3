"""The plain text of a mail: HTML made readable, and what it quotes of earlier mails taken out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LONGEST = 50_000
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "section"}
)
_SILENT = {"style", "script", "head", "title", "template"}
_VOID = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"}
)
_QUOTE_CLASSES = {"gmail_quote", "gmail_quote_container", "yahoo_quoted", "moz-cite-prefix"}

_ATTRIBUTION = re.compile(
    r"^[ \t]*(?:On|Am|Le|El|Il|Op|Em)\b[^\n]{4,300}(?:\n[^\n]{1,200})?"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu)[^\n]{0,120}:[ \t]*$",
    re.MULTILINE,
)
_FORWARD = re.compile(
    r"^(?:-{2,}[ \t]*(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original)[ \t]*-{2,}"
    r"|_{10,}[ \t]*\n[ \t]*(?:From|Von|De):.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")


def html_to_text(markup: str) -> str:
    """The text of an HTML mail, a line per block, without quoted mails, styles and scripts."""
    reader = _Reader()
    reader.feed(markup[: 4 * _LONGEST])
    reader.close()
    lines = [_SPACES.sub(" ", line).strip() for line in "".join(reader.parts).split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def own_words(text: str) -> str:
    """`text` without what it quotes; all of it when there is nothing else."""
    text = text.replace("\r\n", "\n")[:_LONGEST]
    kept = _without_quotes(text)
    return _BLANK_LINES.sub("\n\n", kept or text).strip()


def _without_quotes(text: str) -> str:
    if forward := _FORWARD.search(text):
        text = text[: forward.start()]
    if said := _ATTRIBUTION.search(text):
        rest = text[said.end() :].lstrip()
        # Answers between the quoted lines stay; where nothing marks the quote, all that follows is one.
        text = text[: said.start()] + (rest if rest.startswith(">") else "")
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">")).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        if tag in _VOID:
            return
        if self._skipped or tag in _SILENT or tag == "blockquote" or _quotes(attrs):
            self._skipped.append(tag)
        elif tag == "li":
            self.parts.append("- ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipped:
            # Mail HTML leaves tags open: close all that the skipped one held.
            while self._skipped.pop() != tag:
                pass
        elif tag in _BLOCKS and not self._skipped:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.parts.append(data.replace("\n", " "))


def _quotes(attrs: list[tuple[str, str | None]]) -> bool:
    return any(name == "class" and value and not _QUOTE_CLASSES.isdisjoint(value.split()) for name, value in attrs)
