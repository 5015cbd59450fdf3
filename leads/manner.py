"""How somebody writes, read out of their sent mail by counting: no model is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from connectors.ports import Message
from leads.facts import Action, Tone
from leads.writing.languages import language_of
from leads.writing.letter import CLOCK
from leads.writing.prose import has_word, words
from leads.writing.understanding import intents_in

ENOUGH = 2  # mails in which something must stand to be proposed
ENOUGH_TO_SHUN = 10  # mails without a phrase before it counts as shunned
BRIEF, LONG_CLOSING, LONGEST_SIGNATURE = 60, 6, 6
WARM_WORDS = 2  # a mail

_GREETING = re.compile(
    r"(?P<word>hi|hello|hey|dear|good (?:morning|afternoon|day)|hallo|guten (?:tag|morgen)|liebe[rs]?|moin|bonjour|hola"
    r"|ciao|olá)(?P<name>(?:\s+[^\W\d_][\w.'’-]*){0,3})\s*(?P<end>[,!:.]?)",
    re.IGNORECASE,
)
_FORMAL = re.compile(r"\b(?:mr|mrs|ms|dr|frau|herr\w*|all|both|team|together|alle|zusammen)\b", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:with )?(?:(?:best|kind|kindest|warm|warmest|many|all the)\b.*|regards|thanks.*|thank you.*|cheers|yours\b.*"
    r"|sincerely.*|talk soon|speak soon"
    r"|(?:mit )?(?:freundliche|viele|beste|liebe|herzliche|schöne)\w* grü(?:ß|ss)en?\b.*"
    r"|(?:viele|danke|besten|vielen) dank.*|gruß|grüße|vg|lg|mfg|cordialement|bien à vous|saludos.*|cordiali saluti)"
    r"\s*[,.!]?",
    re.IGNORECASE,
)
_WARM = re.compile(
    r"!|\b(?:happy|glad|gladly|great|lovely|love|delighted|wonderful|thanks|thank you|looking forward|gern\w*|freu\w*"
    r"|herzlich\w*|toll|dank\w*)\b",
    re.IGNORECASE,
)
_ASKS_WHEN = re.compile(
    r"\b(?:when (?:could|would|can|do|are|is)|what time|which (?:day|time)|wann)\b[^.?!\n]*\?", re.IGNORECASE
)
_DAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri)day\b|\b(?:montag|dienstag|mittwoch|donnerstag|freitag)\b", re.IGNORECASE
)
_FILE = re.compile(r"https://(?:drive|docs)\.google\.com/[\w/]*?/d/([\w-]{10,})")
SHUNNED = {
    "en": (
        "I hope this email finds you well", "touch base", "circle back", "reach out", "just checking in", "ASAP",
        "at your earliest convenience", "synergy", "leverage", "low-hanging fruit", "game changer", "per my last email",
        "please do not hesitate", "needless to say", "world-class", "cutting-edge", "to be honest",
    ),
    "de": (
        "zeitnah", "anbei finden Sie", "hiermit", "zögern Sie nicht", "wie bereits erwähnt", "schnellstmöglich",
        "Synergien", "verbleiben wir", "bezugnehmend auf", "wir würden uns freuen",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habit:
    """What one mail did, without its words."""

    intents: tuple[str, ...]
    ask: str
    asset_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen[T]:
    """Something that a proposal is made of, and how many mails it stands in."""

    value: T
    mails: int


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody writes. What was not seen often enough is None. `of` mails are in the main language."""

    mails: int
    of: int
    words: int
    greeting: Seen[str] | None = None
    closing: Seen[str] | None = None
    signature: Seen[str] | None = None
    language: Seen[str] | None = None
    tone: Seen[str] | None = None
    never_said: tuple[str, ...] = ()
    habits: tuple[Habit, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail taken apart. `greeting` has {first_name} in the place of a name, or is empty."""

    greeting: str
    body: str
    closing: str
    signature: str
    language: str


def manner_of(mails: Sequence[Message]) -> tuple[Manner, list[Parts]]:
    """The manner, and the mails in its main language, taken apart, in the order given."""
    parts = [parts_of(mail.text) for mail in mails]
    language = most(one.language for one in parts)
    main = [one for one in parts if language is None or one.language == language.value]
    habits = tuple(filter(is_telling, map(habit_of, mails)))
    lengths = [len(words(one.body)) for one in main] or [0]
    return (
        Manner(
            mails=len(mails),
            of=len(main),
            words=round(median(lengths)),
            greeting=most(one.greeting for one in main),
            closing=most(one.closing for one in main),
            signature=most(one.signature for one in main),
            language=language,
            tone=tone_of(main),
            never_said=never_said(main, language.value if language else ""),
            habits=habits,
        ),
        main,
    )


def parts_of(text: str) -> Parts:
    """Greeting and closing are lines of their own; what stands below the closing is the signature."""
    rows = [row.strip() for row in text.strip().splitlines()]
    greeting = _GREETING.fullmatch(rows[0]) if rows else None
    start = 1 if greeting else 0
    ends = [number for number in range(start, len(rows)) if is_closing(rows[number])]
    end = ends[-1] if ends else len(rows)
    below = "\n".join(filter(None, rows[end + 1 :]))
    is_short = below.count("\n") < LONGEST_SIGNATURE
    body = "\n".join(rows[start:end]).strip()
    return Parts(
        greeting=pattern_of(greeting) if greeting else "",
        body=body,
        closing=rows[end] if ends else "",
        signature=below if is_short else "",
        language=language_of(body),
    )


def is_closing(row: str) -> bool:
    return len(row.split()) <= LONG_CLOSING and bool(_CLOSING.fullmatch(row))


def pattern_of(greeting: re.Match[str]) -> str:
    """Only a first name can be filled in: "Dear Mr Weiss" makes no pattern, nor does "Hi all"."""
    name = greeting["name"].split()
    if len(name) != 1 or _FORMAL.search(greeting["name"]) or not name[0][0].isupper():
        return ""
    return f"{greeting['word']} {{first_name}}{greeting['end'] or ','}"


def most(values: Iterable[str]) -> Seen[str] | None:
    """The commonest of them, if it is common; of several as common, always the same one."""
    counted = Counter(value for value in values if value)
    if not counted:
        return None
    value, mails = min(counted.items(), key=lambda item: (-item[1], item[0]))
    return Seen(value, mails) if mails >= ENOUGH else None


def tone_of(mails: Sequence[Parts]) -> Seen[str] | None:
    """Warm if most mails say kind words; else brief if most are short; else plain."""
    warm = sum(len(_WARM.findall(one.body)) >= WARM_WORDS for one in mails)
    brief = sum(len(words(one.body)) < BRIEF for one in mails)
    if len(mails) < ENOUGH:
        return None
    if 2 * warm > len(mails):
        return Seen(Tone.WARM.value, warm)
    return Seen(Tone.BRIEF.value, brief) if 2 * brief > len(mails) else Seen(Tone.PLAIN.value, len(mails) - brief)


def never_said(mails: Sequence[Parts], language: str) -> tuple[str, ...]:
    """Well-worn phrases that they leave alone, where there is enough mail to say so."""
    if len(mails) < ENOUGH_TO_SHUN:
        return ()
    said = "\n".join(one.body for one in mails)
    return tuple(phrase for phrase in SHUNNED.get(language, ()) if not has_word(said, phrase))


def habit_of(mail: Message) -> Habit:
    text = parts_of(mail.text).body
    ask = Action.SUGGEST_A_TIME if _ASKS_WHEN.search(text) else ""
    if "?" in text and (CLOCK.search(text) or _DAY.search(text)):
        ask = Action.PICK_A_TIME
    intents = tuple(intent.value for intent in intents_in(f"{mail.subject}\n{text}"))
    return Habit(intents, str(ask), tuple(dict.fromkeys(_FILE.findall(mail.text))))


def is_telling(habit: Habit) -> bool:
    return bool(habit.intents and (habit.ask or habit.asset_ids))
