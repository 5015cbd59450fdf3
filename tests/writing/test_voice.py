"""Whose voice a draft has, and what a tone does to it."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean

import pytest

from leads.facts import Tone
from leads.writing.letter import core
from tests.writing.leads import ENGLISH
from tests.writing.office import PROFILE, Desk, speaking

DESK = Desk()
EVA = replace(PROFILE.voice, sender_name="Eva Holm", signature="Eva Holm\nNorthwind", closing="Warm wishes,")


def test_a_rep_speaks_to_the_contacts_that_they_own_and_to_nobody_else() -> None:
    profile = replace(PROFILE, voices={"7001": EVA})
    assert profile.for_owner("7001").voice == EVA
    assert profile.for_owner("7002").voice == profile.for_owner("").voice == PROFILE.voice


def mean_length(tone: Tone) -> float:
    desk = DESK.but(profile=speaking(PROFILE, tone=tone))
    briefs = [desk.brief(fields) for fields in ENGLISH.values()]
    letters = [desk.letter(fields) for fields in ENGLISH.values()]
    pairs = zip(letters, briefs, strict=True)
    return mean(len(core(letter.body, brief).split()) for letter, brief in pairs)


def test_a_brief_tone_says_less_and_a_warm_one_more() -> None:
    assert mean_length(Tone.BRIEF) < mean_length(Tone.PLAIN) < mean_length(Tone.WARM)


@pytest.mark.parametrize("kind", sorted(ENGLISH))
@pytest.mark.parametrize("tone", [Tone.BRIEF, Tone.WARM])
def test_every_tone_passes_the_checks(tone: Tone, kind: str) -> None:
    letter = DESK.but(profile=speaking(PROFILE, tone=tone)).letter(ENGLISH[kind])
    assert [f"{check.name}: {check.reason}" for check in letter.checks if not check.passed] == []
