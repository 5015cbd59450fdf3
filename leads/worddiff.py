"""Two texts word by word: what both say, what only one of them says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_PARTS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one of the texts; `only_here` when the other lacks it."""

    text: str
    only_here: bool


def compared(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Each of the two texts in parts, in order; joined, the parts of a side are its text."""
    old, new = _PARTS.findall(before), _PARTS.findall(after)
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return (
        _joined([Part("".join(old[start:end]), kind != "equal") for kind, start, end, _, _ in changes]),
        _joined([Part("".join(new[start:end]), kind != "equal") for kind, _, _, start, end in changes]),
    )


def _joined(parts: list[Part]) -> list[Part]:
    """Without empty ones; a blank between two words that only this text has is this text's, too."""
    said = [part for part in parts if part.text]
    joined: list[Part] = []
    for number, part in enumerate(said):
        between = part.text.isspace() and number + 1 < len(said) and said[number + 1].only_here
        only_here = part.only_here or between
        if joined and only_here and joined[-1].only_here:
            joined[-1] = Part(joined[-1].text + part.text, only_here=True)
        else:
            joined.append(part)
    return joined
