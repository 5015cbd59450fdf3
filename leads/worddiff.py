"""Two texts word by word: what both say, what only one of them says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
        list(_joined((same == "equal", "".join(old[start:end])) for same, start, end, _, _ in changes)),
        list(_joined((same == "equal", "".join(new[start:end])) for same, _, _, start, end in changes)),
    )


def _joined(stretches: Iterable[tuple[bool, str]]) -> Iterator[Part]:
    return (Part(text, only_here=not is_same) for is_same, text in stretches if text)
