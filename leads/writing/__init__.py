"""From the facts of a run to a letter that has been put through the rubric."""

from __future__ import annotations

from leads.facts import Letter
from leads.writing.brief import Brief
from leads.writing.checks import check
from leads.writing.phrases import language_of
from leads.writing.writer import LANGUAGE, write

__all__ = ["Brief", "check", "compose", "write"]


def compose(brief: Brief) -> Letter:
    """Write a draft by the deterministic writer, and check it."""
    template_set = brief.profile.template_set or LANGUAGE
    subject, body = write(brief, template_set)
    return Letter(
        subject=subject,
        body=body,
        language=language_of(template_set),
        writer="templates" if template_set == LANGUAGE else f"templates {template_set}",
        checks=check(subject, body, brief),
    )
