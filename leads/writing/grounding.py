"""Whether a model says only what it may: what the team stands for, what the prospect asked, and courtesies.

A model that was talked into something says it in the words of whoever talked it into that, or in disguise. So words
that only stand where strangers give orders or make claims must not come back, numbers and loaded words must stand in
the team's own, and a sentence must show that it is plain text in the letter's language. What a model may not say in
any words of its own is in `leads.writing.commitments`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from leads.writing import phrases
from leads.writing.brief import Brief
from leads.writing.languages import language_of, words_of
from leads.writing.orders import is_safe, wants_a_yes
from leads.writing.outsiders import as_seen, may_be_a_name, may_be_repeated
from leads.writing.prose import has_word, sentences, word_set
from leads.writing.topics import systems_in

_ROOT = 5
_SHORTEST = 4  # letters of a word that says something
_RUN = 5  # words in a row that are nobody's own

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ASSERTS = re.compile(
    r"^(?:and\s+|so\s+|but\s+|also,?\s+|hi,?\s+|hello,?\s+)?(?:we|i|our|my|the|there|it|at\s+the\s+moment|currently|last|this|these|many|most"
    r"|every|each|people|since|because|when|wir|ich|unser\w*|mein\w*|der|die|das|es|derzeit|aktuell|seit|viele)\b",
    re.IGNORECASE,
)
_OF_US = re.compile(r"\b(?:you|yours?|ihr|ihre\w*|ihnen|euch|eure\w*|euer)\b", re.IGNORECASE)
_LOADED = word_set(
    """
    account blocked overdue prize winner won hereby sign signed eur usd gbp hundred hundreds thousand thousands million
    millions dozen dozens konto gesperrt gewonnen hiermit unterschrieben hundert tausend tausende million millionen
    """
)
_MACHINERY = word_set(
    """
    prompt prompts instruction instructions instructed canary secret secrets confidential json token tokens
    debug chatbot robot password passwords guidelines rules verbatim anweisung anweisungen systemanweisung
    geheim geheime vertraulich passwort regeln
    """
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_HEADS = re.compile(
    r"(?<![\d.,])(\d{1,9}(?:[.,]\d{1,9}){0,3})(?!\d)\s?\+?\s?(?:\w{1,30}\s)?(?:users?|seats?|people|reps?|employees|licen[cs]es|agents|nutzer\w*"
    r"|leute\w*|mitarbeiter\w*|personen|lizenzen|plätze)\b",
    re.IGNORECASE,
)
_NAMED_BY_CODE = re.compile(r"(?<!\w)\w*_\w*")
_DICTATED = re.compile(r"[:\"“”„«»]|['\u2018]\w[^'’]*\s[^'’]*['’]")
_PLAIN = word_set(
    """
    about after again also another answer answers anything around because before best both bring business call
    change clear come comes company conversation could customer customers demo detail details different each
    easy email enquiries enquiry enough every everything example fast find first fits follow form from full give
    goes good great group happy have hear hello help helps here idea important inbox interest interested just
    kind know leads learn less like line link little live long look looking made mail make many meet meeting
    message minutes mind more most much need needs next note number office once only open other over part people
    place plan plans please point points process product question questions quick quickly quote read reach
    really reason reply request right sales same send sense share short should show side simple since some
    something soon start step still suit support sure take talk team teams tell than thank thanks that them then
    there these they thing things think this those through time times today together tool touch understand used
    user users using very walk want week well what when where which while will with work working works would
    write year your yours
    """
)
_FOREIGN_MARKS = {"Mn", "Me", "So", "Sk", "Sm"}
_FINE = frozenset("…–—’\u2018“”„\u00a0+=")


def ungrounded(texts: tuple[str, ...], brief: Brief) -> Iterator[str]:
    """What a model's words must not say, one sentence each, for whoever mends it."""
    sources = Sources(brief)
    for text in texts:
        if odd := _odd_letter(text):
            yield f"“{odd}” is a sign that a letter does not need."
        for sentence in sentences(as_seen(text)):
            yield from filter(None, (fault(sentence, sources) for fault in _FAULTS))


@dataclass(frozen=True)
class Sources:
    """Where a letter's words may come from, worked out once."""

    brief: Brief

    @cached_property
    def ours(self) -> str:
        """What the team says."""
        profile = self.brief.profile
        return _spaced("\n".join((profile.organisation, *profile.answers.values(), str(profile.meeting_minutes))))

    @cached_property
    def known(self) -> frozenset[str]:
        """The roots of words that anybody may use: the team's, the templates', the trustworthy part of the message."""
        enquiry, brief = self.brief.enquiry, self.brief
        named = (name for name in (brief.company_name, enquiry.job_title, brief.first_name) if may_be_a_name(name))
        texts = (self.ours, _vocabulary(brief.language), *named, *self._trusted, *systems_in(enquiry.message))
        return _roots("\n".join(texts)) | _roots(" ".join(_PLAIN))

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """The roots of words that only stand where strangers order something, or claim it."""
        return frozenset(root for text in self._doubted for root in _roots(text)) - self.known

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Those that the team names, that stand in the trustworthy part, or that count heads."""
        heads = (match[1] for part in self._parts if is_safe(part) for match in _HEADS.finditer(part))
        ours = "\n".join(
            (*self.brief.profile.answers.values(), str(self.brief.profile.meeting_minutes), *self._trusted)
        )
        return frozenset((*_NUMBER.findall(ours), *heads))

    @cached_property
    def orders(self) -> str:
        """The doubtful texts, to find runs of their words in."""
        return "\n".join(_spaced(text) for text in self._doubted)

    def _is_trustworthy(self, sentence: str) -> bool:
        """A question, or what somebody tells of themselves and not of us; with no order and no claim in it."""
        plain = sentence.strip()
        of_us = _OF_US.search(plain) or has_word(plain, self.brief.profile.organisation)
        told = not wants_a_yes(plain) if plain.endswith("?") else _ASSERTS.match(plain) and not of_us
        return bool(told) and is_safe(plain) and may_be_repeated(plain) and not _DICTATED.search(plain)

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        return sentences(as_seen(self.brief.enquiry.message))

    @cached_property
    def _trusted(self) -> tuple[str, ...]:
        return tuple(part for part in self._parts if self._is_trustworthy(part))

    @cached_property
    def _doubted(self) -> tuple[str, ...]:
        brief = self.brief
        mails = (part for mail in brief.thread.messages if not mail.outgoing for part in sentences(as_seen(mail.text)))
        files = (as_seen(file.title) for file in brief.plan.assets)
        fields = (brief.enquiry.first_name, brief.enquiry.last_name, brief.company_name, brief.enquiry.job_title)
        crm = (brief.company.industry if brief.company else "", brief.thread.subject)
        return tuple(
            text
            for text in (*self._parts, *mails, *files, *map(as_seen, (*fields, *crm)))
            if not self._is_trustworthy(text)
        )


def _repeats(sentence: str, sources: Sources) -> str:
    """Words of an order, one by one or in a row."""
    echoed = sorted(word for word in _long_words(sentence) if word[:_ROOT] in sources.doubtful)
    if echoed:
        return f"“{echoed[0]}” comes from an order or a claim in what the stranger wrote."
    said = _spaced(sentence).split()
    rows = (" ".join(said[start : start + _RUN]) for start in range(len(said) - _RUN + 1))
    row = next((row for row in rows if row in sources.orders and row not in sources.ours), "")
    return f"“{row}” repeats an order or a claim of the stranger's." if row else ""


def _counts(sentence: str, sources: Sources) -> str:
    found = next((number for number in _NUMBER.findall(sentence) if number not in sources.numbers), "")
    return f"The number {found} stands neither in ours nor in an honest question." if found else ""


def _is_loaded(sentence: str, sources: Sources) -> str:
    told = next((word for word in _spaced(sentence).split() if word in _LOADED), "")
    return f"“{told}” is a claim that does not stand in ours." if told and told not in sources.ours.split() else ""


def _tells_of_itself(sentence: str, sources: Sources) -> str:
    said = (*_NAMED_BY_CODE.findall(sentence), *filter(_MACHINERY.__contains__, _spaced(sentence).split()))
    told = next((word for word in said if word not in sources.ours.split()), "")
    return f"“{told}” speaks of how this letter is made." if told else ""


def _another_language(sentence: str, sources: Sources) -> str:
    """A sentence shows by its common words that it is in the letter's language; a very short one by known words."""
    language = sources.brief.language
    said = _spaced(sentence).split()
    found = language_of(sentence)
    if found not in {"", language}:
        return f"“{sentence[:60]}” is in another language."
    common = words_of(language)
    if not common or not common.isdisjoint(said):
        return ""
    unknown = next((word for word in said if word[:_ROOT] not in sources.known), "")
    return f"“{unknown}” is not a word of this letter." if unknown else ""


_FAULTS = (_repeats, _counts, _is_loaded, _tells_of_itself, _another_language)


def _odd_letter(text: str) -> str:
    """The first sign of another script, an emoji, or a letter in disguise."""
    return next((sign for sign in text if sign not in _FINE and _is_odd(sign)), "")


def _is_odd(sign: str) -> bool:
    disguised = unicodedata.normalize("NFKC", sign) != sign
    foreign = sign.isalpha() and not unicodedata.name(sign, "").startswith("LATIN ")
    return disguised or foreign or unicodedata.category(sign) in _FOREIGN_MARKS


@cache
def _vocabulary(language: str) -> str:
    """All that templates say in a language."""
    return phrases.everything(language) if language in phrases.template_sets() else ""


def _roots(text: str) -> frozenset[str]:
    return frozenset(word[:_ROOT] for word in _long_words(text))


def _long_words(text: str) -> frozenset[str]:
    return frozenset(word for word in _spaced(text).split() if len(word) >= _SHORTEST)


def _spaced(text: str) -> str:
    return " ".join(_WORD.findall(text.lower().replace("’", "'")))
