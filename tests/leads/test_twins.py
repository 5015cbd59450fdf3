"""One submission in several shapes: webhook, workflow, subscription, HubSpot's list. It starts one run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from connectors.ports import FormSubmission
from leads import intake
from leads.models import AllowedForm, Delivery, HeldTime, Lead, Submission, WorkflowRun, Workspace
from leads.payloads import Arrived, BadItem, listed, one
from tests.conftest import FORM_ID, default_workspace

pytestmark = pytest.mark.django_db

Via = Submission.Via
Verdict = Delivery.Verdict
SENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MARA = {"email": "mara@brightfreight.example", "message": "What does it cost?"}


def stamp(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def flat(**more: Any) -> dict[str, Any]:
    values = [{"name": name, "value": value} for name, value in MARA.items()]
    return {"portalId": 4242, "formId": FORM_ID, "timestamp": stamp(SENT), "fieldValues": values} | more


def workflow(**more: Any) -> dict[str, Any]:
    entry = {"conversion-id": "c-1", "form-id": FORM_ID, "timestamp": stamp(SENT)} | more
    properties = {name: {"value": value} for name, value in MARA.items()}
    return {"vid": 7, "portal-id": 4242, "properties": properties, "form-submissions": [entry]}


def of_ones_own(**more: Any) -> dict[str, Any]:
    """A body that the customer chose in HubSpot: it has no id and no time."""
    return {"portalId": 4242, "formId": FORM_ID, **MARA} | more


def deliver(workspace: Workspace, payload: dict[str, Any], came: datetime | None = None) -> intake.Item:
    arrival = one(payload, came or timezone.now())
    return intake.receive(intake.Signed([workspace], "v3", {}, repr(payload).encode()), [arrival])[0]


def list_it(workspace: Workspace, conversion_id: str = "c-1", at: datetime = SENT, via: Via = Via.POLL) -> intake.Item:
    return intake.submit(workspace, in_list(workspace, conversion_id, at, via))


def in_list(workspace: Workspace, conversion_id: str, at: datetime = SENT, via: Via = Via.POLL) -> Arrived:
    form = AllowedForm.objects.select_related("workspace").get(workspace=workspace, form_id=FORM_ID)
    found = listed(FormSubmission(conversion_id, at, dict(MARA)), form, via)
    assert not isinstance(found, BadItem)
    return found


@pytest.mark.parametrize(
    "payload",
    [
        flat(formSubmissionId="c-1"),
        flat(formSubmissionId="c-1", portalId=None),
        flat(formSubmissionId="c-1", timestamp=None),
        flat(formSubmissionId="an id of the sender's own"),
        flat(),
        workflow(),
        of_ones_own(conversionId="c-1"),
        of_ones_own(timestamp=stamp(SENT)),
    ],
    ids=["same id", "no portal", "no time", "other id", "no id", "workflow", "own body, id", "own body, time"],
)
@pytest.mark.parametrize("poll_first", [True, False], ids=["poll first", "webhook first"])
def test_what_the_list_has_and_the_webhook_brings_is_one(
    workspace: Workspace, payload: dict[str, Any], *, poll_first: bool
) -> None:
    if poll_first:
        first, second = list_it(workspace), deliver(workspace, payload)
    else:
        first, second = deliver(workspace, payload), list_it(workspace)
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.DUPLICATE), second.reason
    assert second.run == first.run
    assert second.reason == f"submission {first.submission} came before"
    assert WorkflowRun.objects.count() == Submission.objects.count() == 1
    assert list_it(workspace).verdict == deliver(workspace, payload).verdict == Verdict.DUPLICATE


def test_a_workspace_without_a_portal_id_knows_it_again(workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(portal_id="")
    workspace.refresh_from_db()
    assert deliver(workspace, workflow()).verdict == Verdict.ACCEPTED
    assert list_it(workspace).verdict == Verdict.DUPLICATE


def test_a_webhook_without_id_and_time_is_what_was_sent_up_to_an_hour_before(workspace: Workspace) -> None:
    assert deliver(workspace, of_ones_own()).verdict == Verdict.ACCEPTED
    minutes = timedelta(minutes=20)
    assert list_it(workspace, at=timezone.now() - minutes).verdict == Verdict.DUPLICATE
    assert list_it(workspace, "c-2", at=timezone.now() - 6 * minutes).verdict == Verdict.ACCEPTED


def test_a_webhook_that_came_at_once_does_not_hide_what_was_sent_before(workspace: Workspace) -> None:
    now = timezone.now()
    assert (
        deliver(workspace, workflow(timestamp=stamp(now), **{"conversion-id": "c-2"}), now).verdict == Verdict.ACCEPTED
    )
    assert list_it(workspace, "c-2", at=now).verdict == Verdict.DUPLICATE
    assert list_it(workspace, "c-1", at=now - timedelta(minutes=20)).verdict == Verdict.ACCEPTED


def test_it_is_known_again_when_hubspot_could_deliver_it_only_a_day_later(workspace: Workspace) -> None:
    assert list_it(workspace, at=timezone.now() - timedelta(days=1)).verdict == Verdict.ACCEPTED
    assert deliver(workspace, of_ones_own()).verdict == Verdict.DUPLICATE
    assert deliver(workspace, of_ones_own(message="And what about support?")).verdict == Verdict.ACCEPTED


def test_two_of_the_list_are_two_however_close(workspace: Workspace) -> None:
    assert [list_it(workspace, name).verdict for name in ("c-1", "c-2", "c-1")] == [
        Verdict.ACCEPTED,
        Verdict.ACCEPTED,
        Verdict.DUPLICATE,
    ]


def test_two_webhooks_with_ids_of_their_own_are_two(workspace: Workspace) -> None:
    assert [deliver(workspace, flat(formSubmissionId=name)).verdict for name in "ab"] == [Verdict.ACCEPTED] * 2


def test_the_same_person_later_or_through_another_form_is_another_submission(workspace: Workspace) -> None:
    other = AllowedForm.objects.exclude(form_id=FORM_ID).get(workspace=workspace)
    assert deliver(workspace, flat(formSubmissionId="x", formId=other.form_id)).verdict == Verdict.ACCEPTED
    assert deliver(workspace, flat(formSubmissionId="y", timestamp=stamp(SENT - timedelta(minutes=1)))).run
    assert list_it(workspace).verdict == Verdict.ACCEPTED


def test_a_contact_that_was_answered_as_an_event_is_not_answered_as_a_form(workspace: Workspace) -> None:
    at = SENT + timedelta(seconds=4)
    event = {"subscriptionType": "contact.creation", "portalId": 4242, "objectId": 31, "eventId": 1}
    told = deliver(workspace, event | {"occurredAt": stamp(at)})
    lead = Lead.objects.create(workspace=workspace, email=MARA["email"])
    Submission.objects.filter(pk=told.submission).update(lead=lead)  # as its run does
    assert list_it(workspace).verdict == Verdict.DUPLICATE
    assert list_it(workspace, "c-2", at=SENT + timedelta(hours=1)).verdict == Verdict.ACCEPTED


def test_each_submission_says_which_way_it_came(workspace: Workspace) -> None:
    deliver(workspace, flat(formSubmissionId="a"))
    list_it(workspace, "b", at=SENT + timedelta(hours=1))
    list_it(workspace, "c", at=SENT + timedelta(hours=2), via=Via.BACKFILL)
    assert [*Submission.objects.order_by("pk").values_list("via", flat=True)] == ["webhook", "poll", "backfill"]


def test_a_webhook_that_comes_after_the_poll_is_noted(workspace: Workspace) -> None:
    list_it(workspace)
    assert Submission.objects.get().delivery is None
    deliver(workspace, flat(formSubmissionId="c-1"))
    first = Submission.objects.get().delivery
    assert first == Delivery.objects.get()
    deliver(workspace, flat(formSubmissionId="c-1"))
    assert Submission.objects.get().delivery == first


@pytest.mark.django_db(transaction=True)
def test_no_delivery_waits_for_who_only_refers_to_its_lead() -> None:
    workspace = default_workspace()
    first = deliver(workspace, flat(formSubmissionId="a"))
    lead = Lead.objects.get()

    def again() -> intake.Item:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            return deliver(workspace, flat(formSubmissionId="b"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        HeldTime.objects.create(workspace=workspace, run_id=first.run, lead=lead, at=SENT, until=SENT)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit checks, and locks
        assert thread.submit(again).result().verdict == Verdict.ACCEPTED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("payload", [flat(formSubmissionId="c-1"), flat(formSubmissionId="other"), of_ones_own()])
def test_webhook_and_poll_at_the_same_moment_start_one_run(payload: dict[str, Any]) -> None:
    workspace = default_workspace()
    rounds = 25
    start = Barrier(2)

    def run(act: Callable[[], intake.Item]) -> str:
        try:
            start.wait()
            return act().verdict
        finally:
            connection.close()

    verdicts = []
    with ThreadPoolExecutor(2) as threads:
        for number in range(rounds):
            at = timezone.now() - timedelta(seconds=1)
            who = {"email": f"mara{number}@brightfreight.example"}
            told = payload | ({"email": who["email"]} if "email" in payload else {})
            if "fieldValues" in payload:
                values = [{"name": "email", "value": who["email"]}]
                told |= {"fieldValues": values, "timestamp": stamp(at)}
                told["formSubmissionId"] += str(number)
            found = FormSubmission(f"c-1{number}", at, who)
            form = AllowedForm.objects.select_related("workspace").get(workspace=workspace, form_id=FORM_ID)
            polled = listed(found, form, Via.POLL)
            assert isinstance(polled, Arrived)
            acts = (lambda told=told: deliver(workspace, told), lambda polled=polled: intake.submit(workspace, polled))
            verdicts.append({*threads.map(run, acts)})
    assert verdicts == [{Verdict.ACCEPTED, Verdict.DUPLICATE}] * rounds
    assert WorkflowRun.objects.count() == rounds
