"""What is learnt from the drafts that people decided on, and what never is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from connectors.ports import Company
from leads import codec, editing, learning
from leads.briefs import dossier_of
from leads.facts import Enquiry, Intent, Likeness, Patterns
from leads.models import Draft, Lead, StepRun, Workspace
from leads.precedents import precedents
from tests.leads.driving import drive_to_the_end, take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
MakeDraft = Callable[..., Draft]
ENQUIRY = Enquiry(
    email="ada@prospect.example",
    first_name="Ada",
    last_name="Byron",
    company="Prospect",
    domain="prospect.example",
    job_title="",
    phone="",
    country="",
    timezone="",
    language="en",
    message="What does it cost?",
    intents=(Intent.PRICING,),
    questions=(),
    form_name="Contact sales",
    page_title="",
    submitted_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
)


@pytest.fixture
def make_draft(lead: Make, workspace: Workspace) -> MakeDraft:
    def make(owner: Workspace = workspace, **fields: Any) -> Draft:
        Workspace.objects.filter(pk=workspace.pk).update(portal_id="")
        begun = take_in(lead(uuid4().hex), workspace)
        known = {
            "recipient": "mara@brightfreight.example",
            "subject": "Re: Your question",
            "body": "Hi Mara,",
            "writer": "templates",
            "is_sound": True,
            "intents": ["pricing"],
            "approach": "answer_first",
            "ask": "pick_a_time",
            "status": "approved",
        }
        return Draft.objects.create(workspace=owner, run=begun, lead=begun.lead, **known | fields)

    return make


def recalled(workspace: Workspace, enquiry: Enquiry = ENQUIRY, industry: str = "") -> Patterns:
    return learning.recall(workspace.pk, enquiry, Company("Prospect", industry=industry))


def test_what_was_approved_most_often_is_recalled_with_its_counts(make_draft: MakeDraft, workspace: Workspace) -> None:
    for approach, times in (("answer_first", 2), ("meeting_first", 3)):
        for _ in range(times):
            make_draft(approach=approach, ask="suggest_a_time", asset_ids=["deck", "other"])
    make_draft(status="rejected", approach="answer_first", ask="suggest_a_time", asset_ids=["other"])
    assert recalled(workspace) == Patterns(
        approach="meeting_first",
        asset_id="deck",
        ask="suggest_a_time",
        approved=3,
        tried=3,
        asset_approved=5,
        asset_tried=5,
    )


def test_what_was_often_rejected_gives_way_to_what_seldom_was(make_draft: MakeDraft, workspace: Workspace) -> None:
    for status in ("approved", "approved", "approved", "rejected", "rejected", "rejected", "rejected"):
        make_draft(approach="pushy", status=status)
    make_draft(approach="patient")
    make_draft(approach="patient")
    found = recalled(workspace)
    assert (found.approach, found.approved, found.tried) == ("patient", 2, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "ready"},
        {"status": "rejected"},
        {"intents": ["demo"]},
        {"intents": []},
    ],
)
def test_what_was_not_approved_or_answers_something_else_teaches_nothing(
    make_draft: MakeDraft, workspace: Workspace, fields: dict[str, Any]
) -> None:
    make_draft(**fields)
    assert recalled(workspace) == Patterns()


def test_a_draft_that_gave_way_to_a_later_run_is_no_verdict(make_draft: MakeDraft, workspace: Workspace) -> None:
    make_draft()
    make_draft(status="superseded")
    assert recalled(workspace).tried == 1


def test_the_first_thing_asked_counts(make_draft: MakeDraft, workspace: Workspace) -> None:
    make_draft(intents=["security", "demo"], approach="walk_through")
    demo_first = replace(ENQUIRY, intents=(Intent.DEMO, Intent.PRICING))
    assert recalled(workspace, demo_first).approach == "walk_through"


def test_prospects_who_are_most_alike_decide_if_there_are_enough_of_them(
    make_draft: MakeDraft, workspace: Workspace
) -> None:
    enquiry = replace(ENQUIRY, job_title="Head of IT")
    for _ in range(5):
        make_draft(approach="of_all")
    assert recalled(workspace, enquiry, "LOGISTICS").like == ()
    for _ in range(3):
        make_draft(approach="of_the_form", form="Contact sales")
    found = recalled(workspace, enquiry, "LOGISTICS")
    assert (found.approach, found.like) == ("of_the_form", (Likeness.FORM,))
    for _ in range(3):
        make_draft(approach="of_it", form="Contact sales", role="it", industry="logistics")
    found = recalled(workspace, enquiry, "LOGISTICS")
    assert (found.approach, found.like) == ("of_it", (Likeness.FORM, Likeness.ROLE, Likeness.INDUSTRY))
    assert recalled(workspace, replace(enquiry, job_title="Buyer"), "RETAIL").like == (Likeness.FORM,)


def test_a_first_answer_learns_nothing_from_a_conversation(make_draft: MakeDraft, workspace: Workspace) -> None:
    for _ in range(4):
        make_draft(approach="continue", ask="suggest_a_time")
    make_draft(approach="answer")
    assert recalled(workspace).approach == "answer"
    assert learning.recall(workspace.pk, ENQUIRY, None, known=True).ask == "suggest_a_time"


def test_the_less_a_draft_was_edited_the_more_it_counts(make_draft: MakeDraft, workspace: Workspace) -> None:
    for _ in range(3):
        make_draft(approach="rewritten", kept=0.2)
        make_draft(approach="taken_as_it_is")
    make_draft(approach="rewritten", kept=0.2)
    assert recalled(workspace).approach == "taken_as_it_is"


def test_what_was_answered_counts_more_and_what_was_written_before_is_no_answer(
    make_draft: MakeDraft, workspace: Workspace
) -> None:
    now = timezone.now()
    for _ in range(4):
        make_draft(approach="answer_first", status="sent", sent_at=now, replied_at=now - timedelta(hours=1))
        make_draft(approach="ask_first", status="sent", sent_at=now, replied_at=now + timedelta(hours=1))
    assert recalled(workspace).approach == "ask_first"
    assert recalled(workspace).approved == 4


def test_what_came_back_as_undeliverable_teaches_nothing(make_draft: MakeDraft, workspace: Workspace) -> None:
    now = timezone.now()
    for _ in range(4):
        make_draft(status="sent", sent_at=now, bounced_at=now)
    assert recalled(workspace).tried == 0


def test_an_edit_notes_how_much_of_the_writers_words_is_left(
    box: Any, lead: Make, workspace: Workspace, django_user_model: type[User]
) -> None:
    run = drive_to_the_end(take_in(lead(), workspace))
    draft, eva = run.draft, django_user_model.objects.create_user("eva")
    dossier = dossier_of(run)
    wording = editing.Edit(draft.subject, draft.body, dossier.brief.plan.slots, tuple(draft.asset_ids))
    rewritten = replace(wording, body=f"Nothing remains.\n\n{dossier.brief.voice.signature}\n")
    assert editing.save(draft, rewritten, dossier, version=1, by=eva)
    draft.refresh_from_db()
    assert draft.kept < 0.2
    assert editing.revert(draft, 1, dossier, version=2, by=eva)
    draft.refresh_from_db()
    assert draft.kept == 1.0


def test_a_run_notes_what_its_prospect_has_in_common_with_others(box: Any, lead: Make, workspace: Workspace) -> None:
    draft = drive_to_the_end(take_in(lead(jobtitle="Head of Logistics"), workspace)).draft
    assert (draft.form, draft.role, draft.kept) == (draft.run.submission.form.name, "operations", 1.0)


def test_what_was_learnt_reaches_the_choice_of_documents_and_the_reviewer(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    first = drive_to_the_end(take_in(lead(), workspace)).draft
    offered, intents = first.asset_ids, first.intents
    assert len(offered) > 1
    last = offered[-1]
    for _ in range(3):
        later = drive_to_the_end(take_in(lead(uuid4().hex), workspace)).draft
        Draft.objects.filter(pk=later.pk).update(status="approved", asset_ids=[last], intents=intents)
    run = drive_to_the_end(take_in(lead(uuid4().hex), workspace))
    patterns = codec.decode(StepRun.objects.get(run=run, name="recall_patterns").result, Patterns)
    assert (patterns.asset_id, patterns.asset_approved, patterns.asset_tried) == (last, 3, 3)
    assert run.draft.asset_ids.index(last) < len(offered) - 1
    told = precedents(dossier_of(run))
    assert f"Offering times was approved 3 of 3 times for questions on pricing through “{run.draft.form}”" in told[0]
    assert "was in drafts that were approved 3 of 3 times" in told[1]


def test_one_workspace_learns_nothing_from_another(make_draft: MakeDraft, workspace: Workspace) -> None:
    other = Workspace.objects.create(slug="other", name="Other", portal_id="777")
    make_draft(other)
    assert recalled(workspace) == Patterns()
    assert recalled(other).approved == 1


def test_nothing_of_an_earlier_prospect_is_recalled(make_draft: MakeDraft, workspace: Workspace) -> None:
    make_draft(
        recipient="geheim@acme.example",
        subject="Acme and us",
        body="Dear Wile E. Coyote of Acme,",
        asset_ids=["deck"],
        role="it",
        industry="anvils",
    )
    Lead.objects.update(first_name="Wile", last_name="Coyote", company="Acme", email="geheim@acme.example")
    assert asdict(recalled(workspace)) == {
        "approach": "answer_first",
        "asset_id": "deck",
        "ask": "pick_a_time",
        "approved": 1,
        "tried": 1,
        "asset_approved": 1,
        "asset_tried": 1,
        "like": (),
        "from_sent_mail": False,
    }


def test_only_the_latest_verdicts_count(
    make_draft: MakeDraft, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "LOOK_BACK", 2)
    for _ in range(3):
        make_draft(approach="old")
    Draft.objects.update(created_at=timezone.now() - timedelta(days=90))
    make_draft(approach="new")
    make_draft(approach="new")
    found = recalled(workspace)
    assert (found.approach, found.approved) == ("new", 2)


def test_many_runs_in_a_moment_ask_the_database_once(
    make_draft: MakeDraft, workspace: Workspace, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.SETTINGS_SECONDS = 60.0
    make_draft()
    with django_assert_num_queries(2):
        assert [recalled(workspace).approved for _ in range(5)] == [1] * 5
