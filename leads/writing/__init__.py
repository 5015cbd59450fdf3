"""From the facts of a run to a letter that has been put through the rubric."""

from __future__ import annotations

from connectors.ports import TextModel
from leads.facts import Letter
from leads.writing import modelled
from leads.writing.brief import Brief
from leads.writing.checks import check
from leads.writing.phrases import language_of
from leads.writing.writer import LANGUAGE, write

__all__ = ["Brief", "check", "compose", "write"]


def compose(brief: Brief, model: TextModel | None = None) -> Letter:
    """Write a draft and check it: by the model if there is one, else, and where it fails, by templates."""
    template_set = brief.profile.template_set or LANGUAGE
    letter = by_templates(brief, template_set)
    return modelled.write(brief, model, template_set, letter) if model else letter


def by_templates(brief: Brief, template_set: str) -> Letter:
    subject, body = write(brief, template_set)
    return Letter(
        subject=subject,
        body=body,
        language=language_of(template_set),
        writer="templates" if template_set == LANGUAGE else f"templates {template_set}",
        checks=check(subject, body, brief),
    )
