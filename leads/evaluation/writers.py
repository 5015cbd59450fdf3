"""Who can be put to the test: the deterministic writer, with any of its template sets."""

from __future__ import annotations

from functools import partial

from leads.evaluation.judge import Writer
from leads.evaluation.rehearsal import rehearse
from leads.writing.phrases import template_sets

TEMPLATES = "templates"


class UnknownWriter(ValueError):
    """No writer is called that; the message names those there are."""


def writer_named(name: str) -> Writer:
    """`templates` writes as each lead's workspace does; the name of a set, with that set."""
    if name == TEMPLATES:
        return rehearse
    if name in template_sets():
        return partial(rehearse, template_set=name)
    raise UnknownWriter(f"“{name}” is no writer. There are {', '.join((TEMPLATES, *template_sets()))}.")
