"""Scored checks: what makes a sound draft a good one."""

from __future__ import annotations

import re

from leads.writing import german, phrases
from leads.writing.draft import Draft
from leads.writing.echo import quotable, systems
from leads.writing.letter import SUBJECT_WORDS, WORDS, thread_subject
from leads.writing.orders import asks_about_others
from leads.writing.prose import grade, has_word, word_set, words
from leads.writing.topics import topics_in
from leads.writing.understanding import intents_in

HIGHEST_GRADE = 8.0
QUESTIONS = range(1, 4)
_SHARED_ROOT = 5
_LEAST_WORD = 4
_ENOUGH_SHARED = 1 / 3

_MEETING_NAMED = re.compile(
    r"\b(?:other|points?|questions?)\b.{0,40}\b(?:call|talk|live|meet\w*|one by one)\b|" + german.MEETING_NAMED,
    re.IGNORECASE,
)
_PLEA = re.compile(
    r"\b(?:can|could) (?:you|someone|anybody|anyone|somebody) (?:please )?(?:help|assist|look|fix)"
    r"|\bwhat (?:can|should) (?:i|we) do\b|" + german.PLEA,
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?|\b(?:let me know|please (?:reply|send|tell|share|book|call|confirm|choose|pick)|book a"
    r"|sign up|fill (?:in|out)|click|register)\b|" + german.DEMANDS,
    re.IGNORECASE,
)
_FILLER = word_set(
    """
    about also been could does from have here into just know like looking more need please some tell than that
    their them then there they this want what when where which will with work would your yours there's
    currently currently possible interested
    """
    + german.FILLER
)


def questions_answered(draft: Draft) -> str:
    """Each question is taken up: by an answer, by its topic, or by naming it for the meeting."""
    missed = next((question for question in draft.brief.enquiry.questions if not _taken_up(question, draft)), "")
    return f"“{missed[:80]}” is neither answered nor named for the meeting." if missed else ""


def one_call_to_action(draft: Draft) -> str:
    """One thing to do; several sentences may speak of it, several demands may not."""
    rows = [row for row in re.split(r"(?<=[.?!])\s|\n", draft.core) if _ASKS.search(row)]
    if not rows:
        return "The draft asks for nothing."
    return f"The draft asks for {len(rows)} things; it should ask for one." if len(rows) > 1 else ""


def question_count(draft: Draft) -> str:
    count = draft.core.count("?")
    return "" if count in QUESTIONS else f"The draft asks {count} questions; it should ask one to three."


def length(draft: Draft) -> str:
    count = len(words(draft.core))
    return "" if count in WORDS else f"The draft has {count} words; it should have {WORDS[0]} to {WORDS[-1]}."


def reading_grade(draft: Draft) -> str:
    found = grade(draft.core, draft.language)
    return (
        ""
        if found <= HIGHEST_GRADE
        else f"The draft reads at grade {found:.1f}; it should be {HIGHEST_GRADE:.0f} or lower."
    )


def banned_phrases(draft: Draft) -> str:
    text = draft.text.lower()
    found = next((phrase for phrase in draft.brief.voice.banned_phrases if phrase and phrase.lower() in text), "")
    return f"“{found}” is a phrase this workspace does not use." if found else ""


def subject(draft: Draft) -> str:
    """The thread's own; else three to nine words that have to do with the enquiry."""
    given = thread_subject(draft.brief.thread)
    if given:
        return "" if draft.subject == given else f"The subject should be the thread's own, “{given}”."
    count = len(words(draft.subject))
    if count not in SUBJECT_WORDS:
        return f"The subject has {count} words; it should have {SUBJECT_WORDS[0]} to {SUBJECT_WORDS[-1]}."
    return "" if _is_tied(draft) else "The subject says nothing of the enquiry."


def _taken_up(question: str, draft: Draft) -> bool:
    body, answers = draft.core, draft.brief.profile.answers
    if asks_about_others(question):
        return has_word(body, "other clients") or has_word(body, "other customers") or has_word(body, "anderen Kunden")
    intents = intents_in(question)
    labels = (phrases.label(draft.brief.template_set, "intents", intent) for intent in intents)
    labelled = any(has_word(body, intent) for intent in intents) or any(
        name and has_word(body, name) for name in labels
    )
    answered = any(answers.get(intent) and _opening_of(answers[intent]) in body for intent in intents)
    meeting = bool(draft.brief.plan.slots) and "demo" in intents
    topical = any(topic.is_settled_by(body) for topic in topics_in(question))
    named = any(has_word(body, name) for name in systems(question, draft.brief).split() if name[:1].isupper())
    support = "support" in intents or bool(_PLEA.search(question) and not topics_in(question))
    quoted = quotable(question, draft.brief)
    return (
        answered
        or labelled
        or meeting
        or topical
        or named
        or support
        or bool(quoted and quoted in body)
        or _shares_words(question, body)
        or bool(_MEETING_NAMED.search(body))
    )


def _opening_of(answer: str) -> str:
    return " ".join(answer.split()[:5]).replace(" — ", ", ")


def _shares_words(question: str, body: str) -> bool:
    asked, said = _roots(question), _roots(body)
    return bool(asked) and len(asked & said) >= _ENOUGH_SHARED * len(asked)


def _roots(text: str) -> set[str]:
    long_ones = (word.lower() for word in words(text) if len(word) >= _LEAST_WORD)
    return {word[:_SHARED_ROOT] for word in long_ones if word not in _FILLER}


def _is_tied(draft: Draft) -> bool:
    enquiry, profile = draft.brief.enquiry, draft.brief.profile
    about = (
        enquiry.message,
        enquiry.form_name,
        enquiry.page_title,
        draft.brief.company_name,
        profile.organisation,
        *enquiry.intents,
    )
    generic = {"your", "messa", "suppo", "reque", "quest", "enqui", "ihre", "anfra", "nachr", "probl"}
    said = _roots(draft.subject) | {word.lower()[:_SHARED_ROOT] for word in words(draft.subject)}
    return bool(
        said & (_roots(" ".join(about)) | {word.lower()[:_SHARED_ROOT] for word in words(" ".join(about))} | generic)
    )
