"""A draft in review: edits and their checks, verdicts and taking them back, two people at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django_q.models import OrmQ

from leads import briefs, drafts, editing, runs
from leads.editing import Edit
from leads.engine import mailbox
from leads.models import Draft, DraftRevision, Event, MailboxUpdate, StepRun, WorkflowRun, Workspace
from tests.leads.driving import drive_to_the_end, take_in

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def draft(box: Any, lead: Make, workspace: Workspace) -> Draft:
    """One that a run wrote, over the sandbox."""
    run = drive_to_the_end(take_in(lead(), workspace))
    OrmQ.objects.all().delete()
    return Draft.objects.get(run=run)


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben")


def wording_of(draft: Draft) -> tuple[Edit, briefs.Dossier]:
    dossier = briefs.dossier_of(draft.run)
    times = briefs.times_of(draft, dossier)
    return Edit(draft.subject, draft.body, times, tuple(draft.asset_ids)), dossier


def edited(draft: Draft, by: User, **changes: Any) -> Draft:
    wording, dossier = wording_of(draft)
    editing.save(draft, replace(wording, **changes), dossier, version=draft.version, by=by)
    return Draft.objects.get(pk=draft.pk)


def test_the_facts_rebuilt_give_the_verdicts_that_the_run_gave(draft: Draft) -> None:
    wording, dossier = wording_of(draft)
    again = dossier.check(wording.subject, wording.body, wording.times, wording.asset_ids)
    assert [check["name"] for check in draft.checks] == [check.name for check in again]
    assert [check["passed"] for check in draft.checks] == [check.passed for check in again]


def test_an_edit_is_a_new_revision_beside_the_writers_own(draft: Draft, anna: User) -> None:
    after = edited(draft, anna, subject="About your seats and prices")
    writers, annas = DraftRevision.objects.order_by("number")
    assert (writers.number, writers.by, writers.subject, writers.body) == (1, None, draft.subject, draft.body)
    assert (annas.number, annas.by, annas.subject) == (2, anna, "About your seats and prices")
    assert (after.subject, after.version) == (annas.subject, draft.version + 1)
    edited(after, anna, body=f"{after.body}\nPS")
    assert DraftRevision.objects.count() == 3


def test_an_edit_is_checked_against_what_the_run_knew(draft: Draft, anna: User) -> None:
    assert draft.is_sound
    after = edited(draft, anna, body=draft.body.replace("\n\n", "\n\nIt costs $9,999, guaranteed.\n\n", 1))
    assert not after.is_sound
    failed = {check["name"] for check in after.checks if check["hard"] and not check["passed"]}
    assert {"prices", "promises"} <= failed
    with pytest.raises(drafts.NotPossible, match=r"can't be approved: \d checks fail"):
        drafts.approve(after, version=after.version, by=anna)
    assert edited(after, anna, body=draft.body).is_sound


def test_a_time_that_is_no_longer_offered_must_leave_the_text(draft: Draft, anna: User) -> None:
    wording, dossier = wording_of(draft)
    line = dossier.time_line(wording.times[0])
    assert not edited(draft, anna, times=wording.times[1:]).is_sound
    now = Draft.objects.get(pk=draft.pk)
    without = "\n".join(row for row in draft.body.splitlines() if line not in row)
    assert edited(now, anna, times=wording.times[1:], body=without).is_sound
    assert briefs.times_of(draft, dossier) == wording.times[1:]


def test_a_draft_whose_times_have_passed_is_approved_when_they_are_left_out(draft: Draft, anna: User) -> None:
    wording, dossier = wording_of(draft)
    lines = [dossier.time_line(slot) for slot in wording.times]
    # As if much time had gone by: no time is far enough ahead any more.
    Workspace.objects.update(notice_hours=1000)
    draft = Draft.objects.select_related("workspace").get(pk=draft.pk)
    with pytest.raises(drafts.NotPossible, match="a time that it offers has passed, or is too near"):
        drafts.approve(draft, version=draft.version, by=anna)
    assert not edited(draft, anna, subject="About your seats and prices").is_sound
    now = Draft.objects.select_related("workspace").get(pk=draft.pk)
    without = "\n".join(row for row in now.body.splitlines() if not any(line in row for line in lines))
    after = edited(now, anna, times=(), body=without)
    failed = {check["name"] for check in after.checks if check["hard"] and not check["passed"]}
    assert not failed
    drafts.approve(after, version=after.version, by=anna)


def test_an_edit_that_changes_nothing_leaves_nothing(draft: Draft, anna: User) -> None:
    after = edited(draft, anna, body=draft.body.replace("\n", "  \r\n"))
    assert after.version == draft.version
    assert not DraftRevision.objects.exists()
    assert not MailboxUpdate.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": " \n "}, "subject is empty"),
        ({"body": "\n \x00 "}, "text is empty"),
        ({"subject": "x" * 301}, "301 characters"),
        ({"body": "x" * 20_001}, "characters; 20000 is the most"),
    ],
)
def test_what_could_not_be_sent_is_not_saved(draft: Draft, anna: User, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(drafts.NotPossible, match=said):
        edited(draft, anna, **changes)
    assert Draft.objects.get(pk=draft.pk).version == draft.version


def test_the_audit_of_an_edit_says_nothing_of_its_contents(draft: Draft, anna: User) -> None:
    edited(draft, anna, subject="A word to Wilhelmina")
    event = Event.objects.get(kind="draft_edited")
    assert (event.actor, event.run, event.facts) == (
        "anna",
        draft.run,
        {"draft": draft.pk, "revision": 2, "sound": False},
    )


def test_an_edit_rings_for_a_worker_who_brings_it_to_the_mailbox(draft: Draft, anna: User) -> None:
    edited(draft, anna, subject="About your seats and prices")
    assert OrmQ.objects.count() == 1
    assert MailboxUpdate.objects.get().wanted == 2


def test_a_verdict_can_be_taken_back_by_a_colleague(draft: Draft, anna: User, ben: User) -> None:
    drafts.reject(draft, version=draft.version, reason="Too pushy", by=anna)
    drafts.reopen(draft, version=draft.version + 1, by=ben)
    draft.refresh_from_db()
    assert (draft.status, draft.reviewed_by, draft.reviewed_at, draft.rejected_because) == ("ready", None, None, "")
    assert Event.objects.latest("pk").kind == "draft_reopened"
    drafts.approve(draft, version=draft.version, by=ben)


def test_there_is_nothing_to_take_back_of_a_draft_that_waits(draft: Draft, anna: User) -> None:
    with pytest.raises(drafts.NotPossible):
        drafts.reopen(draft, version=draft.version, by=anna)


def test_who_comes_second_is_told_who_did_what(draft: Draft, anna: User, ben: User) -> None:
    seen = draft.version
    drafts.approve(draft, version=seen, by=anna)
    with pytest.raises(drafts.Conflict, match=r"^Anna Voss approved it .* ago, so nothing of yours was saved"):
        drafts.reject(draft, version=seen, reason="No", by=ben)
    with pytest.raises(drafts.Conflict, match="Anna Voss approved it"):
        edited(draft, ben, subject="About your seats and prices")
    assert Draft.objects.get(pk=draft.pk).status == "approved"
    assert not DraftRevision.objects.exists()


def test_a_verdict_on_a_text_that_was_changed_meanwhile_is_refused(draft: Draft, anna: User, ben: User) -> None:
    edited(draft, ben, subject="About your seats and prices")
    with pytest.raises(drafts.Conflict, match="ben edited it"):
        drafts.approve(draft, version=draft.version, by=anna)
    assert Draft.objects.get(pk=draft.pk).status == "ready"


def test_a_run_whose_facts_are_gone_says_so(draft: Draft) -> None:
    StepRun.objects.filter(name="plan_next_step").delete()
    with pytest.raises(briefs.Lost, match="plan_next_step"):
        briefs.dossier_of(WorkflowRun.objects.get(pk=draft.run_id))
    StepRun.objects.filter(name="validate_submission").update(result={"odd": 1})
    with pytest.raises(briefs.Lost, match="Enquiry"):
        briefs.dossier_of(WorkflowRun.objects.get(pk=draft.run_id))


def test_a_draft_whose_run_was_started_again_stays_closed(draft: Draft, anna: User) -> None:
    runs.start_again(draft.run, actor="ben")
    draft.refresh_from_db()
    with pytest.raises(drafts.Conflict, match="ben started its run again"):
        drafts.reopen(draft, version=draft.version, by=anna)


def test_an_edit_that_has_not_left_is_forgotten_when_the_run_is_started_again(draft: Draft, anna: User) -> None:
    edited(draft, anna, subject="About your seats and prices")
    runs.start_again(draft.run, actor="ben")
    assert not MailboxUpdate.objects.exists()


def test_a_run_is_not_started_again_while_an_edit_is_written(draft: Draft, anna: User) -> None:
    edited(draft, anna, subject="About your seats and prices")
    mailbox.claim(1)
    with pytest.raises(runs.NotPossible, match="on its way to Gmail"):
        runs.start_again(draft.run, actor="ben")


def test_no_edit_of_a_draft_whose_place_another_took_is_tried_again(draft: Draft, anna: User) -> None:
    edited(draft, anna, subject="About your seats and prices")
    MailboxUpdate.objects.update(state="failed", tried=2)
    runs.start_again(draft.run, actor="ben")
    assert not MailboxUpdate.objects.exists()
    MailboxUpdate.objects.create(
        draft=draft, workspace=draft.workspace, wanted=2, state="failed", due_at=draft.created_at
    )
    with pytest.raises(drafts.NotPossible, match="no edit of this draft"):
        editing.bring_again(draft, by=anna)
    assert MailboxUpdate.objects.get().state == "failed"
