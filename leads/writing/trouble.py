"""What a support case has told already, so that nobody is asked for the same thing twice."""

from __future__ import annotations

import re

from leads.writing import german

ENOUGH = 2  # of the three: then one question is left to ask, and no more

_ENGLISH = {
    "what": (
        r"\b(?:error|fault|status|exception)(?:\s+(?:code|number|message))?[\s:#(\"“'-]*(?:[A-Z]+[-_ ]?)?\d{2,}"
        r"|\bcode[\s:#-]+(?:[A-Z]+[-_]?)?\d{2,}|\b[45]\d\d\s+(?:error|page|response)\b|\bhttp\s+[45]\d\d\b"
        r"|\berror\b[^.\n]{0,25}[\"“][^\"”\n]{4,}[\"”]"
    ),
    "when": (
        r"\bsince\b|\byesterday\b|\bthis\s+(?:morning|afternoon|week)\b|\bearlier\s+today\b|\blast\s+(?:night|week)\b"
        r"|\bfor\s+(?:the\s+(?:last|past)\s+)?(?:\w+\s+)?(?:minutes|hours?|days?|weeks?)\b|\b(?:started|began)\b"
        r"|\bafter\s+(?:the|your|our|an?)\s+(?:\w+\s+)?(?:update|upgrade|release)\b"
    ),
    "who": (
        r"\b(?:whole|entire)\s+(?:team|company|office|department)\b|\beveryone\b|\beverybody\b|\bnobody\b|\bno\s+one\b"
        r"|\ball\s+(?:of\s+us|(?:our\s+|the\s+)?(?:\w+\s+)?(?:users|colleagues|people|staff|drivers|agents))\b|\bnone\s+of\s+us\b"
        r"|\b(?:only|just)\s+(?:me|I|my\s+account|one\s+(?:user|person))\b|\b\d+\s+(?:users|people|colleagues|seats)\b"
    ),
}
_TOLD = {key: re.compile(f"{pattern}|{german.TROUBLE[key]}", re.IGNORECASE) for key, pattern in _ENGLISH.items()}


def told(message: str) -> frozenset[str]:
    """Which of "what", "when" and "who" a message tells."""
    return frozenset(key for key, pattern in _TOLD.items() if pattern.search(message))


def missing(message: str) -> str:
    """The one thing left to ask when most is told, "steps" when all is, and "" when there is more to ask."""
    known = told(message)
    if len(known) < ENOUGH:
        return ""
    return next((key for key in _TOLD if key not in known), "steps")
