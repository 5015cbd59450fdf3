"""Rows for the screens: a run in any state, with what it left; people with and without rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from connectors.ports import Contact
from leads import codec
from leads.console import live
from leads.facts import Check, Enquiry, Intent, Slot, Slots, Submitted
from leads.models import (
    AllowedForm,
    ApiCall,
    Delivery,
    Draft,
    Effect,
    Event,
    Lead,
    StepRun,
    Submission,
    WorkflowRun,
    Workspace,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BODY = "Hi Mara,\n\nSee https://northwind.example/deck?a=1&b=2.\n\n<script>alert(1)</script> javascript:alert(2)\n"
ENQUIRY = Enquiry(
    email="mara@bright.example",
    first_name="Mara",
    last_name="Okafor",
    company="Bright Freight",
    domain="bright.example",
    job_title="",
    phone="",
    country="",
    timezone="",
    language="en",
    message="What does it cost?\n" + "We are many. " * 30,
    intents=(Intent.PRICING, Intent.DEMO),
    questions=("What does it cost?",),
    form_name="Contact sales",
    page_title="",
    submitted_at=NOON,
)
SLOTS = Slots(
    times=(Slot(NOON, NOON + timedelta(minutes=30)),),
    zone="Europe/London",
    zone_is_guess=False,
    our_zone="Europe/Berlin",
)


@pytest.fixture(autouse=True)
def no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process asks once in ten seconds is no part of what a page asks."""
    monkeypatch.setattr(live, "beat", str)


@pytest.fixture
def make_lead(workspace: Workspace) -> Callable[..., Lead]:
    def make(email: str = "mara@bright.example", **fields: Any) -> Lead:
        said = {"first_name": "Mara", "last_name": "Okafor", "company": "Bright Freight"} | fields
        found, _ = Lead.objects.get_or_create(workspace=workspace, email=email, defaults=said)
        return found

    return make


@pytest.fixture
def make_run(workspace: Workspace, make_lead: Callable[..., Lead]) -> Callable[..., WorkflowRun]:
    """A run with its submission and delivery, in the given state."""

    def make(state: str = "pending", *, email: str = "mara@bright.example", **fields: Any) -> WorkflowRun:
        lead, form = make_lead(email), AllowedForm.objects.filter(workspace=workspace).first()
        delivery = Delivery.objects.create(workspace=workspace, signature="v3", body=b"{}", verdict="accepted")
        submission = Submission.objects.create(
            workspace=workspace,
            dedupe_key=str(uuid4()),
            source="form",
            delivery=delivery,
            form=form,
            lead=lead,
            payload=codec.builtins(Submitted({"email": email}, "f", "Contact sales", NOON)),
        )
        if state == "done":
            fields = {"outcome": "drafted"} | fields
        if state == "running":
            fields = {"lease": uuid4(), "holder": "host:1", "due_at": timezone.now() + timedelta(minutes=1)} | fields
        return WorkflowRun.objects.create(
            workspace=workspace, submission=submission, lead=lead, state=state, started_at=NOON, **fields
        )

    return make


@pytest.fixture
def add_step() -> Callable[..., StepRun]:
    def add(run: WorkflowRun, name: str, result: Any = None, *, error: str = "") -> StepRun:
        state = {"state": "failed", "error_kind": "Transient", "error": error} if error else {"state": "done"}
        return StepRun.objects.create(
            run=run,
            name=name,
            result=codec.builtins(result),
            started_at=NOON,
            finished_at=NOON + timedelta(milliseconds=84),
            **state,
        )

    return add


@pytest.fixture
def add_effect() -> Callable[..., Effect]:
    def add(run: WorkflowRun, step: str, kind: str, **fields: Any) -> Effect:
        return Effect.objects.create(
            run=run, workspace=run.workspace, step=step, kind=kind, args={}, planned_at=NOON, **fields
        )

    return add


@pytest.fixture
def make_draft(make_run: Callable[..., WorkflowRun]) -> Callable[..., Draft]:
    def make(run: WorkflowRun | None = None, *, is_sound: bool = True, **fields: Any) -> Draft:
        run = run or make_run("done")
        checks = (
            Check(name="one_ask", hard=True, passed=True, reason=""),
            Check(name="no_invented_facts", hard=True, passed=is_sound, reason="“99 %” has no source"),
        )
        defaults = {"recipient": "mara@bright.example", "subject": "Re: Your question", "body": BODY, "writer": "rules"}
        return Draft.objects.create(
            workspace=run.workspace,
            run=run,
            lead=run.lead,
            checks=codec.builtins(checks),
            is_sound=is_sound,
            **(defaults | fields),
        )

    return make


@pytest.fixture
def rich_run(
    make_run: Callable[..., WorkflowRun],
    add_step: Callable[..., StepRun],
    add_effect: Callable[..., Effect],
    make_draft: Callable[..., Draft],
) -> WorkflowRun:
    """A waiting run with everything that a run can leave."""
    run = make_run("waiting", error_kind="Transient", error="gmail refused", failed_step="create_draft", attempt=2)
    add_step(run, "validate_submission", ENQUIRY)
    add_step(run, "resolve_contact", Contact(email="mara@bright.example"))
    add_step(run, "propose_slots", SLOTS)
    add_step(run, "load_thread", error="gmail threads.get answered 503: try later")
    add_step(run, "create_draft", "<marker@northwind.example>")
    add_effect(run, "resolve_contact", "create_contact", withheld="the workspace is DRAFT_ONLY")
    add_effect(run, "create_draft", "create_draft", state="intended", error="the reply was lost", intended_at=NOON)
    ApiCall.objects.create(
        workspace=run.workspace, run=run, step="load_thread", service="gmail", endpoint="threads.get", ms=12, at=NOON
    )
    Event.objects.create(kind="run_started", workspace=run.workspace, run=run, facts={"error": "<b>Transient</b>"})
    make_draft(run)
    return run


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """A member of staff with exactly these permissions of ours."""

    def make(*codenames: str) -> User:
        user = User.objects.create_user(f"staff-{uuid4().hex[:6]}", password="pw", is_staff=True)
        found = Permission.objects.filter(content_type__app_label="leads", codename__in=codenames)
        assert found.count() == len(codenames)
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def as_staff(person: Callable[..., User]) -> Callable[..., Client]:
    def make(*codenames: str) -> Client:
        client = Client()
        client.force_login(person(*codenames))
        return client

    return make


@pytest.fixture
def unlocked(workspace: Workspace, settings: Any) -> Workspace:
    """The workspace with every lock open."""
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    workspace.refresh_from_db()
    return workspace


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("olga", password="pw")


@pytest.fixture
def client(boss: User) -> Client:
    """Logged in as a superuser."""
    client = Client()
    client.force_login(boss)
    return client
