"""Chooses among the ways to say a thing: the workspace's own before the shipped, in its tone, never a banned one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from leads.facts import Tone
from leads.writing import phrases
from leads.writing.brief import Brief
from leads.writing.prose import words

_GAPS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things for one brief: the same brief always gets the same words, and never a banned one."""

    brief: Brief

    @property
    def template_set(self) -> str:
        return self.brief.template_set

    @property
    def seed(self) -> str:
        enquiry = self.brief.enquiry
        return f"{enquiry.email}\0{enquiry.form_name}\0{enquiry.message}"

    def say(self, section: str, key: str, **values: object) -> str:
        options = self._ways(section, key, values)
        fine = self._in_tone([text for text in options if not self._is_banned(text)] or list(options))
        return fine[phrases.turn(self.seed, f"{section}.{key}", len(fine))]

    def in_turn(self, section: str, key: str, **values: object) -> list[str]:
        """All the ways, beginning with this brief's own; banned ones only where every one is, which a check tells."""
        options = self._ways(section, key, values)
        start = phrases.turn(self.seed, f"{section}.{key}", len(options))
        turned = list(options[start:] + options[:start])
        return [text for text in turned if not self._is_banned(text)] or turned

    def layout(self, parts: Mapping[str, object]) -> str:
        own = self.brief.wording
        return _tidy(phrases.layout(self.template_set, parts, own.body if own else ""))

    def _ways(self, section: str, key: str, values: phrases.Values) -> tuple[str, ...]:
        own = self.brief.wording
        if own and (ways := own.ways.get(f"{section}.{key}")):
            return phrases.rendered(ways, values)
        return phrases.alternatives(self.template_set, section, key, values)

    def _in_tone(self, options: list[str]) -> list[str]:
        """The shorter half of the ways to say it for a brief tone, the fuller one for a warm tone."""
        tone = self.brief.voice.tone
        if tone is Tone.PLAIN:
            return options
        by_length = sorted(options, key=lambda text: len(words(text)), reverse=tone is Tone.WARM)
        return by_length[: (len(options) + 1) // 2]

    def _is_banned(self, text: str) -> bool:
        return any(phrase.lower() in text.lower() for phrase in self.brief.voice.banned_phrases if phrase)


def _tidy(text: str) -> str:
    return _GAPS.sub("\n\n", text).strip() + "\n"
