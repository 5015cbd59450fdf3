"""What a language model had to do with a letter, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from leads import codec
from leads.facts import ModelUse
from leads.model_account import MILLION
from leads.readable import Fact, span


@dataclass(frozen=True, slots=True)
class ModelNote:
    """`why` says why templates wrote the letter instead, or is empty."""

    model: str
    why: str
    facts: tuple[Fact, ...]


def note_of(stored: Any) -> ModelNote | None:
    """Of what a draft keeps, or a letter; None if no model was asked, or if it can't be read any more."""
    try:
        use = codec.decode(stored, ModelUse) if isinstance(stored, dict) else stored
    except codec.Unreadable:
        return None
    if not isinstance(use, ModelUse):
        return None
    facts = (
        Fact("Answers", str(use.answers)),
        Fact("Tokens", f"{use.tokens_in:,} asked, {use.tokens_out:,} answered"),
        Fact("Cost", f"{use.cost / MILLION:.4f} {settings.LLM_CURRENCY}"),
        Fact("Took", span(timedelta(milliseconds=use.ms))),
        Fact("Prompt", use.prompt_hash),
    )
    return ModelNote(use.model, use.fell_back, facts)
