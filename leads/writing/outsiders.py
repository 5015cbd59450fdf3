"""Short texts that outsiders chose and a draft repeats: names of people and companies, subjects, titles of files.

They are facts, so no check of a draft finds fault with them; what they say is judged here, before they are used.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from leads.domains import is_public
from leads.writing.links import has_link
from leads.writing.orders import is_order
from leads.writing.prose import word_set

_REMEMBERED = 1024
_MONEY = (
    r"€|euros?\b|eur\b|\$|dollars?\b|usd\b|bucks\b|£|pounds?\b|gbp\b|¥|yen\b|chf\b|francs?\b|btc\b"
    r"|(?:%|per\s?cent\b|prozent\b)\s*(?:off|discount|less|cheaper|reduction|rabatt|nachlass)"
)
_AMOUNT = (
    r"(?<!\d[.,])\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty(?:-\w+)?|thirty(?:-\w+)?"
    r"|forty(?:-\w+)?|fifty|sixty|seventy(?:-\w+)?|eighty|ninety(?:-\w+)?|(?:a|one)?\s?hundred|(?:a|one)?\s?thousand|zero"
    r"|half|null|ein(?:en)?|zwei|drei|vier|fünf|zehn|zwanzig|fünfzig|hundert"
)
_CLAIM = re.compile(
    rf"\b(?:{_AMOUNT})\s*(?:{_MONEY})|[€$£¥]\s?\d|\bhalf\s+(?:the\s+)?price\b|\b\d+\s*%?\s*off\b"
    r"|\bfree\s+(?:of\s+charge|for\s*ever|for\s+(?:you|life|all|ever|everybody|everyone)|year|months?)\b|\b(?:is|are|all"
    r"|it['’]s|everything)\s+free\b|\bfree\s*[!]|\bfor\s+free\b|\bgratis\b|\bkostenlos\w*|\bgratuit\w*|\brefund\w*"
    r"|\bmoney[\s-]back\b|\bguarant\w+|\bgarant\w+|\bpromised?\b|\bwaived?\b|\b(?:your|special|exclusive|a)\s+discount\b"
    r"|\bdiscount\s+(?:of|promised|granted|approved)\b|\byou(?:['’]ve|\s+have)?\s+won\b|\bprize\b|\bpays?\s+nothing\b"
    r"|\b(?:at|for|with)\s+no\s+(?:extra\s+)?(?:cost|charge|fee)s?\b|\bwithout\s+(?:\w+\s+)?(?:pay|payment|bill|charge|cost|fee)s?\b"
    r"|\bcosts?\s+(?:\w+\s+)?nothing\b|\bnothing\s+(?:is\s+)?(?:due|to\s+pay)\b|\bon\s+(?:us|the\s+house)\b|\bow(?:es?|ed)\b"
    r"|\baccept\s+(?:all|our|my)\b|\bminus\s+\w+|\bgeschenkt\b|\bnichts\s+kosten\b|\bkoste[nt]\s+(?:\w+\s+)?nichts\b"
    r"|\bohne\s+(?:berechnung|bezahlung|kosten|gebühr(?:en)?)\b|\bzahlung\b.{0,40}\bbestätigt\b"
    r"|\b(?:contract|order|deal)\s+is\s+(?:signed|confirmed|agreed|approved)\b|\b(?:account|licen[cs]e)\s+is\s+(?:blocked|closed)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\]\s*[(\[]|!\[|<\s*[a-z/!?]|\{[{%]|&#?\w+;|[`\r\n]", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[<>{}\[\]|\\%]")
_SPELT = re.compile(r"(?<!\w)(\w+)(?:\s+(?:dot|punkt)\s+|,(?=\w+/))(\w+)", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d.,])(?!(?:19|20)\d\d\b)\+?\d(?:[ ().-]{0,2}\d){6,}")
_NO_NAME = word_set(
    """
    free gratis kostenlos kostenlose kostenloser gratuit gratuito discount discounts discounted rabatt refund refunds
    guarantee guarantees guaranteed promise promised percent prozent euro euros dollar dollars cent cents price prices
    prize winner coupon voucher bonus cash ignore disregard override instruction instructions prompt system cc bcc
    call calls owe owes owed pay pays paid bezahlt accept accepted click wire
    """
)
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(_REMEMBERED)
def may_be_repeated(text: str) -> bool:
    """Whether a subject or a title carries no link, number to call, order, markup, price or promise, as it is spelt."""
    seen = as_seen(text)
    patterns = (_MARKUP, _CLAIM, _PHONE)
    return not (has_link(seen) or _spells_a_domain(seen) or is_order(seen) or any(p.search(seen) for p in patterns))


@lru_cache(_REMEMBERED)
def may_be_a_name(text: str) -> bool:
    """The same of a person or company, who is not called after money or an order either."""
    seen = as_seen(text)
    said = map(str.lower, _WORD.findall(seen))
    return may_be_repeated(text) and not _NOT_IN_NAMES.search(seen) and _NO_NAME.isdisjoint(said)


def _spells_a_domain(text: str) -> bool:
    """Whether it has a domain in words, such as "kestrel dot help" or "kestrel,help/now"."""
    return any(is_public(f"{match[1]}.{match[2]}".lower()) for match in _SPELT.finditer(text))


def as_seen(text: str) -> str:
    """As the eye takes it: without what can't be seen, with compatibility forms and foreign full stops made plain."""
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return shown.replace("。", ".")
