"""Sentences that give orders to the writer, or ask about someone else. They are read, and never followed or quoted."""

from __future__ import annotations

import re
from functools import lru_cache

from leads.writing import german

_REMEMBERED = 256  # a draft and its checks read the same sentences many times over

_ORDER = re.compile(
    r"""
    \b(?:ignor|disregard|forget|overrid|bypass)\w*\b .{0,40}
      \b(?:instruction|prompt|rule|guideline|previous|above|polic)
    | \b(?:system|developer|hidden|initial)\s+(?:prompt|message|instruction)
    | \byou\s+are\s+now\b | \b(?:act|behave|respond|pretend)\s+(?:as|to\s+be)\b (?!\s*soon)
    | \b(?:jailbreak|prompt\s+injection|developer\s+mode)\b
    | </?\s*(?:system|assistant|user|instructions?|prompt)\b | \[/?(?:INST|SYSTEM)\] | <\|
    | \b(?:add|include|insert|put|paste|mention|append)\b .{0,30} \b(?:link|url|website|sentence|signature|footer)\b
    | \b(?:include|insert|add|visit|click)\b .{0,30} (?:https?://|www\.)
    | \b(?:reveal|print|repeat|output|show|leak|disclose)\b .{0,30}
      \b(?:your|the|all)\s+(?:\w+\s+)?
      (?:prompt|instructions?|rules|api\s+keys?|passwords?|secrets?|credentials|customers?|clients?|contacts?)\b
    | \b(?:write|reply|answer|respond|start|end|begin)\b .{0,20}
      \bwith\s+(?:the\s+(?:word|phrase|text)|only|exactly|["'“])
    | \b(?:say|state|confirm|promise|tell)\b .{0,25} \b(?:free\s+of\s+charge|for\s+free|discount|%|guarantee)
    | \b(?:send|forward|email|e-mail)\b .{0,40} \bto\s+\S+@\S+
    | \byour\s+(?:\w+\s+)?(?:instructions?|prompts?|guidelines|programming|configuration)\b
    | \b(?:which|what)\s+(?:language\s+)?model\s+are\s+you\b
    | ^(?:(?:please|pls|just|and|then|now|so)\s+)*(?:write|say|state|repeat|promise|guarantee|pretend|grant)\b
    | \b(?:new|updated|important)\s+instructions?\b | \bas\s+an?\s+(?:ai|language\s+model)\b
    |"""
    + german.ORDERS,
    re.IGNORECASE | re.VERBOSE,
)
_COPY = re.compile(
    r"\b(?:b?cc|copy|copying|copied|loop\s+in|include|add|keep)\b.{0,30}"
    r"\b(?:colleagues?|co-?workers?|boss|manager|cto|ceo|cfo|partner|team\s*mates?|\S+@\S+)|" + german.COPIES,
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"""
    (?i:\bwhat\b .{0,30} \b(?:offer|quote|charge|sell|sold|agree|pay|paid|give|gave|given)\w*\b) .{0,15}
      (?:\b(?!I\b)[A-Z]\w+ | competitor | other\s)
    | (?i:\b(?:other|another)\s+(?:client|customer|lead|prospect|compan)\w* .{0,25}
      \b(?:pay|paid|price|deal|quote|offer|terms))
    | (?i:\b(?:deal|quote|offer|price|contract|terms|discount)s?\b .{0,25}
      \b(?:you\s+(?:gave|offered|made)|your\s+other|competitor))
    | (?i:\b(?:same|similar|better)\s+(?:deal|quote|offer|price|terms|discount)\s+(?:as|like|than)\s) (?:the\s)?[A-Z]\w+
    | (?i:\bwhat)(?:\s+(?:does|do|did|is|are))?\s+[A-Z]\w+\s+(?i:pay|paid|paying|pays)\b
    |"""
    + german.OTHERS,
    re.VERBOSE,
)
_WANTS_A_YES = re.compile(
    r"\bis(?:n['’]t)?\s+it\s+(?:right|true|correct|so)\b"
    r"|\bdid(?:n['’]t)?\s+you(?:r\s+\w+)?\s+(?:say|promise|agree|offer|confirm|tell)\b"
    r"|(?:,|\bis\s+that)\s*(?:right|correct|true|yes|agreed|ok(?:ay)?)\s*\?|\bstimmt\s+(?:es|das)\b|\bist\s+es\s+(?:richtig|wahr|so)\b"
    r"|,\s*(?:richtig|oder|korrekt|stimmt['’]?s)\s*\?|\bhaben\s+sie\b.{0,80}\b(?:gesagt|versprochen|zugesagt)\b",
    re.IGNORECASE,
)
_WHO_ELSE = re.compile(
    r"\b(?:who\s+are|name|list)\s+your\s+(?:\w+\s+)?(?:customers|clients)\b|" + german.WHO_ELSE, re.IGNORECASE
)


@lru_cache(_REMEMBERED)
def is_order(sentence: str) -> bool:
    """Whether a sentence tells the writer what to do, as no honest prospect's question does."""
    return gives_orders(sentence) or asks_to_copy(sentence)


def gives_orders(sentence: str) -> bool:
    """Whether a sentence tries to steer the writer; to ask for a copy to somebody is only a wish that isn't met."""
    return bool(_ORDER.search(sentence))


def asks_to_copy(sentence: str) -> bool:
    """Whether somebody else should be put on the mail."""
    return bool(_COPY.search(sentence))


@lru_cache(_REMEMBERED)
def asks_about_others(sentence: str) -> bool:
    """Whether a sentence asks what another client got."""
    return bool(_OTHERS.search(sentence)) or bool(_WHO_ELSE.search(sentence))


def wants_a_yes(question: str) -> bool:
    """Whether a question puts words into our mouth, which to repeat would half confirm."""
    return bool(_WANTS_A_YES.search(question))


def is_safe(sentence: str) -> bool:
    """Whether a sentence may be read as an ordinary question or wish."""
    return not is_order(sentence) and not asks_about_others(sentence)
