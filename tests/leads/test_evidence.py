"""Every sentence of a draft is traced to what the run knew; one that can't be is shown as such."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leads.briefs import Dossier
from leads.evidence import Kind, Sentence, evidence_of
from leads.letter_html import changes, paragraphs
from leads.worddiff import compared
from leads.writing import write
from tests.writing.office import Desk


@pytest.fixture
def dossier() -> Dossier:
    words = "We are 40 reps in three depots. What does it cost, and does it connect to HubSpot?"
    brief = Desk().brief({"email": "clara@fjordline.dk", "firstname": "Clara", "message": words})
    return Dossier(brief, brief.plan.assets)


def sentence_with(words: str, body: str, dossier: Dossier, written: str = "") -> Sentence:
    return next(one for one in evidence_of(body, dossier, written).sentences if words in one.text)


def kinds(sentence: Sentence) -> set[Kind]:
    return {source.kind for source in sentence.sources}


def test_a_fact_of_the_form_is_the_prospects_own_words(dossier: Dossier) -> None:
    sentence = sentence_with("depots", "You run three depots, I read.\n", dossier)
    assert kinds(sentence) == {Kind.FORM}
    assert "40 reps in three depots" in sentence.sources[0].quote


def test_an_answer_is_found_by_its_intent(dossier: Dossier) -> None:
    intent, answer = next(iter(dossier.brief.profile.answers.items()))
    sentence = evidence_of(f"{answer}\n", dossier, "").sentences[0]
    assert Kind.ANSWER in kinds(sentence)
    assert any(intent in source.label for source in sentence.sources)


def test_a_meeting_time_comes_from_the_calendar_and_a_link_from_the_drive(dossier: Dossier) -> None:
    body = f"- {dossier.time_line(dossier.times[0])}\n- {dossier.file_line(dossier.files[0])}\n"
    time, file = evidence_of(body, dossier, "").sentences
    assert (kinds(time), kinds(file)) == ({Kind.TIME}, {Kind.FILE})
    assert file.sources[0].url == dossier.files[0].url


def test_the_signature_comes_from_the_settings(dossier: Dossier) -> None:
    profile = dossier.brief.profile
    found = evidence_of(f"{profile.voice.closing}\n{profile.voice.signature}\n", dossier, "").sentences
    assert all(kinds(sentence) == {Kind.SETTINGS} for sentence in found)


def test_what_nobody_said_has_no_source(dossier: Dossier) -> None:
    body = "We won the Stevie award in Lisbon.\n"
    assert evidence_of(body, dossier, "").bare[0].text == "We won the Stevie award in Lisbon."
    assert not evidence_of(body, dossier, body).bare  # a courtesy of the writer's


def test_all_that_the_templates_write_has_a_source(dossier: Dossier) -> None:
    _, body = write(dossier.brief)
    evidence = evidence_of(body, dossier, body)
    assert not evidence.bare
    assert {Kind.FORM, Kind.ANSWER, Kind.SETTINGS} <= {source.kind for source, _ in evidence.sources}


def test_nothing_of_the_text_is_lost_or_added(dossier: Dossier) -> None:
    _, body = write(dossier.brief)
    rows = ["".join(sentence.text for sentence in row) for row in evidence_of(body, dossier, "").rows]
    assert rows == body.splitlines()


@pytest.mark.parametrize(
    "odd", ["", "\n\n", "   \n", "…", "e.g. this. And that", "a" * 5000, "1.5 of 2. 3 more.", "<b>"]
)
def test_an_odd_text_is_cut_without_harm(dossier: Dossier, odd: str) -> None:
    evidence = evidence_of(odd, dossier, odd)
    assert ["".join(one.text for one in row) for row in evidence.rows] == [
        row if row.strip() else "" for row in odd.splitlines()
    ]
    assert "<b>" not in paragraphs(evidence)


def test_numbers_of_sentences_are_those_of_the_letter(dossier: Dossier) -> None:
    evidence = evidence_of("One here. Two there.\n\nThree.\n", dossier, "")
    html = paragraphs(evidence)
    assert [f'data-sentence="{number}"' in html for number in (1, 2, 3)] == [True] * 3
    assert html.count("<p>") == 2


@pytest.mark.parametrize(
    ("before", "after", "html"),
    [
        ("one two", "one two", "one two"),
        ("one two", "one three", "one <del>two</del><ins>three</ins>"),
        ("", "<b>", "<ins>&lt;b&gt;</ins>"),
        ("gone", "", "<del>gone</del>"),
        ("a c", "a b c d", "a <ins>b </ins>c<ins> d</ins>"),
        ("x" * 999 + " a", "x" * 999 + " b", "x" * 120 + " … " + "x" * 119 + " <del>a</del><ins>b</ins>"),
    ],
)
def test_a_change_shows_what_went_and_what_came(before: str, after: str, html: str) -> None:
    made = (
        changes(*compared(before, after))
        .replace(' class="sa-review__went"', "")
        .replace(' class="sa-review__came"', "")
    )
    assert made == html


def test_a_brief_without_a_contact_or_a_company_has_evidence_too(dossier: Dossier) -> None:
    bare = Dossier(replace(dossier.brief, contact=None, company=None), ())
    assert evidence_of("Hello there.\n", bare, "").sentences
