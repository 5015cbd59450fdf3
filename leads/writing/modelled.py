"""The letter of a language model: asked once, checked, asked once more to mend what was found, and then not again.

Whatever the model does, there is a letter in the end: what can't be used is dropped for the one that templates wrote.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

from connectors.errors import ConnectorError, NotConfigured
from connectors.ports import TextModel, Turn
from leads.facts import Letter, ModelUse
from leads.writing.answer import Unusable, read
from leads.writing.brief import Brief
from leads.writing.checks import check
from leads.writing.languages import name_of
from leads.writing.letter import thread_subject
from leads.writing.prompt import SCHEMA, prompt_for, repair_of
from leads.writing.writer import framed

logger = logging.getLogger(__name__)

TIME_TO_MEND = 4.0  # seconds; with less than this left a second answer is not asked for
_LONGEST_REASON = 300


class NotAsked(Exception):
    """The model is not to be asked now; the message says why."""


@dataclass(frozen=True, slots=True)
class Try:
    """One answer: the letter that it makes, if it makes one, and what is wrong with it."""

    answer: str
    letter: Letter | None
    faults: tuple[str, ...]

    @property
    def rank(self) -> tuple[bool, int]:
        """Less is better: sound ones first, then those with fewer faults."""
        return not (self.letter and self.letter.is_sound), len(self.faults)


class Desk:
    """One letter's worth of questions to a model, and what they cost."""

    def __init__(self, brief: Brief, model: TextModel) -> None:
        self.prompt = prompt_for(brief)
        self.brief = replace(brief, secrets=(*brief.secrets, *self.prompt.secrets))
        self.model = model
        self.began = time.monotonic()
        self.ends = self.began + model.seconds
        self.use = ModelUse(model.name, self.prompt.hash)

    def write(self) -> tuple[Try | None, str]:
        """The best that the model made of it, if anything; and what kept it from a better one."""
        best: Try | None = None
        turns = self.prompt.turns
        try:
            best = self.ask(turns)
            if best.faults and self.ends - time.monotonic() > TIME_TO_MEND:
                turns = repair_of(self.prompt, best.answer, best.faults)
                best = min(best, self.ask(turns), key=lambda one: one.rank)
        except (ConnectorError, NotConfigured, NotAsked) as problem:
            return best, str(problem)
        except Exception as problem:
            # The model is help, not a condition: what is wrong with our own way of asking must not fail a run either.
            logger.exception("a model's letter")
            return best, f"{type(problem).__name__} while it was asked"
        finally:
            self.use = replace(self.use, ms=round((time.monotonic() - self.began) * 1000))
        return best, f"its text failed: {best.faults[0]}" if best.faults else ""

    def ask(self, turns: tuple[Turn, ...]) -> Try:
        if not self.brief.speaks_theirs:
            raise NotAsked(f"there are no texts in {name_of(self.brief.wanted_language)} to put its words between")
        said = self.model.complete(turns, SCHEMA, self.ends)
        self.use = replace(
            self.use,
            answers=self.use.answers + 1,
            tokens_in=self.use.tokens_in + said.tokens_in,
            tokens_out=self.use.tokens_out + said.tokens_out,
            cost=self.use.cost + said.cost,
        )
        try:
            letter = self.letter_of(said.text)
        except Unusable as unusable:
            return Try(said.text, None, unusable.faults)
        return Try(said.text, letter, tuple(f"{one.name}: {one.reason}" for one in letter.checks if not one.passed))

    def letter_of(self, text: str) -> Letter:
        """The model's words between the facts, as the checks see them."""
        words = read(text, self.brief)
        brief = words.offered(self.brief)
        subject = thread_subject(brief.thread) or words.subject
        body = framed(brief, words.paragraphs)
        return Letter(
            subject=subject,
            body=body,
            language=brief.language,
            writer=f"model {self.model.name}"[:60],
            checks=check(subject, body, brief),
            slots=words.slots,
            asset_ids=tuple(file.id for file in words.assets),
        )


def write(brief: Brief, model: TextModel, otherwise: Letter) -> Letter:
    """The model's letter, if it is sound and no worse than `otherwise`; else that one, with the reason."""
    desk = Desk(brief, model)
    best, why = desk.write()
    if best and best.letter and best.letter.is_sound and len(best.faults) <= failed(otherwise):
        return replace(best.letter, model=desk.use)
    return replace(otherwise, model=replace(desk.use, fell_back=why[:_LONGEST_REASON]))


def failed(letter: Letter) -> int:
    return sum(not one.passed for one in letter.checks)
