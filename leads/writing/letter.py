"""A letter's parts: what counts as its text, where its signature and its meeting times stand."""

from __future__ import annotations

import re

from leads import slot_lines as printed
from leads.facts import ThreadState
from leads.writing.brief import Brief
from leads.writing.links import without_links

WORDS = range(50, 126)
MOST_WORDS = WORDS[-1]
SUBJECT_WORDS = range(3, 10)

CLOCK = re.compile(
    r"\b\d{1,2}[:.]\d{2}\b(?!\s*(?:%|EUR|USD|GBP|CHF|€|\$|£))|\b\d{1,2}(?::\d{2})?\s*(?:am|pm"
    r"|a\.m\.|p\.m\.|o['’]clock|uhr)(?!\w)",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^(?:(?:re|aw|sv|antw|rv|ref)\s*:\s*)+", re.IGNORECASE)


def core(body: str, brief: Brief) -> str:
    """The body without closing, signature, meeting times and links: what length and grade are measured on."""
    text = body.replace(brief.voice.signature.strip(), "") if brief.voice.signature.strip() else body
    head, closing, tail = (
        text.rpartition(brief.voice.closing.strip()) if brief.voice.closing.strip() else (text, "", "")
    )
    kept = head if closing and not tail.strip() else text
    offered = set(slot_lines(brief))
    return without_links("\n".join(row for row in kept.splitlines() if bare(row) not in offered))


def slot_lines(brief: Brief) -> tuple[str, ...]:
    """The meeting times on offer, as they must be printed."""
    return printed.lines(brief.plan.slots, brief.slots, brief.language)


def bare(row: str) -> str:
    """A line without its bullet."""
    return row.strip().lstrip("-*•").strip()


def thread_subject(thread: ThreadState) -> str:
    """The subject that keeps a reply in its thread, or "" when there is no thread."""
    if not thread.thread_id or not thread.subject.strip():
        return ""
    return f"Re: {reply_to(thread.subject)}".strip()


def reply_to(subject: str) -> str:
    """A subject without what replies put before it."""
    return _REPLY.sub("", " ".join(subject.split()))
