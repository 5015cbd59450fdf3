"""From the facts of a run to a letter that has been put through the rubric."""

from __future__ import annotations

from leads.facts import Letter
from leads.writing.brief import Brief
from leads.writing.checks import check
from leads.writing.writer import LANGUAGE, write

__all__ = ["Brief", "check", "compose", "write"]


def compose(brief: Brief) -> Letter:
    """Write a draft by the deterministic writer, and check it."""
    subject, body = write(brief)
    return Letter(subject=subject, body=body, language=LANGUAGE, writer="templates", checks=check(subject, body, brief))
