"""HubSpot's own list of what was sent through a form, read and taken in as webhooks are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from connectors.accounts import open_forms
from connectors.ports import FormSubmission
from leads import connections, intake, twins
from leads.credentials import accounts_config
from leads.models import AllowedForm, Connection, Delivery, Submission
from leads.payloads import Arrived, BadItem, listed

WAITS_FOR_AN_EVENT = timedelta(minutes=30)


def pages(form: AllowedForm, since: datetime) -> Iterator[tuple[list[FormSubmission], bool]]:
    """What was sent since then, newest first, a page at a time, and whether it is the last one.

    Pages shift when somebody sends the form meanwhile: then one comes twice, and none is left out.
    """
    if why := connections.broken_of(form.workspace).get(Connection.Service.HUBSPOT):
        raise connections.ConnectionBroken(Connection.Service.HUBSPOT, why)
    reader = open_forms(accounts_config(form.workspace))
    after = ""
    while True:
        page = reader.submissions(form.form_id, after)
        sent = [one for one in page.submissions if one.submitted_at >= since]
        is_last = len(sent) < len(page.submissions) or page.after in {"", after}
        yield sent, is_last
        if is_last:
            return
        after = page.after


def take_in(form: AllowedForm, arrivals: Sequence[Arrived]) -> int:
    """Start a run for each that is new; how many that were. Inside a transaction."""
    _, items = intake.submit_all([form.workspace], arrivals, is_delivered=False)
    return sum(item.verdict == Delivery.Verdict.ACCEPTED for item in items)


def usable(
    form: AllowedForm, sent: Iterable[FormSubmission], via: Submission.Via
) -> tuple[list[Arrived], list[BadItem]]:
    """Those that can be answered, and why the others can't."""
    read = [listed(one, form, via) for one in sent]
    return [one for one in read if isinstance(one, Arrived)], [one for one in read if isinstance(one, BadItem)]


def unknown(form: AllowedForm, arrivals: Sequence[Arrived]) -> list[Arrived]:
    """Those that did not come before under the same id."""
    keys = {one.dedupe_key for one in arrivals}
    known = Submission.objects.filter(workspace=form.workspace, dedupe_key__in=keys)
    came = set(known.values_list("dedupe_key", flat=True))
    return [one for one in arrivals if one.dedupe_key not in came]


def settled(form: AllowedForm, arrivals: Sequence[Arrived]) -> list[Arrived]:
    """Without those that may be what an event told of whose run does not know yet who it is: they wait for it."""
    since = timezone.now() - WAITS_FOR_AN_EVENT
    if not any(one.submitted.submitted_at >= since for one in arrivals):
        return [*arrivals]
    moments = twins.of_nobody_yet(form.workspace_id, since)
    return [one for one in arrivals if not any(twins.is_near(one.submitted.submitted_at, at) for at in moments)]
