"""A prospect's own words, taken up where that is safe: closed lists first, a plain short phrase at most."""

from __future__ import annotations

import re

from leads.facts import Intent
from leads.writing import german, phrases
from leads.writing.brief import Brief
from leads.writing.letter import CLOCK
from leads.writing.orders import is_safe, wants_a_yes
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
    r"|drivers|teams|members|clients|customers|devices|branches|reps|engineers|developers|"
    + german.QUANTITY
    + r")\b|\bteam (?:of|von|aus|mit) (\d{1,5})\b",
    re.IGNORECASE,
)
_GOAL = re.compile(
    r"\b(?:we|i)(?:['’](?:re|m|d)| are| am)?\s+(?:\w+ly\s+)?"
    r"(looking for|looking to|trying to|hoping to|planning to|struggling with|need to|need|want to"
    r"|would like to|like to)\s+([^.?!,;:()\n]{6,140})",
    re.IGNORECASE,
)
_IS = re.compile(r"(?:is|are|was|were)\b", re.IGNORECASE)  # "What we need is …" has its object before it
_STOPS = re.compile(
    r"\s+(?:but|because|since|so|and\s+(?:we|i|would|want|need|can|could|are|have|is|please|how"
    r"|what|do|does|also|you|your)|please|if|when|as\s+we)\b",
    re.IGNORECASE,
)
_ABOUT_THE_CALL = re.compile(
    r"\b(?:know|hear|see|talk|speak|discuss|learn|understand|call|demo|meet\w*|quot\w+|pric\w+"
    r"|information|info|chat|book|schedule|ask|contact|get in touch|partner\w*"
    r"|offer|find out|invite|help with|you|yours?|receive|buy|free|discount\w*|guarantee\w*|refund\w*|attach\w*"
    r"|cancel\w*|terminat\w*|unsubscribe\w*|complain\w*|leave|quit|paid|bills?|invoices?|log\s?in|portal|password\w*|account\w*"
    r"|years?|months?)\b",
    re.IGNORECASE,
)
_GERMAN_GOAL = re.compile(german.GOAL, re.IGNORECASE)
_GERMAN_STOPS = re.compile(german.GOAL_STOPS, re.IGNORECASE)
_NEVER_IN_GERMAN = re.compile(german.GOAL_NEVER, re.IGNORECASE)
_GERMAN_WORD = re.compile(r"[A-ZÄÖÜ]?[a-zäöüß]+(?:-[A-ZÄÖÜ]?[a-zäöüß]+)*|\d{1,6}|[A-Z]{2,5}")
_PLAIN_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*|\d{1,6}|[A-Z]{2,5}s?|I")
_OURS_TO_YOURS = {
    "our": "your", "ours": "yours", "my": "your", "us": "you", "we": "you", "i": "you", "me": "you",
    "ourselves": "yourselves", "myself": "yourself",
}  # fmt: skip
_QUOTABLE = {"de": re.compile(r"[A-Za-zÄÖÜäöüß0-9 ,'’%/&-]+")}
_QUOTABLE_ELSEWHERE = re.compile(r"[A-Za-z0-9 ,'’%/&-]+")
PRICE_WORD = re.compile(
    r"\b(?:pric|cost|quot|budget|how much|rates?\b|expens|preis|kosten\b|kostet|angebot|was kost|wie ?viel"
    r"|tarif|lizenz)",
    re.IGNORECASE,
)
_TO_SOMEBODY_ELSE = re.compile(r"(?:ask|tell)\s+(?:them|him|her)\b", re.IGNORECASE)
# "Is that right?" and "Could you explain?" say nothing by themselves.
_TELLING = re.compile(
    r"\b(?!(?:about|also|could|does|explain|from|have|help|just|know|please|right|tell|that|them|then|there|they|this|what"
    r"|when|where|which|with|would|your|können|bitte|auch|dann|dass|helfen|ihnen|ihre|möglich|richtig|sagen|diese[rs]?"
    r"|eine[rmn]?|haben|sind|wird|werden)\b)[^\W\d_]{4,}",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"demo|\bshow|\bsee\b|tour\b|walk-?through|vorführ|vorzuführ|präsent|zeigen|ansehen|vorstell|live\b", re.IGNORECASE
)
_BEFORE = re.compile(
    r"^(?:(?:hi|hello|hey|good\s+(?:morning|day)|hallo|moin|guten\s+(?:tag|morgen))(?:\s+(?:there|all|team|zusammen))?\s*,\s*)?"
    r"(?:(?:and|also|und|auch|außerdem|dann),?\s+)?",
    re.IGNORECASE,
)
_COMMON_CAPITALS = word_set(
    """
    I I'd I'm I've I’d AI API CRM ERP SSO SAML EU US UK USA GDPR PDF CSV SLA HR IT B2B VAT
    """
)


def about(brief: Brief, limit: int = MOST_LABELS) -> str:
    """What the prospect asks about, in a few words of ours, or "" when they didn't say."""
    found = dict.fromkeys(name for intent in brief.enquiry.intents for name in _labels(intent, brief))
    return joined([name for name in found if name][:limit], brief)


def joined(names: list[str], brief: Brief) -> str:
    """Like "a, b and c"."""
    head, tail = names[:-1], names[-1:]
    comma, last = (phrases.label(brief.template_set, "join", key) for key in ("comma", "and"))
    return last.join(filter(None, (comma.join(head), *tail)))


def systems(text: str, brief: Brief, answered: str = "") -> str:
    """Like "connecting to SAP and Slack", or ""; systems that an answer names are left out."""
    named = [name for name in systems_in(text, brief.other_clients) if not has_word(answered, name)]
    found = joined(named[:MOST_LABELS], brief)
    return phrases.label(brief.template_set, "fragments", "connecting", {"systems": found}) if found else ""


def goal(brief: Brief) -> str:
    """What they want to get done, as a clause such as "you are looking for a tool that …", or ""."""
    turned = _turned_german if brief.language == "de" else _turned_english
    for sentence in filter(is_safe, sentences(brief.enquiry.message)):
        verb, rest = turned(sentence)
        lead = phrases.label(brief.template_set, "goals", verb)
        if lead and rest and not _mentions(rest, _not_in_goals(brief)):
            return f"{lead} {rest}"
    return ""


def _not_in_goals(brief: Brief) -> tuple[str, ...]:
    return (*brief.other_clients, *brief.voice.banned_phrases, *filter(None, [brief.profile.organisation]))


def quotable(question: str, brief: Brief) -> str:
    """A question of theirs as it may be quoted, or "": short, plain, and naming nobody."""
    plain = _BEFORE.sub("", question.strip().rstrip("?!. "))
    parts = plain.split()
    letters = _QUOTABLE.get(brief.language, _QUOTABLE_ELSEWHERE)
    asks = question.rstrip().endswith("?") or brief.language != "de"  # "Bitte senden Sie …" reads oddly as a question
    short = asks and _FEWEST_WORDS < len(parts) <= _MOST_QUOTED_WORDS and letters.fullmatch(plain)
    if not short or not is_safe(question) or not may_be_repeated(question) or _names_someone(parts[1:], plain, brief):
        return ""
    if wants_a_yes(question) or CLOCK.search(question):
        return ""
    if _TO_SOMEBODY_ELSE.match(plain) or len(_TELLING.findall(plain)) < _FEWEST_WORDS:
        return ""
    own_capital = parts[0] in _COMMON_CAPITALS
    first = plain[0].upper() if brief.language == "de" else plain[0] if own_capital else plain[0].lower()
    return first + plain[1:]


def wants_a_call(message: str) -> bool:
    """Whether they want to talk, and say nothing of being shown anything."""
    return any(topic.key == "call" for topic in topics_in(message)) and not _SHOWN.search(message)


def _labels(intent: Intent, brief: Brief) -> list[str]:
    message, words = brief.enquiry.message, brief.template_set
    if intent in {Intent.VAGUE, Intent.SUPPORT}:
        return []
    name = phrases.label(words, "intents", intent)
    if intent is Intent.INTEGRATION and (connecting := systems(message, brief)):
        return [connecting]
    honest = " ".join(filter(is_safe, sentences(message)))
    if intent is Intent.DEMO and wants_a_call(message):
        return [phrases.label(words, "topics", "call")]
    finer = [phrases.label(words, "topics", topic.key) for topic in topics_in(honest) if topic.intent is intent]
    if intent is Intent.PRICING and (PRICE_WORD.search(honest) or not finer):
        return [_for_quantity(name, honest, words)]
    return finer[:2] if finer and intent is not Intent.DEMO else [name]


def _for_quantity(name: str, honest: str, words: str) -> str:
    parts = sorted(sentences(honest), key=lambda part: not PRICE_WORD.search(part))
    match = next(filter(None, map(_QUANTITY.search, parts)), None)
    if not match:
        return name
    if match[3]:
        quantity = phrases.label(words, "fragments", "a_team", {"count": match[3]})
    else:
        quantity = f"{match[1]} {_unit(match[2].lower(), words)}"
    return phrases.label(words, "fragments", "for_quantity", {"label": name, "quantity": quantity})


def _unit(written: str, words: str) -> str:
    """What they count, in the form that the sentence needs; by the beginning of the word, else as written."""
    stem = next((key for key in phrases.keys(words, "units") if written.startswith(key)), "")
    return phrases.label(words, "units", stem) or written


def _turned_english(sentence: str) -> tuple[str, str]:
    """The verb, and their words seen from our side, if those are few and plain enough to repeat."""
    match = _GOAL.search(sentence)
    if not match or _IS.match(match[2]):
        return "", ""
    rest = _STOPS.split(match[2])[0]
    parts = rest.strip(" -'\"").split()
    plain = _FEWEST_WORDS <= len(parts) <= _MOST_GOAL_WORDS and all(map(_PLAIN_WORD.fullmatch, parts))
    verb = re.sub(r"^like to$", "would like to", match[1].lower())
    turned = " ".join(_OURS_TO_YOURS.get(part.lower(), part) for part in parts)
    return verb, turned if plain and not _ABOUT_THE_CALL.search(rest) else ""


def _turned_german(sentence: str) -> tuple[str, str]:
    """The same of German: an infinitive must close what a modal verb opens, a noun what any other verb does."""
    match = _GERMAN_GOAL.search(sentence)
    if not match:
        return "", ""
    verb, rest = match[1].lower(), _GERMAN_STOPS.split(match[2])[0]
    parts = rest.strip(" -'\"").split()
    plain = _FEWEST_WORDS < len(parts) <= _MOST_GOAL_WORDS and all(map(_GERMAN_WORD.fullmatch, parts))
    whole = plain and (
        parts[-1].islower() and parts[-1].endswith("n") if verb in german.MODAL else parts[-1][0].isupper()
    )
    turned = " ".join(german.OURS_TO_YOURS.get(part.lower(), part) for part in parts)
    return verb, turned if whole and not _NEVER_IN_GERMAN.search(rest) else ""


def _names_someone(parts: list[str], text: str, brief: Brief) -> bool:
    """A capital within a sentence is a name until shown otherwise; in German it is any noun."""
    if brief.language == "de":
        return _mentions(text, brief.other_clients)
    known = set(" ".join((brief.profile.organisation, *systems_in(text, brief.other_clients))).split())
    capitals = (part.strip(",'’") for part in parts if part[0].isupper())
    return any(part not in known and part not in _COMMON_CAPITALS for part in capitals) or _mentions(
        text, brief.other_clients
    )


def _mentions(text: str, names: tuple[str, ...]) -> bool:
    return any(name.lower() in text.lower() for name in names)
