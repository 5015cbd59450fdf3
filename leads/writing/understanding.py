"""What a message asks for: intents, questions, language. Rules only, so the same text reads the same twice."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, takewhile

from leads.facts import Intent
from leads.writing import german
from leads.writing.languages import language_of
from leads.writing.links import without_links
from leads.writing.orders import is_order
from leads.writing.prose import sentences, words
from leads.writing.topics import CALL_ME

_REMEMBERED = 256  # a draft and its checks read the same sentences many times over
MOST_QUESTIONS = 8
LONGEST_QUESTION = 240

_INTENTS = {
    Intent.PRICING: r"pric(?:e|es|ing|ey)\b|costs?\b|quot(?:e|es|ation)\b|how much\b|budgets?\b|licen[cs]e fee"
    r"|rates\b|(?:cheapest|which|what) plan\b|afford\w*|(?:we|i)(?:['’]d| would| will)? (?:have to )?pay\b"
    r"|bill(?:ed|ing)?\b|tariff|fees?\b"
    r"|discounts?\b|subscription|per (?:user|seat)\b"
    r"|prix\b|tarifs?\b|combien\b|devis\b|coûte"
    r"|precios?\b|cuánto\b|cuesta\b|presupuesto|prezz\w+|quanto\b|preventivo|preço\w*|custa\b"
    r"|orçamento|prijs\w*|hoeveel kost|cena\b|cennik|ile kosztuje"
    r"|trials?\b|contract",
    Intent.DEMO: r"demos?\b|demonstrat\w+|walk-?through|show (?:me|us)\b|see (?:it|the product|how it)"
    r"|product tour|(?:book|schedule|set up|arrange|have) a (?:\w+ )?(?:call|meeting|chat)"
    rf"|talk to (?:sales|someone)|{CALL_ME}"
    r"|when (?:are you|would you be|can we|could we) (?:free|available|meet|talk"
    r"|speak)|démo\w*|demostración|prezentacj\w+|live look",
    Intent.INTEGRATION: r"integrat\w*|integraç\w*|integrac\w*|intégr\w*|connect(?:s|ed"
    r"|ing)? (?:\w+ )?(?:to|with)\b|connectors?\b|apis?\b|webhooks?\b|sync(?:s|ing|hron\w+)?\b"
    r"|plug-?ins?\b|plugs? into\b"
    r"|(?:work|works|compatible) with (?:salesforce|hubspot|pipedrive|dynamics|zendesk|zapier|xero"
    r"|quickbooks|netsuite|jira|stripe|sap|slack|shopify|excel|outlook|teams"
    r"|google|microsoft|our (?:crm|erp|system))|migrat\w+",
    Intent.SECURITY: r"secur\w+|gdpr\b|rgpd\b|soc ?2\b|iso ?27\d+|sso\b|saml\b|scim\b|single sign"
    r"|encrypt\w*|data (?:protection|residency|location|processing)|privacy|dpa\b"
    r"|hipaa\b|penetration test|certifi\w+|hosting\b|hosted\b|pen-?test|complian\w+|sécurité"
    r"|seguridad|sicurezza|segurança|beveilig\w+|where .{0,20}\bdata\b.{0,20}(?:stored|hosted)"
    r"|data (?:be |being )?(?:stored|hosted|kept)\b|(?:store|host) (?:our|the|my) data\b",
    Intent.SUPPORT: r"(?:does|do|is|are|did)(?:n['’]?t| not) (?:work|load|sync|open|start|respond|sending|connect"
    r"|working|loading|syncing|responding)\w*|stopped (?:work|sync|load)\w*"
    r"|(?:can['’]?t|cannot|can not|unable to) (?:log ?in|sign in|access|open|login|reset|connect"
    r"|upload|export)|error (?:message|code|\d{3})|(?:get|gets|getting|see|seeing|shows?|throws?"
    r"|got) (?:an? |this |the )?error"
    r"|\bbug\b|crash(?:es|ed|ing)\b|reset (?:my|our|the) password|locked out|my ticket"
    r"|support ticket|keeps? (?:failing|crashing)"
    r"|ne fonctionne pas|no funciona|non funziona|não funciona|werkt niet|nie działa",
    Intent.PARTNERSHIP: r"partnership|partner(?:ing)? (?:with|program\w*|model)|become (?:a|your) (?:partner|reseller"
    r"|distributor)|resell\w*|reseller|white-?label\w*|affiliate|referral program\w*"
    r"|joint venture|partenariat|co-?market\w*",
}
_PATTERNS = {
    intent: re.compile(rf"\b(?:{pattern}|{german.INTENTS[intent]})", re.IGNORECASE)
    for intent, pattern in _INTENTS.items()
}
_ASKS = re.compile(
    r"[?？؟]\s*[\"')”]*$|\b(?:c(?:ould|an)|would|will) you\b|\b(?:would|['’]d) (?:also )?(?:like"
    r"|love|need|want) to (?:know|understand|learn|hear|see|find out)"
    r"|\b(?:please|pls) (?:let (?:me|us) know|tell|explain|share|advise|send|confirm|describe)"
    r"|\bwonder(?:ing)?\b|\b(?:can['’]?t find|not sure|unclear|curious|asks?(?: them)?) (?:out )?(?:if"
    r"|whether|what|how)\b|\b(?:want|need)s? to (?:know|understand)\b"
    r"|\bcan (?:we|i|it)\b .{3,}|^(?:what|how|which|when|where|who|do|does|is|are|can)\b .{6,}"
    r"|\bpouvez-vous|\bpodrían?\b|" + german.ASKS,
    re.IGNORECASE,
)
_LEADS_IN = re.compile(
    _ASKS.pattern + r"|\bfollowing\b|\bquestions\b|\binterested in\b|\bneed\b|\b(?:folgende\w*|fragen|interessier\w+"
    r"|benötig\w+|brauch\w+)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;]\s+|\s+(?:and|then|und|dann)\s+", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*•·–]|\d{1,2}[.)])\s")


_ASKS_ALONE = re.compile(_ASKS.pattern + r"|^tell (?:me|us) (?:about|how|if|what|whether)\b", re.IGNORECASE)
_A_REAL_MESSAGE = 8  # words
_SHORT = 30


@dataclass(frozen=True, slots=True)
class Understanding:
    """A message as understood. `intents` is never empty; `language` is "" when there is too little text."""

    intents: tuple[Intent, ...]
    questions: tuple[str, ...]
    language: str


def read_message(text: str) -> Understanding:
    """Intents by first appearance (`VAGUE` if none), the sentences that ask something, and the language."""
    parts = sentences(text)
    honest = tuple(sentence for sentence in parts if not is_order(sentence))
    listed = {item for item in listed_in(text) if item in honest}
    questions = questions_in(honest, listed)
    # In a long message, what is asked comes before what is only told; what stands beside an order comes last.
    first = questions if len(words(text)) > _SHORT else ()
    texts = ("\n".join(said) for said in (first, honest, _asked_beside_orders(parts)))
    said = chain.from_iterable(intents_in(without_links(text)) for text in texts)
    return Understanding(
        intents=tuple(dict.fromkeys(said)) or (Intent.VAGUE,),
        questions=questions,
        language=language_of(text),
    )


def _asked_beside_orders(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The asking clauses of sentences that also give an order."""
    clauses = (clause for part in parts if is_order(part) for clause in _CLAUSE.split(part))
    return tuple(clause for clause in clauses if not is_order(clause) and _ASKS_ALONE.search(clause))


def says_little(message: str) -> bool:
    """Whether there is too little in it to answer; all it shows is that somebody sent the form."""
    return len(words(message)) < _A_REAL_MESSAGE


@lru_cache(_REMEMBERED)
def intents_in(text: str) -> tuple[Intent, ...]:
    """The intents a text shows, by first appearance; none if it shows none."""
    found = ((match.start(), intent) for intent, pattern in _PATTERNS.items() if (match := pattern.search(text)))
    return tuple(intent for _, intent in sorted(found))


def listed_in(text: str) -> tuple[str, ...]:
    """The items of a list that is introduced by an asking line, as in "Please tell us:"."""
    rows = [row for row in text.splitlines() if row.strip()]
    starts = [number for number, row in enumerate(rows, 1) if row.rstrip().endswith(":") and _LEADS_IN.search(row)]
    items = (takewhile(_ITEM.match, rows[start:]) for start in starts)
    return tuple(part for row in chain.from_iterable(items) for part in sentences(row))


def questions_in(parts: tuple[str, ...], listed: Collection[str] = ()) -> tuple[str, ...]:
    """Those of the sentences that ask something, each once, shortened to what a screen bears."""
    asks = (part for part in parts if part in listed or (_ASKS.search(part) and not part.endswith(":")))
    asked = (part[:LONGEST_QUESTION] for part in asks)
    return tuple(dict.fromkeys(asked))[:MOST_QUESTIONS]
