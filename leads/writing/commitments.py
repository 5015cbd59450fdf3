"""What a language model may not say of its own accord: terms, commitments, days, and the words of strangers.

The rubric's checks hold every draft against the facts. A model can be talked into saying the same in words that no
list of facts has, so its own sentences, all but the team's, stay off these subjects altogether.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain

from leads.writing.brief import Brief
from leads.writing.prose import sentences

ECHO = 6  # words in a row that are repeated, not taken up
FEWEST = 4  # words of a whole sentence

_MONEY = re.compile(
    r"""
    \b(?<!feel\ )free\b(?!\s+(?:to|slot|time)\b) | \bhalf\b(?!\s+an?\s+hour) | \ba\s+third\b | \bnothing\s+to\s+pay\b
    | \bcosts?\s+(?:you\s+)?nothing | \bpa(?:y|ys|id|ying|yments?)\b
    | \b(?:refund|discount|rebate|cheap|waiv|invoice)\w*
    | \b(?:euro|dollar|pound|cent|percent|fee|penny|pennie)s?\b | \bper\s+cent\b | \bbargain | (?<!in\ )\bcharg\w+
    | \bon\s+(?:us|the\s+house)\b | \bcredit\s+(?:card|note) | \bgratis\w* | \bmoney\b | \bspecial\s+offer
    | \b(?:kostenlos|kostenfrei|rabatt|nachlass|bezahl|gebühr|erstatt|geschenk)\w* | \b(?:umsonst|hälfte|geld|prozent)\b
    | \bkoste[nt]\s+(?:\w+\s+)?nichts\b | \bnichts\s+kosten\b | \bohne\s+berechnung\b | \bminus\b
    | \bzahl(?:en|t|ungen|ung)\b | \brechnung(?:en)?\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PRICE = re.compile(
    r"\b(?:pric|preis|budget|contract|vertrag)\w*|\bcosts?\b|\bquot(?:e|es|ation)\b|\bkosten\b|\bangebot\w*|\brates?\b",
    re.IGNORECASE,
)
_COMMITS = re.compile(
    r"""
    \b(?:guarant|promis|pledg|assur|ensur|certif|complian|unlimited|exclusiv|unbegrenzt)\w* | \bmy\s+word\b
    | \bcommit(?:s|ted|ment)?\b | \bwarrant\w* | \bnever\s+fail\w* | \balways\s+work\w* | \bagree(?:d|ment)\b
    | \b(?:we|i)(?:['’]ll|\s+will)\s+(?:deliver|build|ship|implement|match|migrate|hire|give|grant|transfer)\b
    | \bconfirm(?:s|ed)\b | \bwe\s+confirm\b | \borders?\s+(?:of|for)\b | \bby\s+(?:next|the\s+end)\b
    | \bwithin\s+\w+\s+(?:minutes?|hours?|days?|weeks?|months?)\b
    | \b(?:garant|versprech|versproch|zusag|zusicher|verpflicht|exklusiv|zertifi)\w*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DAYS = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\btomorrow\b|\btonight\b|\bübermorgen\b"
    r"|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)s?\b",
    re.IGNORECASE,
)
_COPIES = re.compile(
    r"\bb?cc\b|\bcopied\b|\bforward(?:ed|ing)\b|\blooped?\s+in\b|\bin\s+copy\b|\bin\s+kopie\b|\bweitergeleitet\b",
    re.IGNORECASE,
)
_SECRETS = re.compile(
    r"\b(?:passwor[dt]|kennwort|credential|bitcoin|crypto)\w*|\biban\b|\bbank\b|\bgift\s+cards?\b|\bwire\s+transfer"
    r"|\bapi\s+keys?\b|\blog\s?in\s+(?:here|now|at)\b|\bkontonummer\b",
    re.IGNORECASE,
)
_SPELT_OUT = re.compile(r"(?<!\w)(?:\w[ .·*_-]){3,}\w(?!\w)")
_CLIENTS = re.compile(r"\b(?:clients?|customers?|competitors?|kunden?|wettbewerber\w*)\b", re.IGNORECASE)
_NOT_TOLD = re.compile(
    r"\b(?:other|another|your|andere\w*|ihre\w*|eure\w*)\s+(?:clients?|customers?|kunden?)\b", re.IGNORECASE
)
# To name a price as the subject, or to put it off to the meeting, is no claim, unless something is said of it there.
_NAMES_IT = re.compile(
    r"\b(?:thank|danke|dank|frage|question)\w*|\bask(?:ed|ing)?\s+(?:about|for)\b|\bwant(?:ed)?\s+to\s+know\b|"
    r"\b(?:talk|speak|discuss|go\s+(?:through|over)|walk\s+\w+\s+through|look\s+at|besprechen|durchgehen|klären)\b"
    r"|\bon\s+the\s+call\b|\bgehen\b.*\bdurch\b",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"""
    \d+\b(?!\s+[a-zäöü]{4,}) | \b(?:hundred|thousand|zero|no|hundert|tausend|null|keine?n?)\b
    | \b(?:low|bett|cheap|niedrig|besser|günstig)(?:er|est|eren|ste|sten)?\b
    | \b(?:special|same|best|off|less|get|weniger|gleichen?)\b | \b(?:reduc|drop|cut|senk|sonder)\w*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{3,200})[\"”“»]")
_WORDS = re.compile(r"[^\W_]+")
_SUBJECTS = {
    "speaks of money": _MONEY,
    "commits the team": _COMMITS,
    "names a day": _DAYS,
    "says that others read this mail": _COPIES,
    "asks for what no mail should": _SECRETS,
    "spells a word out": _SPELT_OUT,
}


def faults_in(subject: str, paragraphs: tuple[str, ...], brief: Brief) -> list[str]:
    """What a model's text says that the team's answers don't."""
    ours = _bare("\n".join(brief.profile.answers.values()))
    own = [part for text in paragraphs for part in sentences(text) if _bare(part) not in ours]
    told = [(subject, _subject_of(subject)), *((part, _subject_of(part) or _terms_in(part)) for part in own)]
    found = [f"“{part[:80]}” {why}, which only the team's own answers may." for part, why in told if why]
    return [*dict.fromkeys(found), *_echoes(" ".join((subject, *paragraphs)), brief, ours)]


def _subject_of(sentence: str) -> str:
    return next((why for why, pattern in _SUBJECTS.items() if pattern.search(sentence)), "")


def _terms_in(sentence: str) -> str:
    if _CLIENTS.search(_NOT_TOLD.sub("", sentence)):
        return "speaks of clients"
    is_named = _NAMES_IT.search(sentence) and not _CLAIMS.search(sentence)
    return "speaks of terms" if _PRICE.search(sentence) and not is_named else ""


def _echoes(text: str, brief: Brief, ours: str) -> list[str]:
    """Strangers' words in a row, and whatever they put into quotation marks to have it repeated."""
    said = _bare(text)
    for stranger in _strangers(brief):
        parts = _bare(stranger).split()
        runs = (" ".join(parts[start : start + ECHO]) for start in range(len(parts) - ECHO + 1))
        whole = (_bare(part) for part in sentences(stranger) if len(part.split()) >= FEWEST)
        if repeated := next((run for run in chain(runs, whole) if run in said and run not in ours), ""):
            return [f"It repeats what a stranger wrote: “{repeated}”."]
        quotes = (_bare(match[1]) for match in _QUOTED.finditer(stranger))
        if quoted := next((quote for quote in quotes if f" {quote} " in f" {said} " and quote not in ours), ""):
            return [f"It repeats what a stranger quoted: “{quoted[:80]}”."]
    return []


def _strangers(brief: Brief) -> tuple[str, ...]:
    enquiry = brief.enquiry
    mails = (mail.text for mail in brief.thread.messages if not mail.outgoing)
    titles = (file.title for file in brief.plan.assets)
    return tuple(chain((enquiry.message, enquiry.name, enquiry.company, enquiry.job_title), mails, titles))


def _bare(text: str) -> str:
    """Words only, in lower case, in whatever letters they were dressed up."""
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).lower()))
