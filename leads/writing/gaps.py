"""What a prospect asked and the team's answers leave open: to be named for the meeting, never guessed."""

from __future__ import annotations

from leads.facts import Action, Intent
from leads.writing import echo, german, phrases
from leads.writing.brief import Brief
from leads.writing.orders import asks_about_others, is_safe
from leads.writing.prose import sentences, undashed, word_set, words
from leads.writing.topics import systems_in, topics_in
from leads.writing.understanding import intents_in

_NO_ANSWER_NEEDED = frozenset({Intent.DEMO, Intent.SUPPORT, Intent.VAGUE})
_PART_OF_THE_PROBLEM = frozenset({Intent.INTEGRATION, Intent.SECURITY})
_SHORT = 30
_SHARED_ROOT = 5
_LEAST_WORD = 4
_ENOUGH_SHARED = 2
_FILLER = word_set(
    """
    about also been could does from have here into just know like need please some than that their them then there
    they this want what when where which will with would your yours
    """
    + german.FILLER
)


def unanswered(brief: Brief, answered: str) -> tuple[list[str], str, int]:
    """Topics by name, one question fit to quote, and how many questions are left over."""
    names = dict.fromkeys(_open_intents(brief, answered))
    strange: list[str] = []
    for question in _asked(brief):
        if not asks_about_others(question):
            found = _open_points(question, brief, answered)
            names.update(dict.fromkeys(found or ()))
            strange += [question] if found is None and not is_answered(question, answered) else []
    quotes = [quote for question in strange if (quote := echo.quotable(question, brief))]
    return list(names), (quotes or [""])[0], len(strange) - bool(quotes)


def is_answered(question: str, answered: str) -> bool:
    """Whether the answers given speak of most of what a question speaks of, judged by the roots of its words."""
    asked = _roots(question)
    shared = asked & _roots(answered)
    return len(shared) >= _ENOUGH_SHARED and 2 * len(shared) >= len(asked)


def _roots(text: str) -> set[str]:
    """Long words by their beginnings; an abbreviation such as EU counts as well."""
    said = (word for word in words(text) if len(word) >= _LEAST_WORD or (len(word) > 1 and word.isupper()))
    return {word.lower()[:_SHARED_ROOT] for word in said if word.lower() not in _FILLER}


def _asked(brief: Brief) -> tuple[str, ...]:
    """The questions; in a short message every topic counts as asked about, in a long one it may be background."""
    enquiry = brief.enquiry
    if len(words(enquiry.message)) > _SHORT:
        return enquiry.questions
    listed = (part for part in sentences(enquiry.message) if is_safe(part) and topics_in(part))
    return tuple(dict.fromkeys((*enquiry.questions, *listed)))


def _open_points(question: str, brief: Brief, answered: str) -> list[str] | None:
    """What of a question is still open; None when we have no word for what it asks."""
    touched = topics_in(question)
    # A call is what the letter offers anyway.
    left = (topic for topic in touched if topic.key != "call" and not topic.is_settled_by(answered))
    points = [phrases.label(brief.template_set, "topics", topic.key) for topic in left]
    # A system that is only mentioned is background.
    asks = question in brief.enquiry.questions
    named = echo.systems(question, brief) if asks else ""
    linked = echo.systems(question, brief, answered) if asks else ""
    understood = touched or named or any(intent in brief.enquiry.intents for intent in intents_in(question))
    return list(filter(None, (*points, linked))) if understood else None


def _open_intents(brief: Brief, answered: str) -> list[str]:
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
    return [phrases.label(brief.template_set, "intents", intent) for intent in missing]


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
