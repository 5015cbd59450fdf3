"""The checks of a draft as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leads import codec
from leads.facts import Check
from leads.readable import words


@dataclass(frozen=True, slots=True)
class CheckView:
    """One verdict: what is asked, whether it holds, and if not, why."""

    name: str
    title: str
    is_hard: bool
    passed: bool
    reason: str


def stored(checks: Any) -> list[CheckView]:
    """Those that a draft keeps; failed ones first, and of those the hard ones. What is of an odd shape is left out."""
    return views_of([check for check in checks if isinstance(check, dict)] if isinstance(checks, list) else [])


def fresh(checks: tuple[Check, ...]) -> list[CheckView]:
    """The same of checks that were made just now."""
    return views_of(codec.builtins(checks))


def passed(views: list[CheckView]) -> str:
    """How many of them hold."""
    return f"{sum(view.passed for view in views)} of {len(views)} hold"


def failing(views: list[CheckView], name: str, reason: str) -> list[CheckView]:
    """The same with one hard check that fails, whatever it said before."""
    failed = CheckView(name, TITLES.get(name, words(name)), is_hard=True, passed=False, reason=reason)
    return [failed, *(view for view in views if view.name != name)]


def fails(views: list[CheckView]) -> int:
    """How many of them keep a draft from being approved."""
    return sum(view.is_hard and not view.passed for view in views)


def views_of(checks: list[dict[str, object]]) -> list[CheckView]:
    views = [
        CheckView(
            name=str(check.get("name", "")),
            title=TITLES.get(str(check.get("name")), words(str(check.get("name", "")))),
            is_hard=bool(check.get("hard")),
            passed=bool(check.get("passed")),
            reason=str(check.get("reason") or ""),
        )
        for check in checks
    ]
    return sorted(views, key=lambda view: (view.passed, not view.is_hard))


TITLES = {
    "can_be_sent": "Has a subject and a text that fit",
    "facts_known": "What it was written from is known",
    "recipient": "Goes to the submitter alone",
    "names": "Names only people and firms from the facts",
    "links": "Links are allowed or offered documents",
    "times_offered": "Offers the planned times as planned",
    "times_free": "Offered times were free",
    "times_ahead": "Offered times are ahead, with notice",
    "times_in_hours": "Offered times are in working hours",
    "times_offset": "Time zones and offsets are right",
    "placeholders": "No gaps or placeholders",
    "greeting": "Greets somebody",
    "signature": "Signed once",
    "numbers": "Every number has a source",
    "prices": "Every amount is from your answers",
    "dates": "Every date has a source",
    "attachments": "Speaks of no attachment",
    "promises": "Promises only what you promise",
    "thread_is_theirs": "The thread is this prospect's",
    "thread_is_current": "No newer reply in the thread",
    "may_be_written_to": "May be written to",
    "language": "In the prospect's language",
    "instructions": "Follows no orders from the message",
    "questions_answered": "Takes up every question",
    "one_call_to_action": "Asks for one thing",
    "question_count": "Asks one to three questions",
    "length": "50 to 125 words",
    "grade": "Easy to read",
    "banned_phrases": "None of your banned phrases",
    "subject": "The subject fits",
}
