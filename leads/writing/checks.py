"""The rubric in code: every verdict on a draft, whoever wrote it. A reason says what is wrong, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from leads.facts import Check
from leads.writing import claims, conduct, scores, times
from leads.writing.brief import Brief
from leads.writing.draft import Draft

Verdict = Callable[[Draft], str]  # the reason why it fails, or ""

HARD: dict[str, Verdict] = {
    "recipient": conduct.recipient,
    "names": claims.names,
    "links": claims.links,
    "times_offered": times.offered,
    "times_free": times.free,
    "times_ahead": times.ahead,
    "times_in_hours": times.in_hours,
    "times_offset": times.offset,
    "placeholders": conduct.placeholders,
    "greeting": conduct.greeting,
    "signature": conduct.signature,
    "numbers": claims.numbers,
    "prices": claims.prices,
    "dates": claims.dates,
    "attachments": claims.attachments,
    "promises": claims.promises,
    "thread_is_theirs": conduct.thread_is_theirs,
    "thread_is_current": conduct.thread_is_current,
    "may_be_written_to": conduct.may_be_written_to,
    "language": conduct.language,
    "instructions": conduct.instructions,
}
SCORED: dict[str, Verdict] = {
    "questions_answered": scores.questions_answered,
    "one_call_to_action": scores.one_call_to_action,
    "question_count": scores.question_count,
    "length": scores.length,
    "grade": scores.reading_grade,
    "banned_phrases": scores.banned_phrases,
    "subject": scores.subject,
}


def check(subject: str, body: str, brief: Brief, recipients: tuple[str, ...] | None = None) -> tuple[Check, ...]:
    """Every hard and scored check of one text. `recipients` are all of To, Cc and Bcc; by default the submitter."""
    to = (brief.enquiry.email,) if recipients is None else recipients
    draft = Draft(subject, body, to, brief)
    return tuple(chain(_run(HARD, draft, hard=True), _run(SCORED, draft, hard=False)))


def _run(checks: dict[str, Verdict], draft: Draft, *, hard: bool) -> Iterator[Check]:
    for name, verdict in checks.items():
        reason = verdict(draft)
        yield Check(name=name, hard=hard, passed=not reason, reason=reason)
