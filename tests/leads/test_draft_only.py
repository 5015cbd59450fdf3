"""DRAFT_ONLY: while one lock is closed, a draft in the rep's own mailbox is all that anybody outside can see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as configured

from leads import runs, workspaces
from leads.effects import KINDS
from leads.models import AllowedForm, Draft, Effect, Event, Lead, Workspace
from leads.policy import withheld_by
from tests.conftest import default_workspace
from tests.leads.driving import beside, calls, drive_once, drive_to_the_end, made, take_in, until

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
LOCKS = {
    "environment": "WORKFLOW_MODE is DRAFT_ONLY",
    "workspace": "the workspace is DRAFT_ONLY",
    "form": "the form is draft-only",
}
TROUBLE = (
    "500:hubspot.contacts.get:x1",
    "503:gmail.threads.list:x1",
    "drop-before:drive:x1",
    "429:calendar:x1",
    "503:gmail.labels.list:x1",
    "500:gmail.drafts.create:x1",
    "drop-after:gmail.drafts.create:x1",
)


@pytest.fixture(params=LOCKS)
def locked(request: pytest.FixtureRequest, settings: Any, db: None) -> tuple[Workspace, str]:
    """Northwind with exactly one lock closed, and the reason that a withheld write must give."""
    settings.WORKFLOW_MODE = "DRAFT_ONLY" if request.param == "environment" else "SEND"
    workspace = default_workspace(draft_only=request.param == "workspace")
    AllowedForm.objects.filter(workspace=workspace).update(draft_only=request.param == "form")
    return workspace, LOCKS[request.param]


def only_a_draft(box: Any) -> bool:
    return set(made(box)) == {"drafts"} and set(calls(box, writes=True)) == {"gmail.drafts.create"}


@pytest.mark.parametrize(
    "email",
    [
        "mara@brightfreight.example",  # nobody knows her
        "hannah.weiss@kornfeld-bau.example",  # a known contact of a known company
        "marcus@tallpine.example",  # known, with a thread
        "new.hire@nordvik.example",  # new, of a known company
        "mara.okafor.example@gmail.com",  # without a company
    ],
)
def test_one_closed_lock_is_enough(box: Any, lead: Make, locked: tuple[Workspace, str], email: str) -> None:
    run = drive_once(take_in(lead(email=email), locked[0]))
    assert run.outcome == "drafted"
    assert only_a_draft(box)
    assert len(box.control.created()["drafts"]) == 1


def test_faults_and_retries_open_no_lock(box: Any, lead: Make, locked: tuple[Workspace, str], hasty: None) -> None:
    for spec in TROUBLE:
        box.control.fault(spec)
    run = drive_to_the_end(take_in(lead(), locked[0]))
    assert run.outcome == "drafted"
    assert {fault["fired"] for fault in box.control.faults()} == {1}
    assert only_a_draft(box)
    assert len(box.control.created()["drafts"]) == 1


def test_a_retry_by_hand_opens_no_lock(box: Any, lead: Make, locked: tuple[Workspace, str]) -> None:
    box.control.fault("403:gmail.drafts.create:x1:reason=insufficientPermissions")
    run = drive_once(take_in(lead(), locked[0]))
    assert run.state == "dead"
    runs.retry(run, actor="olga")
    assert drive_once(run).outcome == "drafted"
    assert only_a_draft(box)


def test_what_is_withheld_is_kept_with_the_lock_that_holds_it(
    box: Any, lead: Make, locked: tuple[Workspace, str]
) -> None:
    workspace, reason = locked
    run = drive_once(take_in(lead(), workspace))
    planned = {effect.kind: effect for effect in Effect.objects.filter(run=run).exclude(kind="create_draft")}
    assert {effect.state for effect in planned.values()} == {"planned"}
    assert {effect.intended_at for effect in planned.values()} == {None}
    # What would come next waits for what is withheld.
    assert planned["create_contact"].withheld == reason
    assert planned["create_label"].withheld == reason
    assert planned["create_company"].withheld == "needs the contact, which is withheld"
    assert planned["create_note"].withheld == "needs the company and the contact, which is withheld"
    assert planned["label_thread"].withheld == "needs the label, which is withheld"
    assert planned["create_task"].args["task"]["subject"] == "Follow up with Mara Okafor"


def test_the_writes_to_known_records_are_withheld_by_the_lock_itself(
    box: Any, lead: Make, locked: tuple[Workspace, str]
) -> None:
    workspace, reason = locked
    run = drive_once(take_in(lead(email="hannah.weiss@kornfeld-bau.example"), workspace))
    held = dict(Effect.objects.filter(run=run, state="planned").values_list("kind", "withheld"))
    for kind in ("associate_company", "create_note", "create_task"):
        assert held[kind] == reason


def test_a_screened_lead_of_a_locked_workspace_leaves_no_trace_outside(
    box: Any, lead: Make, locked: tuple[Workspace, str]
) -> None:
    run = drive_once(take_in(lead(email="elodie@atelier-marchand.example"), locked[0]))
    assert run.outcome == "screened"
    assert made(box) == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["SEND", "DRAFT_ONLY"])
@pytest.mark.parametrize("workspace_draft_only", [False, True])
@pytest.mark.parametrize("form_draft_only", [False, True])
def test_a_write_needs_every_lock_open_unless_it_is_a_draft(
    settings: Any, kind: str, mode: str, *, workspace_draft_only: bool, form_draft_only: bool
) -> None:
    settings.WORKFLOW_MODE = mode
    reason = withheld_by(KINDS[kind], workspace_draft_only=workspace_draft_only, form_draft_only=form_draft_only)
    all_open = mode == "SEND" and not workspace_draft_only and not form_draft_only
    assert (reason == "") == (all_open or kind == "create_draft")


def test_any_ceiling_but_send_is_closed(settings: Any) -> None:
    settings.WORKFLOW_MODE = "send"
    assert withheld_by(KINDS["create_note"], workspace_draft_only=False, form_draft_only=False)


@pytest.mark.parametrize("lock", ["workspace", "form"])
@pytest.mark.django_db(transaction=True)
def test_a_lock_closed_in_mid_run_holds_from_the_next_call(box: Any, lead: Make, sending: Workspace, lock: str) -> None:
    run = take_in(lead(), sending)
    box.control.fault("slow:gmail.drafts.create:x1:seconds=0.6")
    with beside(drive_once, run) as driven:
        until(lambda: box.control.count("gmail.drafts.create"))
        if lock == "workspace":
            assert workspaces.switch_draft_only(sending, on=True, reason="Stop.", actor="olga")
        else:
            AllowedForm.objects.update(draft_only=True)
        assert not driven.done()
    assert driven.result().outcome == "drafted"
    held = {effect.kind: effect for effect in Effect.objects.filter(run=run)}
    for kind in ("create_note", "create_task", "label_thread"):
        assert held[kind].state == "planned"
        assert held[kind].withheld in {
            LOCKS[lock],
            "needs the company, which is withheld",
            "needs the label, which is withheld",
        }
    assert not calls(box).keys() & {"hubspot.notes.create", "hubspot.tasks.create", "gmail.threads.modify"}


@pytest.mark.django_db(transaction=True)
def test_the_switch_opened_in_mid_run_counts_from_the_next_call(
    box: Any, lead: Make, workspace: Workspace, settings: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    run = take_in(lead(email="hannah.weiss@kornfeld-bau.example"), workspace)
    box.control.fault("slow:gmail.drafts.create:x1:seconds=0.6")
    with beside(drive_once, run) as driven:
        until(lambda: box.control.count("gmail.drafts.create"))
        assert set(calls(box, writes=True)) == {"gmail.drafts.create"}
        assert workspaces.switch_draft_only(workspace, on=False, reason="Go.", actor="olga")
        assert not driven.done()
    states = dict(Effect.objects.filter(run=run).values_list("kind", "state"))
    assert states["associate_company"] == "planned"  # its turn had come before
    assert (states["create_draft"], states["create_note"], states["create_task"]) == ("done", "done", "done")
    assert (made(box)["notes"], made(box)["tasks"]) == (1, 1)


def test_a_lock_closed_between_two_attempts_holds(box: Any, lead: Make, sending: Workspace) -> None:
    box.control.fault("429:hubspot.notes.create:x1")
    run = drive_once(take_in(lead(), sending))
    assert run.state == "waiting"
    Workspace.objects.filter(pk=sending.pk).update(draft_only=True)
    assert drive_once(run).outcome == "drafted"
    note = Effect.objects.get(run=run, kind="create_note")
    assert (note.state, note.withheld) == ("planned", LOCKS["workspace"])
    assert "notes" not in made(box)
    assert calls(box)["hubspot.notes.create"] == 1


def test_a_write_that_was_done_before_the_lock_closed_is_known_as_done(
    box: Any, lead: Make, sending: Workspace
) -> None:
    box.control.fault("drop-after:hubspot.notes.create:x1")
    run = drive_once(take_in(lead(), sending))
    Workspace.objects.filter(pk=sending.pk).update(draft_only=True)
    assert drive_once(run).outcome == "drafted"
    note = Effect.objects.get(run=run, kind="create_note")
    assert note.state == "done"
    assert note.result == {"note": box.control.created()["notes"][0]["id"]}
    assert calls(box)["hubspot.notes.create"] == 1


def test_a_write_that_was_perhaps_done_is_looked_for_but_not_made_once_the_lock_is_closed(
    box: Any, lead: Make, sending: Workspace
) -> None:
    box.control.fault("drop-before:hubspot.notes.create:x1")
    run = drive_once(take_in(lead(), sending))
    assert Effect.objects.get(run=run, kind="create_note").state == "intended"
    Workspace.objects.filter(pk=sending.pk).update(draft_only=True)
    assert drive_once(run).outcome == "drafted"
    note = Effect.objects.get(run=run, kind="create_note")
    assert (note.state, note.withheld) == ("planned", LOCKS["workspace"])
    assert calls(box)["hubspot.notes.create"] == 1
    assert "notes" not in made(box)


def test_a_draft_is_for_the_reps_own_mailbox_and_is_never_sent(box: Any, lead: Make, sending: Workspace) -> None:
    drive_once(take_in(lead(), sending))
    assert box.control.created()["sent"] == []
    assert box.control.count("gmail.drafts.send") == 0
    draft = box.control.created()["drafts"][0]
    assert draft["mailbox"] == sending.sender_email
    assert Draft.objects.get().gmail_draft_id == draft["draft_id"]


def test_the_gate_is_closed_by_default(db: None) -> None:
    assert Workspace(name="New", slug="new").draft_only
    assert configured.WORKFLOW_MODE == "DRAFT_ONLY"


def test_what_was_withheld_is_not_caught_up_on_by_the_next_lead(
    box: Any, lead: Make, workspace: Workspace, settings: Any
) -> None:
    first = drive_once(take_in(lead(1), workspace))
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    second = drive_once(take_in(lead(2), workspace))
    assert {run.outcome for run in (first, second)} == {"drafted"}
    assert not Effect.objects.filter(run=first).exclude(kind="create_draft").exclude(state="planned").exists()
    assert [note["properties"]["hs_note_body"].count(str(second.key)) for note in box.control.created()["notes"]] == [1]
    assert len(box.control.created()["contacts"]) == 1
    assert Lead.objects.filter(hubspot_contact_id="").count() == 1
    assert not Event.objects.filter(run=first, kind="effect_done").exclude(facts__effect="create_draft").exists()
