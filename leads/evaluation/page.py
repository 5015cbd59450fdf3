"""Results as a page of its own: one file, no script, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string

from leads.evaluation.judge import Judged
from leads.evaluation.tally import CheckTally, Tally
from leads.worddiff import Part, compared


@dataclass(frozen=True, slots=True)
class Row:
    """One check, by one writer and by the other."""

    check: CheckTally
    other: CheckTally | None


@dataclass(frozen=True, slots=True)
class Side:
    """One writer's draft of a lead, in parts; what only this one says is marked."""

    writer: str
    judged: Judged
    subject: list[Part]
    body: list[Part]


@dataclass(frozen=True, slots=True)
class Card:
    """One lead with its draft or drafts."""

    judged: Judged
    sides: tuple[Side, ...]

    @property
    def is_sound(self) -> bool:
        return not any(side.judged.failures for side in self.sides)


def html(result: Tally, other: Tally | None = None) -> str:
    """The whole page."""
    beside = {check.name: check for check in other.checks} if other else {}
    others = other.judged if other else ()
    cards = [
        Card(one, _pair(result.writer, one, other.writer, others[number]) if other else _alone(result.writer, one))
        for number, one in enumerate(result.judged)
    ]
    context = {
        "result": result,
        "other": other,
        "rows": [Row(check, beside.get(check.name)) for check in result.checks],
        "cards": sorted(cards, key=lambda card: card.is_sound),
    }
    return render_to_string("evaluation.html", context)


def _alone(writer: str, one: Judged) -> tuple[Side, ...]:
    subject, body = _text(one)
    return (Side(writer, one, [Part(subject, only_here=False)], [Part(body, only_here=False)]),)


def _pair(writer: str, one: Judged, other_writer: str, other: Judged) -> tuple[Side, ...]:
    (subject, body), (other_subject, other_body) = _text(one), _text(other)
    subjects, bodies = compared(subject, other_subject), compared(body, other_body)
    return (
        Side(writer, one, subjects[0], bodies[0]),
        Side(other_writer, other, subjects[1], bodies[1]),
    )


def _text(one: Judged) -> tuple[str, str]:
    letter = one.answered.letter
    return (letter.subject, letter.body) if letter else ("", "")
