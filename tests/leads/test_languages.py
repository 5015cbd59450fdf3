"""The languages of a workspace: what its rows become, and what a draft makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leads.briefs import dossier_of
from leads.evidence import Kind, evidence_of
from leads.models import Answer, Workspace
from leads.profiles import profile_of
from leads.review import opened
from tests.leads.driving import drive_to_the_end, take_in

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]
GERMAN = "Guten Tag, was kostet das für 25 Nutzer, und wo liegen unsere Daten?"


def test_the_answers_of_the_workspaces_language_are_its_own_and_the_others_stand_beside(workspace: Workspace) -> None:
    profile = profile_of(workspace)
    assert "Plans start at" in profile.answers["pricing"]
    assert "Die Pakete beginnen" in profile.answers_in["de"]["pricing"]
    workspace.language = "de"
    profile = profile_of(workspace)
    assert "Die Pakete beginnen" in profile.answers["pricing"]
    assert profile.voice.greeting == "Guten Tag {name},"
    assert profile.voice.closing == "Freundliche Grüße"


def test_a_greeting_of_their_own_is_kept_in_whatever_language(workspace: Workspace) -> None:
    workspace.language, workspace.greeting = "de", "Moin {first_name},"
    assert profile_of(workspace).voice.greeting == "Moin {first_name},"


def test_an_answer_that_is_missing_in_german_is_kept_for_the_meeting(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    Answer.objects.filter(workspace=workspace, language="de", intent="pricing").delete()
    draft = drive_to_the_end(take_in(lead(message=GERMAN), workspace)).draft
    assert "Plans start" not in draft.body
    assert "zu Preisen" in draft.body
    assert draft.is_sound


def test_the_review_page_names_the_language_and_sources_are_found_in_it(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    run = drive_to_the_end(take_in(lead(message=GERMAN), workspace))
    who = {fact.label: fact.value for fact in opened(run.draft.pk).who}
    assert who["Language"] == "German"
    kinds = {source.kind for source, _ in evidence_of(run.draft.body, dossier_of(run), run.draft.body).sources}
    assert {Kind.ANSWER, Kind.FORM, Kind.TIME} <= kinds


def test_the_review_page_says_when_there_are_no_texts_in_it(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_to_the_end(take_in(lead(message="Bonjour, combien coûte votre logiciel pour nous ?"), workspace))
    who = {fact.label: fact.value for fact in opened(run.draft.pk).who}
    assert who["Language"] == "French; no texts in it, so written in English"
    assert not run.draft.is_sound
