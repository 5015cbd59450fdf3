"""The replay lab's use case: a past run thought through again, with what it had found, and nothing touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from leads import replay
from leads.models import Draft, Effect, Event, StepRun, WorkflowRun, Workspace
from leads.profiles import profile_of
from leads.worddiff import compared
from leads.writing.brief import turned
from leads.writing.phrases import template_sets
from tests.leads.driving import calls, drive_to_the_end, take_in
from tests.writing.office import speaking

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def run(box: Any, lead: Make, workspace: Workspace) -> WorkflowRun:
    done = drive_to_the_end(take_in(lead(), workspace))
    assert done.outcome == "drafted"
    return done


@pytest.mark.parametrize(
    "message",
    ["", "What does it cost for 25 users?", "Our dashboard shows an error since Monday.", "Do you speak Klingon?"],
)
def test_with_the_same_profile_a_run_writes_the_same_letter_again(
    box: Any, lead: Make, workspace: Workspace, message: str
) -> None:
    run = drive_to_the_end(take_in(lead(message=message), workspace))
    inputs = replay.inputs_of(run)
    again = replay.replay(inputs, profile_of(workspace))
    assert again.letter == inputs.letter
    assert again.letter is not None
    assert (again.letter.subject, again.letter.body) == (run.draft.subject, run.draft.body)


def test_a_contact_that_hubspot_announced_is_replayed_without_asking_hubspot_again(
    box: Any, workspace: Workspace
) -> None:
    event = {
        "subscriptionType": "contact.creation",
        "objectId": 101,
        "portalId": 4242,
        "eventId": 1,
        "occurredAt": 1772409600000,
    }
    run = drive_to_the_end(take_in([event], workspace))
    assert run.outcome == "drafted", run.reason
    inputs = replay.inputs_of(run)
    assert inputs.submitted.contact_id
    assert replay.replay(inputs, profile_of(workspace)).letter == inputs.letter


def test_nothing_is_asked_of_a_vendor_and_nothing_is_written(box: Any, run: WorkflowRun, workspace: Workspace) -> None:
    def counts() -> list[int]:
        return [model.objects.count() for model in (StepRun, Effect, Draft, Event, WorkflowRun)]

    rows, asked = counts(), calls(box)
    replay.replay(replay.inputs_of(run), speaking(profile_of(workspace), closing="Yours,"))
    assert (counts(), calls(box)) == (rows, asked)


def test_another_voice_shows_in_the_letter(run: WorkflowRun, workspace: Workspace) -> None:
    inputs = replay.inputs_of(run)
    profile = replace(
        speaking(profile_of(workspace), greeting="Dear {first_name},", closing="Yours,"),
        answers={"pricing": "It costs 7 euros."},
    )
    letter = replay.replay(inputs, profile).letter
    assert letter is not None
    assert letter.body.startswith("Dear Mara,")
    assert "\nYours,\n" in letter.body
    assert "It costs 7 euros." in letter.body


def test_banned_phrases_are_checked_as_they_would_be_now(run: WorkflowRun, workspace: Workspace) -> None:
    profile = speaking(profile_of(workspace), banned_phrases=("Plans start at",))
    letter = replay.replay(replay.inputs_of(run), profile).letter
    assert letter is not None
    assert [check.name for check in letter.checks if not check.passed] == ["banned_phrases"]


@pytest.mark.parametrize("template_set", sorted({*template_sets()} - {"en"}))
def test_another_template_set_shows_in_the_letter(run: WorkflowRun, workspace: Workspace, template_set: str) -> None:
    inputs = replay.inputs_of(run)
    letter = replay.replay(inputs, replace(profile_of(workspace), write_with=template_set)).letter
    assert letter is not None
    assert [check.name for check in letter.checks if check.hard and not check.passed] == (
        [] if template_set.startswith("en") else ["language"]
    )
    assert letter.writer == f"templates {template_set}"
    assert inputs.letter is not None
    assert letter.body != inputs.letter.body


def test_a_profile_that_would_not_write_to_them_gives_a_reason_and_no_letter(
    run: WorkflowRun, workspace: Workspace
) -> None:
    outcome = replay.replay(
        replay.inputs_of(run), replace(profile_of(workspace), suppressed=("brightfreight.example",))
    )
    assert "suppression list" in outcome.enquiry.screened
    assert (outcome.plan, outcome.letter) == (None, None)


def test_a_run_that_found_everything_and_then_failed_is_replayed_without_a_letter_of_its_own(
    run: WorkflowRun, workspace: Workspace
) -> None:
    StepRun.objects.filter(run=run, name="write_draft").delete()
    inputs = replay.inputs_of(run)
    assert inputs.letter is None
    assert replay.replay(inputs, profile_of(workspace)).letter is not None


def test_a_run_that_did_not_come_far_enough_says_what_is_missing(lead: Make, workspace: Workspace) -> None:
    with pytest.raises(replay.NotReplayable, match="has not done: Find the contact, or plan it, Find the company"):
        replay.inputs_of(take_in(lead(), workspace))


def test_what_an_earlier_version_stored_otherwise_is_named(run: WorkflowRun) -> None:
    StepRun.objects.filter(run=run, name="propose_slots").update(result={"of": "another time"})
    with pytest.raises(replay.NotReplayable, match="what “Find meeting times that are free” left"):
        replay.inputs_of(run)


def test_a_comparison_marks_words_and_loses_none() -> None:
    before, after = "Hi Mara,\n\nIt costs 49 euros.", "Dear Mara,\n\nIt costs 7 euros."
    left, right = compared(before, after)
    assert "".join(part.text for part in left) == before
    assert "".join(part.text for part in right) == after
    assert [part.text for part in left if part.only_here] == ["Hi", "49"]
    assert [part.text for part in right if part.only_here] == ["Dear", "7"]


GERMAN = "Guten Tag, was kostet das für 25 Nutzer?"


def test_a_german_lead_is_answered_in_german_and_replayed_so(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_to_the_end(take_in(lead(message=GERMAN), workspace))
    assert (run.draft.language, run.draft.is_sound) == ("de", True)
    assert "Die Pakete beginnen bei 49 Euro" in run.draft.body
    inputs = replay.inputs_of(run)
    for profile in (profile_of(workspace), turned(profile_of(workspace), "de")):
        assert replay.replay(inputs, profile).letter == inputs.letter
    english = replay.replay(inputs, replace(profile_of(workspace), write_with="en")).letter
    assert english is not None
    assert "Plans start at 49 euros" in english.body
    assert [check.name for check in english.checks if check.hard and not check.passed] == ["language"]
