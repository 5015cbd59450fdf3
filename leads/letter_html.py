"""A plain text as safe HTML: escaped, in paragraphs, its web addresses clickable, each sentence with its number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads.evidence import Evidence, Sentence
from leads.worddiff import Part

ADDRESS = re.compile(r"https?://[^\s<>\"'«»“”]+", re.IGNORECASE)
AROUND = 120  # characters of unchanged text that are shown on either side of a change
AFTER = ".,;:!?)]}"  # what ends a sentence, not an address


def with_links(body: str) -> SafeString:
    """The text as it is, escaped, with its web addresses made clickable."""
    return format_html_join("", "{}", ((part,) for part in parts_of(body)))


def parts_of(body: str) -> Iterator[str]:
    end = 0
    for found in ADDRESS.finditer(body):
        address = found[0].rstrip(AFTER)
        yield body[end : found.start()]
        yield format_html('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', address, address)
        end = found.start() + len(address)
    yield body[end:]


def paragraphs(evidence: Evidence) -> SafeString:
    """The text with each sentence marked, so that whoever touches one can be shown its evidence."""
    return joined(format_html("<p>{}</p>", rows) for rows in paragraphs_of(evidence))


def plain(body: str) -> SafeString:
    """The text without marks, for one whose evidence is lost."""
    blocks = (block.strip("\n") for block in re.split(r"\n\s*\n", body))
    return joined(format_html("<p>{}</p>", joined(map(with_links, block.split("\n")), "<br>")) for block in blocks)


def paragraphs_of(evidence: Evidence) -> Iterator[SafeString]:
    rows: list[SafeString] = []
    for row in (*evidence.rows, ()):
        if any(sentence.text.strip() for sentence in row):
            rows.append(joined(map(marked, row)))
        elif rows:
            yield joined(rows, "<br>")
            rows = []


def marked(sentence: Sentence) -> SafeString:
    text = with_links(sentence.text.rstrip())
    blank = " " if sentence.text != sentence.text.rstrip() else ""
    return format_html(
        '<span class="sentence{}" data-sentence="{}">{}</span>{}',
        "" if sentence.has_source else " bare",
        sentence.number,
        text,
        blank,
    )


def joined(parts: Iterable[SafeString], between: str = "") -> SafeString:
    return format_html_join(SafeString(between), "{}", ((part,) for part in parts))


def changes(before: list[Part], after: list[Part]) -> SafeString:
    """Two sides of a comparison as one text: what went, what came."""
    return joined(changed(before, after))


def shortened(text: str) -> str:
    """What both sides say, without its middle when it is long."""
    return text if len(text) <= 3 * AROUND else f"{text[:AROUND]} … {text[-AROUND:]}"


def changed(before: list[Part], after: list[Part]) -> Iterator[SafeString]:
    new = iter(after)
    ahead = next(new, None)
    for old in before:
        if old.only_here:
            yield format_html('<del class="sa-review__went">{}</del>', old.text)
            continue
        while ahead is not None and ahead.only_here:
            yield format_html('<ins class="sa-review__came">{}</ins>', ahead.text)
            ahead = next(new, None)
        yield format_html("{}", shortened(old.text))
        ahead = next(new, None)
    while ahead is not None:
        yield format_html('<ins class="sa-review__came">{}</ins>', ahead.text)
        ahead = next(new, None)
