"""What somebody wrote to one client, made fit to be seen when writing to another: no names, addresses or numbers."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache

from leads.writing.languages import common_words
from leads.writing.links import emails_in, markup_in, urls_in
from leads.writing.orders import is_safe
from leads.writing.prose import sentences, word_set
from leads.writing.topics import SYSTEMS

NAME, LINK, ADDRESS, NUMBER = "[name]", "[link]", "[address]", "[number]"
# In brackets, so that a draft that carries one of them fails the check on placeholders.

_WRAPPED = re.compile(r"(?<=\S)\n(?=[^\W\d_])")
_DOTTED = re.compile(r"(?<![\w\[-])[\w-]+(?:\.[\w-]+)+")
_WITH_DIGIT = re.compile(r"(?<![^\s\[\]])[^\s\[\]]*\d[^\s\[\],.;:!?]*")
_WORD = re.compile(r"(?<!\[)(?<![\w'’])[^\W\d_][\w'’&-]*")
_REPEATED = re.compile(r"\[name\](?:[\s,.&]*\[name\])+")
_OTHERS = re.compile(
    r"\b(?:clients?|customers?|competitors?|kunden?|wettbewerber\w*|case stud\w+|references?|referenz\w*)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"I(?:['’]\w+)?")
_SHORTEST_NAME = 3
_BEGINNINGS = word_set(
    """
    shall should may might must let let's if then once while since because as before after here there this these those
    happy glad sorry looking feel great good sure no yes also so but our my your their its each most many some all
    danke gern natürlich leider falls sobald wenn dann hier dort dieser diese dieses unser unsere ihr ihre sollen
    """
)


def anonymous(text: str, names: Collection[str], known: Collection[str]) -> str:
    """`text` without what could tell whom it was written to.

    `names` are struck out in any case; of words with a capital only those stay that are among `known`, in lower case.
    Sentences about other clients, and those that give orders, are left out.
    """
    rows = (_row(row, names, known) for row in _WRAPPED.sub(" ", text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip()


def _row(row: str, names: Collection[str], known: Collection[str]) -> str:
    kept = " ".join(part for part in sentences(row) if is_safe(part) and not _OTHERS.search(part))
    for found in markup_in(kept):
        kept = kept.replace(found, LINK)
    for email in emails_in(kept):
        kept = re.sub(re.escape(email), ADDRESS, kept, flags=re.IGNORECASE)
    for url in urls_in(kept):
        kept = kept.replace(url, LINK)
    kept = _DOTTED.sub(LINK, kept)
    for name in sorted(names, key=len, reverse=True):
        kept = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, kept, flags=re.IGNORECASE)
    kept = _WITH_DIGIT.sub(NUMBER, kept)
    kept = _WORD.sub(lambda match: match[0] if _is_common(match[0], known) else NAME, kept)
    return _REPEATED.sub(NAME, kept)


def _is_common(word: str, known: Collection[str]) -> bool:
    return not any(map(str.isupper, word)) or bool(_FIRST_PERSON.fullmatch(word)) or word.lower() in known


def names_in(addresses: Iterable[str], own_domains: Collection[str]) -> set[str]:
    """The names that addresses give away: of people, and of companies by their domain."""
    found: set[str] = set()
    for address in addresses:
        local, _, domain = address.lower().rpartition("@")
        if domain not in own_domains:
            found |= {*re.split(r"[^\w]+|\d+|_", local), *domain.split(".")[:-1]}
            found |= {piece for label in domain.split(".")[:-1] for piece in label.split("-")}
    return {name for name in found if len(name) >= _SHORTEST_NAME} - _IN_MANY_ADDRESSES


_IN_MANY_ADDRESSES = frozenset({"info", "mail", "sales", "contact", "office", "hello", "team", "the", "and", "com"})


def words_of(texts: Iterable[str]) -> set[str]:
    """The words of texts that are nobody's secret, in lower case."""
    return {word.lower() for text in texts for word in _WORD.findall(text)}


def plain_words(texts: Iterable[str]) -> set[str]:
    """The words that stand in lower case in two of the texts: with a capital they begin a sentence."""
    counted = Counter(word for text in texts for word in set(_WORD.findall(text)) if word.islower())
    return {word for word, count in counted.items() if count > 1}


@cache
def everyday_words() -> frozenset[str]:
    """Words that begin sentences, function words, days, months and well-known software, which name no client."""
    names = (*calendar.day_name, *calendar.month_name, *SYSTEMS)
    return _BEGINNINGS | common_words() | frozenset(name.lower() for name in names if name)
