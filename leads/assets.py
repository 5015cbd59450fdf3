"""Which documents go with a draft: few, fitting, and none rather than a poor one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from connectors.ports import Company, File
from leads.facts import Enquiry, Intent, Patterns
from leads.writing.outsiders import may_be_repeated
from leads.writing.prose import has_word, word_set
from leads.writing.topics import systems_in, topics_in

MOST = 3
_GOOD_ENOUGH = 3
_LEARNED = 2
_REMEMBERED = 1024  # an allowed folder holds the same files for every enquiry

_WORDS = re.compile(r"[^\W\d_]{3,}")
_CASE_STUDY = re.compile(r"\b(?:case stud|success stor|references?\b|fallstudie|referenz)", re.IGNORECASE)
_PRIVATE = re.compile(
    r"\b(?:internal|confidential|draft|do not share|private|copy of|archive[d]?|old|template"
    r"|battle ?cards?|playbook|commission)\b",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[_\s]+")
_FAMILY = re.compile(r"\s*:\s+|\s+[-–]\s+|\s+(?:for|with)\s+", re.IGNORECASE)
_EXTENSION = re.compile(r"\.(?:pdf|docx?|pptx?|xlsx?|key|odt|odp|md|txt|html?|gdoc|gslides)$", re.IGNORECASE)
_VERSION = re.compile(r"(?<![\s-])[\s-]+(?:v\d+(?:\.\d+)*|final|latest|\(\d+\))$", re.IGNORECASE)
_TOLD_BY = {
    Intent.PRICING: "pric price prices pricing plans rates roi calculator packages cost preis preise "
    "preisliste preisübersicht tarife",
    Intent.DEMO: "overview introduction intro product pager tour walkthrough demo überblick produktübersicht",
    Intent.INTEGRATION: "integration integrations integrating api connector connectors developer technical "
    "schnittstelle schnittstellen",
    Intent.SECURITY: "security privacy gdpr compliance trust soc iso whitepaper encryption sicherheit "
    "datenschutz dsgvo",
    Intent.SUPPORT: "",
    Intent.PARTNERSHIP: "partner partners partnership reseller affiliate partnerprogramm",
    Intent.VAGUE: "overview introduction intro product pager überblick produktübersicht",
}
_ABOUT = {intent: word_set(text) for intent, text in _TOLD_BY.items()}
_GENERAL = frozenset({Intent.DEMO, Intent.VAGUE})
# What only somebody who asked for it should get first.
_SPECIFIC = frozenset[str]().union(*(_ABOUT[intent] for intent in Intent if intent not in _GENERAL))
_COMMON = word_set(
    """
    the and for with our your about how what from that this are you can will have need want like would could
    case study guide sheet paper document new into more please thanks team company looking work works use
    using
    """
)


def choose(
    files: Sequence[File],
    enquiry: Enquiry,
    company: Company | None,
    patterns: Patterns,
    avoid: Sequence[str] = (),
) -> tuple[File, ...]:
    """At most three files that match what was asked, best first; `avoid` lists names that no title may carry.

    Who wrote no message gets one general document at most.
    """
    shown = [file for file in files if file.url.startswith("https://") and _may_be_shown(file, avoid)]
    fitting = [file for file in shown if not _is_about_another(file, shown, enquiry.message)]
    scored = [(_score(file, enquiry, company, patterns), file) for file in fitting]
    ranked = sorted(
        (pair for pair in scored if pair[0] >= _GOOD_ENOUGH), key=lambda pair: (-pair[0], pair[1].title, pair[1].id)
    )
    by_title = {title(file).lower(): file for _, file in reversed(ranked)}
    return tuple(file for _, file in ranked if by_title[title(file).lower()] is file)[: MOST if enquiry.message else 1]


def title(file: File) -> str:
    """A file's name as one would say it: no extension, no underscores, no version."""
    return _spoken(file.title)


@lru_cache(_REMEMBERED)
def _spoken(written: str) -> str:
    plain = _SEPARATORS.sub(" ", _EXTENSION.sub("", written.strip())).strip()
    return _VERSION.sub("", plain).strip() or plain


def _may_be_shown(file: File, avoid: Sequence[str]) -> bool:
    named = any(_names(file.title, name) for name in avoid if name)
    return not named and not _PRIVATE.search(title(file)) and may_be_repeated(file.title)


@lru_cache(_REMEMBERED)
def _names(written: str, name: str) -> bool:
    return bool(re.search(rf"\b{re.escape(name)}\b", written, re.IGNORECASE))


def _is_about_another(file: File, files: Sequence[File], message: str) -> bool:
    """Whether a title names a product, and the message names others; without a message any product is another."""
    named, asked = systems_in(title(file)), systems_in(message)
    if named and (asked or not message):
        return not set(named) & set(asked)
    head, tail = _family(title(file))
    families = (_family(title(other)) for other in files)
    siblings = {other for kin, other in families if tail and kin == head and other != tail}
    if not message:
        return bool(siblings) and bool(_tokens(head) & _ABOUT[Intent.INTEGRATION])
    return any(has_word(message, other) for other in siblings) and not has_word(message, tail)


@lru_cache(_REMEMBERED)
def _family(spoken: str) -> tuple[str, str]:
    """What a title has in common with its like, and what sets it apart: "Integration guide" and "SAP"."""
    head, *rest = _FAMILY.split(spoken, maxsplit=1)
    return head.lower(), "".join(rest)


def _score(file: File, enquiry: Enquiry, company: Company | None, patterns: Patterns) -> int:
    """A hit in the title counts threefold, the leading intent most; what worked before only adds to a match."""
    name, told = _tokens(title(file)), _tokens(file.description)
    # An overview of prices is no general document.
    intents = [intent for intent in enquiry.intents if intent not in _GENERAL or not name & _SPECIFIC]
    score = sum(_hits(name, told, _ABOUT[intent]) for intent in intents)
    if not enquiry.message:
        return score + (_LEARNED if score and file.id == patterns.asset_id else 0)
    score += _hits(name, told, _tokens(company.industry if company else ""))
    score += _hits(name, told, _tokens(enquiry.job_title)) // 3
    score += min(3, len(name & (_tokens(enquiry.message) - _COMMON)))
    score += 3 * bool(_CASE_STUDY.search(title(file)) and _asks_for_references(enquiry.message))
    return score + (_LEARNED if score and file.id == patterns.asset_id else 0)


def _asks_for_references(message: str) -> bool:
    return any(topic.key == "references" for topic in topics_in(message))


def _hits(name: frozenset[str], told: frozenset[str], wanted: frozenset[str]) -> int:
    return 3 * bool(name & wanted) + bool(told & wanted)


@lru_cache(_REMEMBERED)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(text.replace("_", " "))) - _COMMON
