"""The audit: nobody changes it, and nobody's words are in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL

from leads import audit, drafts, runs, workspaces
from leads.intake import Signed, receive
from leads.models import Draft, Event, Lead, WorkflowRun, Workspace
from leads.payloads import parse
from tests.leads.driving import drive_once, drive_to_the_end, take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]
REFUSED = "the audit is append-only"
SAID = {
    "email": "wilhelmina.quartz@zebrafinch.example",
    "firstname": "Wilhelmina",
    "lastname": "Quartzenberg",
    "company": "Zebrafinch Instruments",
    "jobtitle": "Chief Xylophonist",
    "phone": "+44 20 7946 0999",
    "message": "Our glockenspiels are out of tune, what does it cost, and may we see a demonstration?",
}
NAME_OR_ID = re.compile(r"[\w.-]{1,64}")
WORDS = (
    *("wilhelmina", "quartz", "zebrafinch", "xylophonist", "7946"),
    *("glockenspiel", "out of tune", "demonstration"),
)


@pytest.fixture
def event(workspace: Workspace) -> Event:
    audit.record("run_retried", workspace, actor="olga", of=1)
    return Event.objects.get()


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def change(event: Event) -> None:
    event.actor = "nobody"
    event.save()


CHANGES: dict[str, Callable[[Event], object]] = {
    "save": change,
    "update": lambda event: Event.objects.filter(pk=event.pk).update(actor="nobody"),
    "delete": lambda event: event.delete(),
    "delete all": lambda _event: Event.objects.all().delete(),
    "SQL update": lambda _event: execute("UPDATE leads_event SET facts = '{}'"),
    "SQL delete": lambda _event: execute("DELETE FROM leads_event"),
    "bulk update": lambda event: Event.objects.bulk_update([event], ["facts"]),
}


@pytest.mark.parametrize("way", CHANGES)
def test_an_event_can_be_neither_changed_nor_deleted(event: Event, way: str) -> None:
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        CHANGES[way](event)
    kept = Event.objects.get()
    assert (kept.kind, kept.actor, kept.facts) == ("run_retried", "olga", {"of": 1})


@pytest.fixture
def truncate_guard(db: None) -> None:
    """Puts back the trigger that the tests do without, as the migration has it; the transaction takes it away again."""
    migration = MigrationLoader(connection).get_migration("leads", "0002_audit_is_append_only")
    operation = migration.operations[0]
    assert isinstance(operation, RunSQL)
    statement = next(part for part in str(operation.sql).split(";\n") if "event_no_truncate" in part)
    execute(statement)


def test_the_audit_cannot_be_truncated(event: Event, truncate_guard: None) -> None:
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        execute("TRUNCATE leads_event")
    assert Event.objects.get() == event


def test_erasing_what_an_event_is_about_leaves_the_event(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_once(take_in(lead(), workspace))
    before = list(Event.objects.order_by("pk").values())
    Draft.objects.all().delete()
    Lead.objects.all().delete()
    WorkflowRun.objects.filter(pk=run.pk).delete()
    assert list(Event.objects.order_by("pk").values()) == before


def told(rows: Any) -> str:
    """Everything that the rows say, in lower case."""
    return json.dumps(list(rows.values()), default=str, ensure_ascii=False).lower()


def assert_nothing_said(text: str) -> None:
    assert [word for word in WORDS if word in text] == []


def assert_no_sentences(run: WorkflowRun) -> None:
    """What the engine records of a run are names and ids: an error's text could quote anybody."""
    for event in Event.objects.filter(run=run, actor=""):
        for value in event.facts.values():
            assert not isinstance(value, str) or NAME_OR_ID.fullmatch(value), (event.kind, value)


def test_a_whole_run_leaves_nothing_of_the_prospect_in_the_audit(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(**SAID), sending))
    assert run.outcome == "drafted"
    assert "wilhelmina" in told(Draft.objects.all())  # the search below can find what it looks for
    assert Event.objects.filter(run=run).count() > 8
    assert_nothing_said(told(Event.objects.all()))


def test_a_run_in_trouble_leaves_nothing_of_the_prospect_in_the_audit(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    for spec in (
        "500:hubspot.contacts.get:x1",
        "drop-after:hubspot.contacts.create:x1",
        "409:hubspot.contacts.create:x1",
        "html:gmail.drafts.create:x1",
        "404:gmail.threads.modify:x1",
        "400:hubspot.notes.create:x1",
    ):
        box.control.fault(spec)
    run = take_in(lead(**SAID), sending)
    for _ in range(4):
        run = drive_to_the_end(run)
        if run.state == "done":
            break
        runs.retry(run, actor="olga")
    assert run.outcome == "drafted"
    assert {"run_waits", "step_failed", "effect_failed"} <= set(Event.objects.values_list("kind", flat=True))
    assert_nothing_said(told(Event.objects.all()))
    assert_no_sentences(run)


def test_what_people_do_about_a_run_leaves_nothing_of_the_prospect_in_the_audit(
    box: Any, lead: Make, sending: Workspace
) -> None:
    olga = User.objects.create_user("olga")
    drive_once(take_in(lead(**SAID), sending))
    drafts.reject(Draft.objects.get(), version=1, reason="Wilhelmina Quartzenberg is a friend.", by=olga)
    other = take_in(lead(**SAID) | {"formSubmissionId": "another"}, sending)
    runs.cancel(other, reason="Wilhelmina called.", actor="olga")
    workspaces.record_changes(
        sending,
        "workspace",
        sending.pk,
        "changed",
        {"suppressed": ([], [SAID["email"]]), "known_names": ([], ["Zebrafinch"])},
        actor="olga",
    )
    assert_nothing_said(told(Event.objects.all()))


@pytest.mark.parametrize(
    "payload", [{"email": "Wilhelmina at zebrafinch"}, {"email": SAID["email"], "message": SAID["message"]}]
)
def test_a_delivery_that_is_not_wanted_leaves_nothing_in_the_audit(
    workspace: Workspace, payload: dict[str, str]
) -> None:
    body = json.dumps(payload).encode()
    receive(Signed([workspace], "v3", {}, body), parse(body, workspace.created_at))
    assert_nothing_said(told(Event.objects.all()))
