"""Measures of plain text: sentences, words, and how hard it is to read."""

from __future__ import annotations

import re
from functools import lru_cache

from leads.writing import german

_REMEMBERED = 256  # a draft and its checks read the same sentences many times over

_SENTENCE_END = re.compile(r"(?<=[.!?。！？؟])[\"')\]]*\s+|(?<=>)\s+|\n+|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|approx|incl|no|mr|mrs|ms|dr|st|vs|z\.\s?b|d\.\s?h|u\.\s?a|bzw|ggf|inkl|zzgl|evtl|nr|prof|min|std|z|d|u|ca)\.$",
    re.IGNORECASE,
)
_DAY, _MONTH = re.compile(r"\b\d{1,2}\.$"), re.compile(rf"(?:{german.MONTHS})\b", re.IGNORECASE)  # "24. November"
_LONGEST_END = 12  # letters of an abbreviation or a date, and the one before
_BULLET = re.compile(r"^[^\S\n]*(?:[-*•·–]|\d{1,2}[.)])[^\S\n]+", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")
_SPACES = re.compile(r"\s+")
_DASH = re.compile(r"(?<!\s)\s*—\s*")
_GERMAN_VOWELS = re.compile(r"aa|ee|oo|ie(?!n)|ei|ai|au|eu|äu|[aeiouyäöü]")
_LONG = 6  # letters; a word of more is a long one
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^laeiouy]es|[^laeiouy]e|[^tdaeiouy]ed)$")
_LINK = re.compile(r"(?<!\S)(?=\S*(?:://|@|www\.))\S+")


def word_set(text: str) -> frozenset[str]:
    """A set of words from a list that is pleasant to read."""
    return frozenset(text.split())


@lru_cache(_REMEMBERED)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, without bullets; a line break ends one."""
    found: list[str] = []
    for piece in _SENTENCE_END.split(_BULLET.sub("", text)):
        part = _SPACES.sub(" ", piece).strip()
        if found and _goes_on(found[-1][-_LONGEST_END:], part):
            found[-1] = f"{found[-1]} {part}".strip()
        elif part:
            found.append(part)
    return tuple(found)


def _goes_on(end: str, part: str) -> bool:
    """Whether the full stop at the end of a sentence is none, but an abbreviation's or a date's."""
    return bool(_ABBREVIATION.search(end) or (_DAY.search(end) and _MONTH.match(part)))


@lru_cache(_REMEMBERED)
def words(text: str) -> tuple[str, ...]:
    """The words of a text; links and addresses are none."""
    return tuple(_WORD.findall(_LINK.sub(" ", text)))


def undashed(text: str) -> str:
    """The text with em dashes turned into commas; most workspaces ban them."""
    return _DASH.sub(", ", text)


def capital(text: str) -> str:
    """The text with a capital at its beginning, and nowhere else changed."""
    return text[:1].upper() + text[1:]


def has_word(text: str, word: str) -> bool:
    """Whether a word or name stands in a text by itself, in any case."""
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE))


def grade(text: str, language: str = "en") -> float:
    """The school grade that a text takes to read: Flesch-Kincaid's, and for German the first Wiener Sachtextformel.

    Both give the years at school, so that one limit holds for both. Syllables are estimated from vowel groups.
    """
    parts = [found for found in map(words, sentences(text)) if found]
    count = sum(map(len, parts))
    if not count:
        return 0.0
    said = [word for part in parts for word in part]
    length = count / len(parts)
    if language != "de":
        return 0.39 * length + 11.8 * sum(map(_syllables, said)) / count - 15.59
    syllables = [_german_syllables(word) for word in said]
    of_three = 100 * sum(number >= 3 for number in syllables) / count
    of_one = 100 * sum(number == 1 for number in syllables) / count
    long_ones = 100 * sum(len(word) > _LONG for word in said) / count
    return 0.1935 * of_three + 0.1672 * length + 0.1297 * long_ones - 0.0327 * of_one - 0.875


@lru_cache(4096)
def _german_syllables(word: str) -> int:
    return max(1, len(_GERMAN_VOWELS.findall(word.lower())))


@lru_cache(4096)
def _syllables(word: str) -> int:
    bare = word.lower().strip("'’")
    if not bare.isalpha():
        return max(1, len(_VOWELS.findall(bare)))
    return max(1, len(_VOWELS.findall(_SILENT.sub("", bare)))) if len(bare) > 2 else 1
