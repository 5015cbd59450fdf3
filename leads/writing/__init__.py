"""From the facts of a run to a letter that has been put through the rubric."""

from __future__ import annotations

from connectors.ports import TextModel
from leads.facts import Letter
from leads.writing import modelled
from leads.writing.brief import LANGUAGE, Brief
from leads.writing.checks import check
from leads.writing.writer import write

__all__ = ["Brief", "check", "compose", "write"]


def compose(brief: Brief, model: TextModel | None = None) -> Letter:
    """Write a draft and check it: by the model if there is one, else, and where it fails, by templates."""
    letter = by_templates(brief)
    return modelled.write(brief, model, letter) if model else letter


def by_templates(brief: Brief) -> Letter:
    subject, body = write(brief)
    return Letter(
        subject=subject,
        body=body,
        language=brief.language,
        writer=by_which(brief),
        checks=check(subject, body, brief),
        template_version=brief.wording.version if brief.wording else None,
    )


def by_which(brief: Brief) -> str:
    if brief.wording:
        return f"templates {brief.template_set}, version {brief.wording.number}"
    return "templates" if brief.template_set == LANGUAGE else f"templates {brief.template_set}"
