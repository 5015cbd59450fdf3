"""A made-up past looks like what the engine leaves, and is written once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

import leads.steps  # noqa: F401  fills the registry
from connectors.accounts import open_accounts
from connectors.ports import Company, Contact
from leads import codec, timeline
from leads.credentials import accounts_config
from leads.engine.steps import REGISTRY
from leads.following import reconciling, watched
from leads.history.past import write
from leads.history.restocking import restock
from leads.models import (
    ApiCall,
    Delivery,
    Draft,
    Effect,
    ErrorGroup,
    Event,
    Lead,
    StepRun,
    Submission,
    WorkflowRun,
    Workspace,
)
from tests.leads.driving import drive_to_the_end, take_in

State = WorkflowRun.State
OF_A_RUN = (StepRun, Effect, ApiCall, Event)


@pytest.fixture
def past(workspace: Workspace) -> datetime:
    """Some runs, up to now."""
    now = timezone.now()
    assert write(workspace, 40, now)
    return now


def filled(row: Model) -> set[str]:
    """The columns of a row that say something."""
    return {field.name for field in row._meta.concrete_fields if getattr(row, field.attname) not in (None, "", [], {})}


def shape(rows: QuerySet[Any], *by: str) -> dict[tuple[Any, ...], set[str]]:
    """Which columns are filled, by kind of row."""
    return {tuple(getattr(row, name) for name in by): filled(row) for row in rows}


def left_by(run: WorkflowRun) -> dict[str, Any]:
    draft = Draft.objects.get(run=run)
    effects = shape(Effect.objects.filter(run=run), "kind", "step", "state", "withheld", "once_key")
    return {
        "run": filled(run),
        "submission": filled(run.submission),
        "draft": filled(draft) - {"reviewed_by", "reviewed_at", "rejected_because", "asset_ids"},
        "lead": filled(run.lead) if run.lead else None,
        "steps": shape(StepRun.objects.filter(run=run), "name", "state", "attempt", "error_kind"),
        # The kept key of the one thing that several runs may want names the company.
        "effects": {(*kind[:4], kind[4].partition(":")[0]): columns for kind, columns in effects.items()},
        "calls": shape(ApiCall.objects.filter(run=run), "step", "service", "endpoint", "status", "error"),
        "events": [
            (event.kind, sorted(event.facts))
            for event in Event.objects.filter(run=run).order_by("at")
            if not event.kind.startswith("draft_")
        ],
    }


def test_a_run_of_the_past_has_what_a_driven_one_has(
    past: datetime, workspace: Workspace, box: Any, lead: Callable[..., Any]
) -> None:
    driven = drive_to_the_end(take_in(lead(), workspace))
    assert driven.outcome == "drafted"
    # Of the same fate: nobody knew the prospect or the company, no mail went before, and nothing failed.
    strangers = WorkflowRun.objects.filter(
        outcome="drafted", created_at__lt=past, submission__source="form", lead__hubspot_contact_id=""
    ).exclude(pk=driven.pk)
    strangers = strangers.exclude(events__kind="run_waits").filter(draft__thread_head="").exclude(draft__role="")
    alike = [
        run
        for run in strangers.filter(lead__hubspot_company_id="", drafted_at__isnull=False).exclude(lead__domain="")
        if StepRun.objects.filter(run=run, attempt=1).count() == 13
    ]
    theirs = left_by(driven)
    assert alike
    for run in alike:
        assert left_by(run) == theirs


def test_every_result_of_the_past_is_one_that_its_step_can_have_returned(past: datetime) -> None:
    for row in StepRun.objects.filter(state="done")[:400]:
        codec.decode(row.result, REGISTRY[row.name].result)
    run = WorkflowRun.objects.filter(outcome="drafted").latest("pk")
    assert isinstance(codec.decode(StepRun.objects.get(run=run, name="resolve_contact").result, Contact), Contact)
    company = StepRun.objects.get(run=run, name="resolve_company").result
    assert company is None or codec.decode(company, Company)


def test_a_week_has_something_of_everything_to_look_at(workspace: Workspace) -> None:
    write(workspace, 250, timezone.now())
    states = dict.fromkeys(WorkflowRun.objects.values_list("state", flat=True))
    assert set(states) >= {State.DONE, State.DEAD, State.WAITING, State.CANCELLED}
    assert not WorkflowRun.objects.filter(state__in=[State.PENDING, State.RUNNING]).exists()
    assert set(WorkflowRun.objects.filter(state=State.DEAD).values_list("error_kind", flat=True)) >= {
        "PermissionDenied",
        "Permanent",
    }
    assert set(Draft.objects.values_list("status", flat=True)) == {"ready", "approved", "rejected"}
    assert set(Delivery.objects.values_list("verdict", flat=True)) >= {"accepted", "duplicate", "ignored"}
    assert WorkflowRun.objects.filter(outcome="screened").count() > 5
    assert Submission.objects.values("form").distinct().count() >= 4
    assert Lead.objects.count() > 200
    assert Draft.objects.filter(status="ready").count() >= 10
    decided = ErrorGroup.objects
    assert decided.filter(resolved_at__isnull=False).exists()
    assert decided.filter(assigned_to__isnull=False).exists()
    assert {"run_retried", "run_cancelled", "run_waits", "effect_failed"} <= set(
        Event.objects.values_list("kind", flat=True)
    )


def test_nothing_of_the_past_lies_in_the_future_but_what_waits(past: datetime) -> None:
    assert not WorkflowRun.objects.filter(created_at__gt=past).exists()
    # What was decided about errors was decided a moment ago.
    decided = Q(kind="history_written") | Q(kind__startswith="error_")
    assert not Event.objects.exclude(decided).filter(at__gt=past).exists()
    assert not ApiCall.objects.filter(at__gt=past + timedelta(seconds=30)).exists()
    assert not Draft.objects.filter(reviewed_at__gt=past).exists()
    for run in WorkflowRun.objects.filter(state=State.WAITING):
        assert run.due_at > past


def test_ids_of_the_past_follow_its_time(past: datetime) -> None:
    for model, column in ((WorkflowRun, "created_at"), (Delivery, "received_at"), (Event, "at"), (ApiCall, "at")):
        times = list(model.objects.order_by("pk").values_list(column, flat=True))
        assert times == sorted(times), model


def test_reads_of_the_past_lie_side_by_side(past: datetime) -> None:
    run = WorkflowRun.objects.filter(outcome="drafted").latest("pk")
    steps = {step.name: step for step in timeline.timeline(run)}
    slots, files = steps["propose_slots"], steps["find_assets"]
    assert None not in (slots.started_at, slots.finished_at, files.started_at, files.finished_at)
    assert slots.started_at < files.finished_at  # type: ignore[operator]
    assert files.started_at < slots.finished_at  # type: ignore[operator]


def test_a_dead_run_of_the_past_can_be_mended(past: datetime, workspace: Workspace, box: Any) -> None:
    dead = WorkflowRun.objects.filter(state=State.DEAD, error_kind="PermissionDenied").latest("pk")
    WorkflowRun.objects.filter(pk=dead.pk).update(state=State.PENDING, finished_at=None, attempt=0)
    assert drive_to_the_end(dead).outcome == "drafted"


def test_the_past_is_written_once(past: datetime, workspace: Workspace) -> None:
    before = WorkflowRun.objects.count()
    assert not write(workspace, 40, timezone.now())
    assert WorkflowRun.objects.count() == before


def test_a_long_past_repeats_a_composed_one_with_other_people(workspace: Workspace, monkeypatch: Any) -> None:
    monkeypatch.setattr("leads.history.past.MOST", 60)
    call_command("prepare_demo", history=90, verbosity=0)
    assert WorkflowRun.objects.count() == 90
    assert Lead.objects.count() == Lead.objects.values("email").distinct().count() > 75
    for draft in Draft.objects.select_related("run__submission", "lead"):
        assert draft.lead is not None
        assert draft.recipient == draft.lead.email == draft.run.submission.payload["fields"]["email"]
    reviewed = Event.objects.filter(kind="draft_approved").select_related("run")
    assert reviewed.exists()
    for event in reviewed:
        assert Draft.objects.get(pk=event.facts["draft"]).run_id == event.run_id
    for event in Event.objects.filter(kind="run_accepted").select_related("run"):
        assert event.run is not None
        assert event.facts == {"submission": event.run.submission_id}
    for delivery in Delivery.objects.filter(verdict="accepted"):
        assert WorkflowRun.objects.get(pk=delivery.items[0]["run"]).submission.delivery_id == delivery.pk


def test_open_drafts_are_in_a_mailbox_that_has_just_begun(box: Any, past: datetime, workspace: Workspace) -> None:
    mailbox = open_accounts(accounts_config(workspace)).mail
    assert watched.open_drafts(workspace).exists()
    assert restock(workspace) == len(box.control.created("drafts")["drafts"])
    for draft in watched.open_drafts(workspace):
        assert Effect.objects.get(run=draft.run_id, kind="create_draft").result["thread"] == draft.gmail_thread_id
    assert list(reconciling.differences(mailbox, workspace, past, lambda: None)) == []
