"""Reconciliation: each kind of discrepancy is found, named and repaired, with a trace; twice harms nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from connectors.accounts import open_accounts
from leads import codec, connections, outgoing, runs
from leads.credentials import accounts_config
from leads.effects import KINDS
from leads.engine.leases import LeaseLost
from leads.models import (
    AllowedForm,
    Connection,
    Delivery,
    Discrepancy,
    Draft,
    Effect,
    Event,
    Lead,
    Reconciliation,
    Submission,
    WorkflowRun,
    Workspace,
)
from leads.reconciliation import report
from leads.reconciliation.checks import CHECKS
from tests.conftest import FORM_ID, default_workspace
from tests.leads.driving import beside, drive_to_the_end, made, take_in

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


@dataclass(frozen=True)
class Scene:
    """What a row of the table may need."""

    box: Any
    lead: Make
    workspace: Workspace

    def drafted(self) -> WorkflowRun:
        run = take_in(self.lead() | {"formSubmissionId": str(uuid4())}, self.workspace)
        return drive_to_the_end(run)

    def finish(self) -> None:
        """What a worker would do now."""
        for run in WorkflowRun.objects.filter(state="pending").order_by("pk"):
            drive_to_the_end(run)


@pytest.fixture
def scene(box: Any, lead: Make, workspace: Workspace, settings: Any) -> Scene:
    AllowedForm.objects.exclude(form_id=FORM_ID).update(enabled=False)
    AllowedForm.objects.update(answered_since=timezone.now() - timedelta(hours=2))
    return Scene(box, lead, workspace)


def overdue(scene: Scene) -> None:
    take_in(scene.lead(), scene.workspace)
    WorkflowRun.objects.update(due_at=timezone.now() - timedelta(minutes=12))


def left_behind(scene: Scene) -> None:
    overdue(scene)
    WorkflowRun.objects.update(state="running", lease=uuid4(), holder="gone:1")


def forgotten(scene: Scene) -> None:
    take_in(scene.lead(), scene.workspace)
    waits = {"error_kind": "ConnectionBroken", "failed_service": "google", "state": "waiting"}
    WorkflowRun.objects.update(due_at=timezone.now() + timedelta(hours=1), **waits)


def without_run(scene: Scene) -> None:
    take_in(scene.lead(), scene.workspace)
    WorkflowRun.objects.all().delete()
    Delivery.objects.all().delete()


def lost_run(scene: Scene) -> None:
    take_in(scene.lead(), scene.workspace)
    Submission.objects.all().delete()


def never_came(scene: Scene) -> None:
    said = {"email": "ada@brightfreight.example", "message": "What does it cost?"}
    at = int((timezone.now() - timedelta(minutes=50)).timestamp() * 1000)
    scene.box.control.submission(FORM_ID, "ada", said, submitted_at=at)


def not_in_mailbox(scene: Scene) -> None:
    scene.drafted()
    Draft.objects.update(gmail_draft_id="", gmail_message_id="", gmail_thread_id="")


def half(scene: Scene) -> None:
    """As if the call for the note had been forgotten."""
    open_the_locks(scene)
    scene.drafted()
    note = Effect.objects.get(kind="create_note").result["note"]
    open_accounts(accounts_config(scene.workspace)).crm.remove_note(note)
    Effect.objects.filter(kind="create_note").update(state="planned", result={}, done_at=None, intended_at=None)


def withheld(scene: Scene) -> None:
    scene.drafted()
    open_the_locks(scene)


def open_the_locks(scene: Scene) -> None:
    from django.conf import settings  # noqa: PLC0415  the fixture puts it back

    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    scene.workspace.refresh_from_db()


def copied(scene: Scene, **ids: str) -> None:
    """The run's draft a second time, in the mailbox."""
    draft = Draft.objects.get()
    mail = outgoing.Outgoing(draft).mail
    open_accounts(accounts_config(scene.workspace)).mail.create_draft(replace(mail, **ids))


def doubled_draft(scene: Scene) -> None:
    scene.drafted()
    copied(scene)


def doubled(scene: Scene, kind: str) -> None:
    open_the_locks(scene)
    run = scene.drafted()
    effect = codec.decode(Effect.objects.get(run=run, kind=kind).args, KINDS[kind])
    contact = Lead.objects.get().hubspot_contact_id
    effect.perform(open_accounts(accounts_config(scene.workspace)), {"contact": contact, "company": ""})


def doubled_note(scene: Scene) -> None:
    doubled(scene, "create_note")


def doubled_task(scene: Scene) -> None:
    doubled(scene, "create_task")


@dataclass(frozen=True)
class Row:
    kind: str
    hurt: Callable[[Scene], None]
    says: str


TABLE = [
    Row("overdue", overdue, "It has been due for 12 min"),
    Row("overdue", left_behind, "Its lease ended 12 min"),
    Row("forgotten", forgotten, "waits for google, which is connected"),
    Row("without_run", without_run, "is kept, and no run answers it"),
    Row("lost_run", lost_run, "was accepted, and a run of it is not there"),
    Row("never_came", never_came, "1 submission of “Contact sales” in HubSpot never came here"),
    Row("not_in_mailbox", not_in_mailbox, "has no draft in Gmail"),
    Row("strays", doubled_draft, "has two drafts in Gmail"),
    Row("doubles", doubled_note, "left this note twice in HubSpot"),
    Row("doubles", doubled_task, "left this task twice in HubSpot"),
    Row("halves", half, "left a task and no note in HubSpot"),
    Row("withheld", withheld, "they were not released"),
]


def test_every_check_is_in_the_table() -> None:
    assert {row.kind for row in TABLE} == set(CHECKS)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.kind}-{row.hurt.__name__}")
def test_each_discrepancy_is_found_repaired_and_found_no_more(scene: Scene, row: Row) -> None:
    row.hurt(scene)
    report.look_now(scene.workspace)
    [one] = Discrepancy.objects.filter(kind=row.kind)
    assert row.says in one.words
    automatic = CHECKS[row.kind].is_automatic
    assert (one.repaired_at is not None) == automatic
    if not automatic:
        report.repair(one, actor="olga")
    traces = Event.objects.filter(kind="discrepancy_repaired").values_list("actor", "facts__check", "facts__subject")
    assert list(traces) == [("" if automatic else "olga", row.kind, one.subject)]
    WorkflowRun.objects.filter(state="running").update(due_at=Now())
    WorkflowRun.objects.filter(state="running").update(state="pending", lease=None)
    scene.finish()
    assert WorkflowRun.objects.filter(again=None).latest("pk").outcome == "drafted"
    assert len(standing(scene)["drafts"]) == 1
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()


def standing(scene: Scene) -> dict[str, list[str]]:
    """The ids of what is in the accounts, and neither in a bin nor archived."""
    return {
        kind: [one.get("draft_id") or one["id"] for one in entries if is_there(one)]
        for kind, entries in scene.box.control.created().items()
        if kind in {"drafts", "notes", "tasks"}
    }


def is_there(entry: dict[str, Any]) -> bool:
    return entry.get("state", "draft") == "draft" and not entry.get("archived")


def found(scene: Scene) -> Discrepancy:
    report.look_now(scene.workspace)
    return Discrepancy.objects.get()


@pytest.mark.parametrize("kind", ["note", "task"])
def test_what_our_row_names_is_kept_and_the_double_goes(scene: Scene, kind: str) -> None:
    doubled(scene, f"create_{kind}")
    named = Effect.objects.get(kind=f"create_{kind}").result[kind]
    assert len(standing(scene)[f"{kind}s"]) == 2
    report.repair(found(scene), actor="olga")
    assert standing(scene)[f"{kind}s"] == [named]


def test_nothing_is_removed_from_hubspot_while_the_workspace_is_draft_only(scene: Scene) -> None:
    doubled_note(scene)
    one = found(scene)
    Workspace.objects.update(draft_only=True)
    with pytest.raises(report.NotPossible, match="the workspace is DRAFT_ONLY"):
        report.repair(one, actor="olga")
    assert len(standing(scene)["notes"]) == 2


def test_the_draft_that_our_row_names_is_kept_and_its_double_goes_to_the_bin(scene: Scene) -> None:
    doubled_draft(scene)
    named = Draft.objects.get().gmail_draft_id
    one = found(scene)
    assert one.subject != named
    report.repair(one, actor="olga")
    assert standing(scene)["drafts"] == [named]


def test_a_double_that_lost_its_mark_is_known_by_what_it_says(scene: Scene) -> None:
    doubled_draft(scene)
    named = Draft.objects.get().gmail_draft_id
    [double] = set(standing(scene)["drafts"]) - {named}
    scene.box.control.by_hand("edit", double)  # Gmail's editor saved it as it was
    report.repair(found(scene), actor="olga")
    assert standing(scene)["drafts"] == [named]


@pytest.mark.parametrize("change", [{"text": "My own words.\n"}, {"cc": "boss@acme.example"}])
def test_what_a_person_wrote_to_the_same_prospect_is_left_alone(scene: Scene, change: dict[str, str]) -> None:
    doubled_draft(scene)
    [double] = set(standing(scene)["drafts"]) - {Draft.objects.get().gmail_draft_id}
    scene.box.control.by_hand("edit", double, **change)
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()


def test_a_mark_that_is_none_of_ours_is_left_alone(scene: Scene) -> None:
    scene.drafted()
    copied(scene, marker="of-another-program")
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()
    assert Reconciliation.objects.get().finished_at is not None


def test_each_of_several_doubles_is_found(scene: Scene) -> None:
    doubled_draft(scene)
    copied(scene)
    report.look_now(scene.workspace)
    assert Discrepancy.objects.filter(kind="strays").count() == 2
    report.repair_all(scene.workspace, "strays", actor="olga")
    assert standing(scene)["drafts"] == [Draft.objects.get().gmail_draft_id]


def test_what_a_run_that_was_started_again_takes_over_is_left_alone(scene: Scene) -> None:
    run = scene.drafted()
    Draft.objects.all().delete()
    runs.start_again(run, actor="olga")
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()
    scene.finish()
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()


def test_a_draft_that_took_the_place_of_the_named_one_is_named(scene: Scene) -> None:
    doubled_draft(scene)
    scene.box.control.by_hand("delete", Draft.objects.get().gmail_draft_id)
    one = found(scene)
    report.repair(one, actor="olga")
    assert [Draft.objects.get().gmail_draft_id] == [one.subject] == standing(scene)["drafts"]


@pytest.mark.parametrize("status", ["sent", "by_hand", "deleted"])
def test_a_draft_that_should_be_none_any_more_is_found(scene: Scene, status: str) -> None:
    scene.drafted()
    Draft.objects.update(status=status, sent_at=timezone.now())
    one = found(scene)
    assert "and is a draft in Gmail still" in one.words
    report.repair(one, actor="olga")
    assert standing(scene)["drafts"] == []


def test_a_draft_whose_run_is_not_here_is_found_and_one_of_a_run_on_its_way_is_not(scene: Scene) -> None:
    run = scene.drafted()
    Draft.objects.all().delete()
    WorkflowRun.objects.update(state="running", outcome="", lease=uuid4(), due_at=timezone.now() + timedelta(hours=1))
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()
    WorkflowRun.objects.update(key=uuid4())
    assert "it may be of another installation" in found(scene).words
    assert Discrepancy.objects.get().run_id is None
    assert run.pk


def test_another_workspaces_draft_in_the_same_mailbox_is_left_alone(scene: Scene) -> None:
    doubled_draft(scene)
    other = Workspace.objects.create(name="Other", slug="other")
    Submission.objects.update(workspace=other)
    WorkflowRun.objects.update(workspace=other)
    Draft.objects.update(workspace=other)
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()


def test_what_was_settled_since_is_not_touched(scene: Scene) -> None:
    doubled_draft(scene)
    one = found(scene)
    scene.box.control.by_hand("delete", one.subject)
    with pytest.raises(report.NotPossible, match="It is settled"):
        report.repair(one, actor="olga")


def test_a_command_removes_nothing(scene: Scene) -> None:
    doubled_draft(scene)
    with pytest.raises(CommandError, match="1 left"):
        call_command("reconcile", "--workspace", "default", "--repair")
    assert len(standing(scene)["drafts"]) == 2


def test_what_is_there_after_all_is_found_by_its_mark_and_not_made_again(scene: Scene) -> None:
    not_in_mailbox(scene)
    report.look_now(scene.workspace)
    report.repair(Discrepancy.objects.get(), actor="olga")
    scene.finish()
    assert made(scene.box) == {"drafts": 1}
    assert Draft.objects.latest("pk").gmail_draft_id


def test_nothing_is_found_where_all_agrees(scene: Scene) -> None:
    scene.drafted()
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()
    assert Reconciliation.objects.get().finished_at is not None
    assert Event.objects.get(kind="reconciled").facts == {"found": {}, "failed": 0}


def test_a_check_that_cannot_look_says_why_and_stops_no_other(scene: Scene) -> None:
    scene.box.control.fault("500:hubspot.submissions.list")
    left_behind(scene)
    report.look_now(scene.workspace)
    [trouble] = Reconciliation.objects.get().trouble
    assert (trouble["kind"], "500" in trouble["why"]) == ("never_came", True)
    assert Reconciliation.objects.get().due_at < timezone.now() + report.AGAIN  # the others say nothing for a day
    assert Discrepancy.objects.get().kind == "overdue"


def test_a_broken_connection_is_waited_for(scene: Scene) -> None:
    forgotten(scene)
    connections.broke(scene.workspace, "gmail", "No.")
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()
    assert Connection.objects.get().state == "broken"


def test_a_repair_that_is_refused_says_why_and_can_be_tried_again(scene: Scene) -> None:
    not_in_mailbox(scene)
    report.look_now(scene.workspace)
    one = Discrepancy.objects.get()
    runs.start_again(WorkflowRun.objects.get(), actor="olga")
    with pytest.raises(report.NotPossible, match="was started again"):
        report.repair(one, actor="olga")
    one.refresh_from_db()
    assert ("was started again" in one.trouble, one.repaired_at) == (True, None)
    assert not Event.objects.filter(kind="discrepancy_repaired").exists()


def test_two_people_repair_it_once(scene: Scene) -> None:
    not_in_mailbox(scene)
    report.look_now(scene.workspace)
    one = Discrepancy.objects.get()
    report.repair(one, actor="olga")
    with pytest.raises(report.NotPossible, match="repaired already"):
        report.repair(one, actor="mia")
    assert WorkflowRun.objects.count() == 2


class Killed(BaseException):
    """The process ends here."""


def test_a_repair_that_is_killed_is_not_said_to_be_done_and_can_be_done_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_in_mailbox(scene)
    one = found(scene)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setitem(CHECKS, one.kind, replace(CHECKS[one.kind], repair=killed))
        with pytest.raises(Killed):
            report.repair(one, actor="olga")
    assert Discrepancy.objects.get().repaired_at is None
    assert not Event.objects.filter(kind="discrepancy_repaired").exists()
    report.repair(one, actor="olga")
    assert WorkflowRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_click_at_the_same_moment_one_repairs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Discrepancy.objects.create(workspace=default_workspace(), kind="withheld", subject="1", words="-")
    at_it, may_end = threading.Event(), threading.Event()

    def slow(*_: Any) -> None:
        at_it.set()
        assert may_end.wait(10)

    monkeypatch.setitem(CHECKS, one.kind, replace(CHECKS[one.kind], repair=slow))
    with beside(lambda: report.repair(one, actor="olga")):
        assert at_it.wait(10)
        with pytest.raises(report.NotPossible, match="Somebody repairs it at this moment"):
            report.repair(one, actor="mia")
        may_end.set()
    assert Discrepancy.objects.get().repaired_by == "olga"


def test_nothing_is_taken_in_of_a_form_that_was_switched_off_since(scene: Scene) -> None:
    never_came(scene)
    one = found(scene)
    AllowedForm.objects.update(enabled=False)
    with pytest.raises(report.NotPossible, match="not there any more"):
        report.repair(one, actor="olga")
    assert Discrepancy.objects.get().repaired_at is None


def test_what_is_gone_since_is_said_in_plain_words(scene: Scene) -> None:
    not_in_mailbox(scene)
    one = found(scene)
    Discrepancy.objects.update(run=None)
    Draft.objects.all().delete()
    Submission.objects.all().delete()
    with pytest.raises(report.NotPossible, match="not there any more"):
        report.repair(Discrepancy.objects.get(pk=one.pk), actor="olga")


def test_the_fault_of_one_check_is_said_and_is_not_anothers(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    overdue(scene)
    faulty = replace(CHECKS["forgotten"], look=lambda _: {}["no such key"])
    monkeypatch.setitem(CHECKS, "forgotten", faulty)
    report.look_now(scene.workspace)
    last = Reconciliation.objects.get()
    assert last.finished_at is not None
    assert [(one["kind"], one["why"]) for one in last.trouble] == [
        ("forgotten", "It failed with KeyError; the log of the worker says why.")
    ]
    assert Discrepancy.objects.get().kind == "overdue"
    assert "the check forgotten of workspace" in caplog.text


@pytest.mark.parametrize("hurt", [never_came, doubled_draft, doubled_note])
def test_vendors_are_asked_no_longer_than_the_lease_allows(
    scene: Scene, hurt: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hurt(scene)
    monkeypatch.setattr("leads.reconciliation.finding.ASKS_FOR", 0.0)
    report.look_now(scene.workspace)
    assert not Discrepancy.objects.exists()


def test_all_of_a_kind_are_repaired_for_as_long_as_there_is_time(scene: Scene) -> None:
    doubled_draft(scene)
    copied(scene)
    report.look_now(scene.workspace)
    assert report.repair_all(scene.workspace, "strays", actor="olga", seconds=-1.0) == (0, 0, 2)
    assert report.repair_all(scene.workspace, "strays", actor="olga", seconds=60.0) == (2, 0, 0)


def test_other_workspaces_are_not_looked_into(scene: Scene) -> None:
    overdue(scene)
    other = Workspace.objects.create(name="Other", slug="other")
    report.look_now(other)
    assert not Discrepancy.objects.exists()


def test_it_is_done_once_a_day_and_when_somebody_asks(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.reconciliation.report.connection.close", lambda: None)
    report.schedule()
    report.schedule()
    assert (Reconciliation.objects.count(), report.is_due()) == (1, False)
    report.ask(scene.workspace, actor="olga")
    assert report.is_due()
    report.make_due()
    assert not report.is_due()
    Reconciliation.objects.update(due_at=F("due_at") - report.EVERY)
    assert report.is_due()


def test_a_worker_whose_lease_is_lost_writes_nothing(scene: Scene) -> None:
    overdue(scene)
    report.look_now(scene.workspace)
    Discrepancy.objects.all().delete()
    with pytest.raises(LeaseLost):
        report.make(scene.workspace, uuid4())
    assert not Discrepancy.objects.exists()


def test_what_one_worker_looks_over_no_other_does(scene: Scene) -> None:
    report.ask(scene.workspace, actor="olga")
    assert report.claim() is not None
    assert report.claim() is None


def test_the_command_says_what_is_left_and_repairs(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    not_in_mailbox(scene)
    with pytest.raises(CommandError, match="1 left"):
        call_command("reconcile")
    assert "Drafts without a draft in Gmail: Draft" in capsys.readouterr().out
    call_command("reconcile", "--workspace", "default", "--repair")
    assert "(sent off)" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no workspace nobody"):
        call_command("reconcile", "--workspace", "nobody")
