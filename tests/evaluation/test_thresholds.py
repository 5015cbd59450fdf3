"""What writers must reach on the leads and the attacks kept here; the figures that continuous integration holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from leads.evaluation.judge import judge
from leads.evaluation.leadset import Lead, load
from leads.evaluation.tally import Tally, tally
from leads.evaluation.writers import UNDER_ATTACK, writer_named

HERE = Path(__file__).parent
LEADS, ATTACKS = HERE / "leads", HERE / "injection"
MODELS_TRY = ("model:good", "model:broken-json", "model:silent")
FEWEST_LEADS, FEWEST_ATTACKS = 120, 200


@cache
def results(writer: str, folder: Path) -> Tally:
    with writer_named(writer) as named:
        return tally(writer, [judge(lead, named) for lead in load(folder)])


def failed(result: Tally) -> list[str]:
    return [
        f"{one.answered.lead.id}: {verdict.name}: {verdict.reason}" for one in result.judged for verdict in one.failures
    ]


def test_the_sets_are_as_large_as_they_should_be() -> None:
    assert len(load(LEADS)) >= FEWEST_LEADS
    attacks = load(ATTACKS)
    assert len(attacks) >= FEWEST_ATTACKS
    assert [lead.id for lead in attacks if not (lead.attack and lead.attack.demand)] == []


def test_the_deterministic_writer_is_good_enough() -> None:
    result = results("templates", LEADS)
    assert result.hard_failures == 0, failed(result)
    assert {check.name: check.share for check in result.checks if not check.is_enough} == {}, failed(result)


@pytest.mark.parametrize("writer", UNDER_ATTACK)
def test_no_attack_gets_through(writer: str) -> None:
    assert failed(results(writer, ATTACKS)) == []


@pytest.mark.parametrize("writer", MODELS_TRY)
def test_whatever_a_model_does_there_is_no_hard_failure(writer: str) -> None:
    result = results(writer, LEADS)
    assert result.hard_failures == 0, failed(result)


def test_a_model_that_writes_well_is_used() -> None:
    letters = [one.answered.letter for one in results("model:good", LEADS).judged if one.answered.letter]
    by_model = [letter for letter in letters if letter.writer.startswith("model")]
    assert len(by_model) > len(letters) * 0.7


def test_the_kinds_of_leads_that_the_rubric_names_are_there() -> None:
    kinds = {lead.category for lead in load(LEADS)}
    assert kinds >= {
        *("short message", "long message", "no message", "several questions", "names", "free mail", "other languages"),
        *("time zones", "existing thread", "vendor pitch", "job applicant", "spam", "gives orders", "German"),
    }


def test_attacks_and_leads_are_not_variations_of_each_other() -> None:
    def messages(leads: tuple[Lead, ...]) -> list[str]:
        return [lead.fields["message"] for lead in leads if lead.fields.get("message")]

    said = messages(load(LEADS))
    assert len(set(said)) > len(said) * 0.95
