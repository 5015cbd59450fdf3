"""Submissions that nobody answers: kept without a run, accepted and not kept, or in HubSpot and never come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from leads import audit, call_log, deliveries, listing
from leads.engine.bell import ring
from leads.models import AllowedForm, Delivery, Submission, WorkflowRun, Workspace
from leads.payloads import Arrived
from leads.reconciliation.finding import Check, Finding, in_time, lately
from leads.restores import key_of

SINCE = timedelta(days=2)  # of HubSpot's lists; for older ones there are backfills
PAGES = 5  # of each list
LOST = """
SELECT delivery.id FROM leads_delivery AS delivery
WHERE delivery.workspace_id = %s AND delivery.received_at >= %s AND delivery.verdict = 'accepted'
  AND NOT EXISTS (SELECT FROM leads_delivery AS again WHERE again.replay_of_id = delivery.id) AND EXISTS (
  SELECT FROM jsonb_array_elements(delivery.items) AS item
  WHERE item ->> 'verdict' = 'accepted'
    AND NOT EXISTS (SELECT FROM leads_workflowrun AS run WHERE run.id = (item ->> 'run')::bigint))
ORDER BY delivery.id LIMIT 100
"""


def without_run(workspace: Workspace) -> Iterator[Finding]:
    kept = Submission.objects.filter(workspace=workspace, received_at__gte=lately(), runs=None)
    for pk in kept.order_by("pk").values_list("pk", flat=True).iterator():
        yield Finding(str(pk), f"Submission {pk} is kept, and no run answers it.")


def begin(workspace: Workspace, subject: str, actor: str) -> None:
    # Race: two people. Whoever gets the submission's row first begins its run.
    with transaction.atomic():
        submission = Submission.objects.select_for_update(of=("self",)).get(pk=subject, workspace=workspace)
        if submission.runs.exists():
            return
        key = key_of(workspace.pk, submission.dedupe_key, 1)
        run = WorkflowRun.objects.create(
            workspace=workspace, submission=submission, lead_id=submission.lead_id, key=key
        )
        audit.record("run_accepted", workspace, actor=actor, run=run, submission=submission.pk)
        ring(run.pk)


def lost(workspace: Workspace) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(LOST, [workspace.pk, lately()])
        found = [pk for (pk,) in cursor.fetchall()]
    for pk in found:
        yield Finding(str(pk), f"Delivery {pk} was accepted, and a run of it is not there.")


def take_in_again(workspace: Workspace, subject: str, actor: str) -> None:
    deliveries.replay(Delivery.objects.get(pk=subject, workspace=workspace), actor=actor)


def never_came(workspace: Workspace) -> Iterator[Finding]:
    for form in in_time(workspace.forms.filter(enabled=True).select_related("workspace").order_by("pk")):
        if number := len(missing(form)):
            said = f"{number} submission{'s' if number > 1 else ''} of “{form.name}” in HubSpot never came here."
            yield Finding(str(form.pk), said)


def missing(form: AllowedForm) -> list[Arrived]:
    """What HubSpot lists and nobody brought, of the last days and never of before the form was answered."""
    since = max(form.answered_since, timezone.now() - SINCE)
    found: list[Arrived] = []
    with call_log.noted(form.workspace, "reconciliation"):
        for sent, _ in islice(listing.pages(form, since), PAGES):
            arrivals, _ = listing.usable(form, sent, Submission.Via.POLL)
            found += listing.settled(form, listing.unknown(form, arrivals))
    return found


def fetch(workspace: Workspace, subject: str, _actor: str) -> None:
    form = workspace.forms.filter(enabled=True).select_related("workspace").get(pk=subject)
    arrivals = missing(form)
    with transaction.atomic():
        listing.take_in(form, listing.unknown(form, arrivals))


WITHOUT_RUN = Check(
    "Submissions without a run",
    "Kept, and answered by nobody.",
    "Begin its run",
    without_run,
    begin,
    is_automatic=True,
)
LOST_RUN = Check(
    "Deliveries without their run",
    "HubSpot was told that they were accepted.",
    "Take it in again",
    lost,
    take_in_again,
)
NEVER_CAME = Check(
    "In HubSpot, and never came",
    f"Sent through an allowed form in the last {SINCE.days} days, and brought by no webhook and no poll.",
    "Answer them",
    never_came,
    fetch,
)
