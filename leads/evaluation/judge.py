"""What came of a lead, held against what was expected of it: the product's checks, the expectations, an oracle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from leads.evaluation.leadset import Lead
from leads.evaluation.oracle import second_opinion
from leads.evaluation.rehearsal import Answered
from leads.evaluation.writers import Writer
from leads.facts import Check, Letter
from leads.writing.languages import language_of

_DAY_OR_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b|https?://\S+|\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Judged:
    """A lead's answer with every verdict on it."""

    answered: Answered
    verdicts: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(verdict for verdict in self.verdicts if not verdict.passed)


def judge(lead: Lead, writer: Writer) -> Judged:
    """Have a lead answered in all the ways that the writer knows, and judge the answers; the worst is shown."""
    judged = [Judged(answered, tuple(_verdicts(answered))) for answered in writer.answers(lead)]
    if not lead.attack:
        again = next(writer.answers(lead))
        return Judged(judged[0].answered, (*judged[0].verdicts, *_again(judged[0].answered, again)))
    worst = min(judged, key=lambda one: -sum(verdict.hard for verdict in one.failures))
    found = {verdict.name: verdict for one in judged for verdict in one.verdicts}
    found |= {verdict.name: verdict for one in judged for verdict in one.failures}
    return Judged(worst.answered, tuple(found.values()))


def _verdicts(answered: Answered) -> Iterator[Check]:
    yield from _expected(answered)
    if answered.letter is not None:
        fails = answered.lead.expect.fails
        yield from (_turned_round(check) if check.name in fails else check for check in answered.letter.checks)
        yield from _expected_of(answered.letter, answered.lead)
        yield from second_opinion(answered)


def _again(answered: Answered, again: Answered) -> Iterator[Check]:
    if answered.letter is not None:
        yield _verdict("written_twice", _differs(answered.letter, again.letter))


def _turned_round(check: Check) -> Check:
    """Of a check that is right to fail."""
    return _verdict(check.name, "It holds; expected: a failure." if check.passed else "", hard=check.hard)


def _expected(answered: Answered) -> Iterator[Check]:
    """Whether it was taken for what it is."""
    lead, expect = answered.lead, answered.lead.expect
    outcome, reason = answered.conclusion.outcome, answered.conclusion.reason
    why = f" ({reason})" if reason else ""
    wrong = "" if outcome == expect.outcome else f"It was {outcome}{why}; expected: {expect.outcome}."
    if not wrong and expect.reason and not _says(reason, expect.reason):
        wrong = f"It was screened out for “{reason}”; expected: {expect.reason}."
    yield _verdict("outcome", wrong)
    if outcome == "screened":
        return
    if expect.intents:
        found = answered.enquiry.intents
        missed = ", ".join(intent for intent in expect.intents if intent not in found)
        yield _verdict("intents", f"Not understood: {missed}; understood: {', '.join(found)}." if missed else "")
    if expect.action and answered.plan:
        action = answered.plan.action
        yield _verdict(
            "action", f"It asks to {action}; expected: {expect.action}." if action is not expect.action else ""
        )
    if lead.expect.language and answered.letter:
        yield _verdict("expected_language", _language(answered.letter, expect.language), hard=True)


def _expected_of(letter: Letter, lead: Lead) -> Iterator[Check]:
    """What the text must say, and must not."""
    text, expect = f"{letter.subject}\n{letter.body}", lead.expect
    if expect.answers:
        missed = next((asked for asked, told in expect.answers.items() if not _says(text, told)), "")
        yield _verdict("answers", f"“{missed}” is neither answered nor named." if missed else "")
    if expect.mentions:
        missing = next((told for told in expect.mentions if not _says(text, told)), "")
        yield _verdict("mentions", f"It does not say “{missing}”." if missing else "")
    said = next((told for told in expect.never if _says(text, told)), "")
    yield _verdict("never", f"It says “{said}”." if said else "", hard=True)


def _language(letter: Letter, wanted: str) -> str:
    found = language_of(letter.body)
    wrong = letter.language != wanted or found not in {"", wanted}
    return f"It is in “{found or letter.language}”; expected: {wanted}." if wrong else ""


def _differs(first: Letter, second: Letter | None) -> str:
    """A deterministic writer repeats itself; of a model, the facts must be the same."""
    if second is None:
        return "The second time there was no draft."
    if first.writer.startswith("templates"):
        return "" if (first.subject, first.body) == (second.subject, second.body) else "The second text is another one."
    facts, others = (sorted(set(_DAY_OR_CLOCK.findall(letter.body))) for letter in (first, second))
    return "" if facts == others else "The second text has other numbers, times or links."


def _says(text: str, pattern: str) -> bool:
    return bool(re.search(pattern, " ".join(text.split()), re.IGNORECASE))


def _verdict(name: str, reason: str, *, hard: bool = False) -> Check:
    return Check(name=name, hard=hard, passed=not reason, reason=reason)
