"""What a prospect asked and the team's answers leave open: to be named for the meeting, never guessed."""

from __future__ import annotations

from leads.facts import Action, Intent
from leads.writing import echo, phrases
from leads.writing.brief import Brief
from leads.writing.orders import asks_about_others, is_safe
from leads.writing.prose import sentences, undashed, words
from leads.writing.topics import systems_in, topics_in
from leads.writing.understanding import intents_in

_NO_ANSWER_NEEDED = frozenset({Intent.DEMO, Intent.SUPPORT, Intent.VAGUE})
_PART_OF_THE_PROBLEM = frozenset({Intent.INTEGRATION, Intent.SECURITY})
_SHORT = 30


def unanswered(brief: Brief, answered: str, language: str) -> tuple[list[str], str, int]:
    """Topics by name, one question fit to quote, and how many questions are left over."""
    names = dict.fromkeys(_open_intents(brief, answered, language))
    strange: list[str] = []
    for question in _asked(brief):
        if not asks_about_others(question):
            found = _open_points(question, brief, answered, language)
            names.update(dict.fromkeys(found or ()))
            strange += [question] if found is None else []
    quotes = [quote for question in strange if (quote := echo.quotable(question, brief))]
    return list(names), (quotes or [""])[0], len(strange) - bool(quotes)


def _asked(brief: Brief) -> tuple[str, ...]:
    """The questions; in a short message every topic counts as asked about, in a long one it may be background."""
    enquiry = brief.enquiry
    if len(words(enquiry.message)) > _SHORT:
        return enquiry.questions
    listed = (part for part in sentences(enquiry.message) if is_safe(part) and topics_in(part))
    return tuple(dict.fromkeys((*enquiry.questions, *listed)))


def _open_points(question: str, brief: Brief, answered: str, language: str) -> list[str] | None:
    """What of a question is still open; None when we have no word for what it asks."""
    touched = topics_in(question)
    points = [phrases.label(language, "topics", topic.key) for topic in touched if not topic.is_settled_by(answered)]
    named = echo.systems(question, brief, language)
    linked = echo.systems(question, brief, language, answered)
    understood = touched or named or any(intent in brief.enquiry.intents for intent in intents_in(question))
    return list(filter(None, (*points, linked))) if understood else None


def _open_intents(brief: Brief, answered: str, language: str) -> list[str]:
    """Intents that the operators have given no answer for, or whose answer was too long to fit."""
    in_trouble = brief.plan.action is Action.DESCRIBE_PROBLEM
    aside = _NO_ANSWER_NEEDED | _PART_OF_THE_PROBLEM if in_trouble else _NO_ANSWER_NEEDED
    unknown = (intent for intent in brief.enquiry.intents if intent not in aside)
    finer = _named_in_detail(brief)
    missing = [
        intent
        for intent in unknown
        if intent not in finer and not _begins(brief.profile.answers.get(intent, ""), answered)
    ]
    return [phrases.label(language, "intents", intent) for intent in missing]


def _named_in_detail(brief: Brief) -> set[Intent]:
    """Intents whose topics or systems are listed by name already."""
    message = brief.enquiry.message
    finer = {topic.intent for topic in topics_in(message)}
    if systems_in(message, brief.other_clients):
        finer.add(Intent.INTEGRATION)
    return finer - {Intent.PRICING} if echo.PRICE_WORD.search(message) else finer


def _begins(answer: str, answered: str) -> bool:
    first = sentences(undashed(answer))[:1]
    return bool(first) and first[0] in answered
