"""A prospect's own words, taken up where that is safe: closed lists first, a plain short phrase at most."""

from __future__ import annotations

import re

from leads.facts import Intent
from leads.writing import phrases
from leads.writing.brief import Brief
from leads.writing.orders import is_safe
from leads.writing.outsiders import may_be_repeated
from leads.writing.prose import has_word, sentences, word_set
from leads.writing.topics import systems_in, topics_in

MOST_LABELS = 3
_MOST_GOAL_WORDS = 11
_MOST_QUOTED_WORDS = 12
_FEWEST_WORDS = 2

_QUANTITY = re.compile(
    r"\b(\d{1,3}(?:[.,]\d{3})+|\d{1,6})\s*\+?\s*(users|seats|people|employees|licen[cs]es|agents"
    r"|locations|sites|stores|vehicles"
    r"|drivers|teams|members|clients|customers|devices|branches|reps|engineers|developers)\b|\b(a"
    r"|our) (?:[a-z]+ )?team of (\d{1,5})\b",
    re.IGNORECASE,
)
_GOAL = re.compile(
    r"\b(?:we|i)(?:['’](?:re|m|d)| are| am)?\s+(?:\w+ly\s+)?"
    r"(looking for|looking to|trying to|hoping to|planning to|struggling with|need to|need|want to"
    r"|would like to|like to)\s+([^.?!,;:()\n]{6,140})",
    re.IGNORECASE,
)
_STOPS = re.compile(
    r"\s+(?:but|because|since|so|and\s+(?:we|i|would|want|need|can|could|are|have|is|please|how"
    r"|what|do|does|also|you|your)|please|if|when|as\s+we)\b",
    re.IGNORECASE,
)
_ABOUT_THE_CALL = re.compile(
    r"\b(?:know|hear|see|talk|speak|discuss|learn|understand|call|demo|meet\w*|quot\w+|pric\w+"
    r"|information|info|chat|book|schedule|ask|contact|get in touch|partner\w*"
    r"|offer|find out|invite|help with|you|yours?|receive|buy|free|discount\w*|guarantee\w*|refund\w*|attach\w*)\b",
    re.IGNORECASE,
)
_PLAIN_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*|\d{1,6}|[A-Z]{2,5}s?|I")
_OURS_TO_YOURS = {
    "our": "your", "ours": "yours", "my": "your", "us": "you", "we": "you", "i": "you", "me": "you",
    "ourselves": "yourselves", "myself": "yourself",
}  # fmt: skip
_QUOTABLE = re.compile(r"[A-Za-z0-9 ,'’%/&-]+")
PRICE_WORD = re.compile(r"\b(?:pric|cost|quot|budget|how much|rates?\b|expens)", re.IGNORECASE)
_COMMON_CAPITALS = word_set(
    """
    I I'd I'm I've I’d AI API CRM ERP SSO SAML EU US UK USA GDPR PDF CSV SLA HR IT B2B VAT
    """
)


def about(brief: Brief, language: str, limit: int = MOST_LABELS) -> str:
    """What the prospect asks about, in a few words of ours, or "" when they didn't say."""
    found = dict.fromkeys(name for intent in brief.enquiry.intents for name in _labels(intent, brief, language))
    return joined([name for name in found if name][:limit], language)


def joined(names: list[str], language: str) -> str:
    """Like "a, b and c"."""
    head, tail = names[:-1], names[-1:]
    comma, last = phrases.label(language, "join", "comma"), phrases.label(language, "join", "and")
    return last.join(filter(None, (comma.join(head), *tail)))


def systems(text: str, brief: Brief, language: str, answered: str = "") -> str:
    """Like "connecting to SAP and Slack", or ""; systems that an answer names are left out."""
    named = [name for name in systems_in(text, brief.other_clients) if not has_word(answered, name)]
    found = joined(named[:MOST_LABELS], language)
    return phrases.label(language, "fragments", "connecting", {"systems": found}) if found else ""


def goal(brief: Brief, language: str) -> str:
    """What they want to get done, as a clause such as "you are looking for a tool that …", or ""."""
    for sentence in filter(is_safe, sentences(brief.enquiry.message)):
        match = _GOAL.search(sentence)
        if match and (rest := _turned(_STOPS.split(match[2])[0], brief)):
            verb = re.sub(r"^like to$", "would like to", match[1].lower())
            lead = phrases.label(language, "goals", verb)
            return f"{lead} {rest}" if lead else ""
    return ""


def quotable(question: str, brief: Brief) -> str:
    """A question of theirs as it may be quoted, or "": short, plain, and naming nobody."""
    plain = question.strip().rstrip("?!. ")
    parts = plain.split()
    short = _FEWEST_WORDS < len(parts) <= _MOST_QUOTED_WORDS and _QUOTABLE.fullmatch(plain)
    if not short or not is_safe(question) or not may_be_repeated(question) or _names_someone(parts[1:], plain, brief):
        return ""
    return plain if plain.split()[0] in _COMMON_CAPITALS else plain[0].lower() + plain[1:]


def _labels(intent: Intent, brief: Brief, language: str) -> list[str]:
    message = brief.enquiry.message
    if intent in {Intent.VAGUE, Intent.SUPPORT}:
        return []
    name = phrases.label(language, "intents", intent)
    if intent is Intent.INTEGRATION and (connecting := systems(message, brief, language)):
        return [connecting]
    honest = " ".join(filter(is_safe, sentences(message)))
    finer = [phrases.label(language, "topics", topic.key) for topic in topics_in(honest) if topic.intent is intent]
    if intent is Intent.PRICING and (PRICE_WORD.search(honest) or not finer):
        return [_for_quantity(name, honest, language)]
    return finer[:2] if finer and intent is not Intent.DEMO else [name]


def _for_quantity(name: str, honest: str, language: str) -> str:
    match = _QUANTITY.search(honest)
    if not match:
        return name
    quantity = f"{match[1]} {match[2].lower()}" if match[1] else f"a team of {match[4]}"
    return phrases.label(language, "fragments", "for_quantity", {"label": name, "quantity": quantity})


def _turned(rest: str, brief: Brief) -> str:
    """Their words seen from our side, if they are few and plain enough to repeat."""
    parts = rest.strip(" -'\"").split()
    plain = _FEWEST_WORDS <= len(parts) <= _MOST_GOAL_WORDS and all(map(_PLAIN_WORD.fullmatch, parts))
    shunned = brief.other_clients + brief.voice.banned_phrases
    if not plain or _ABOUT_THE_CALL.search(rest) or _mentions(rest, shunned):
        return ""
    return " ".join(_OURS_TO_YOURS.get(part.lower(), part) for part in parts)


def _names_someone(parts: list[str], text: str, brief: Brief) -> bool:
    """A capital within a sentence is a name until shown otherwise."""
    known = set(" ".join((brief.profile.organisation, *systems_in(text, brief.other_clients))).split())
    capitals = (part.strip(",'’") for part in parts if part[0].isupper())
    return any(part not in known and part not in _COMMON_CAPITALS for part in capitals) or _mentions(
        text, brief.other_clients
    )


def _mentions(text: str, names: tuple[str, ...]) -> bool:
    return any(name.lower() in text.lower() for name in names)
