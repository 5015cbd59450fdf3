"""Forms that somebody filled in and nobody has allowed. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from leads.models import AllowedForm, Delivery, Workspace
from leads.payloads import Arrived, Unparseable, parse

LOOK_BACK = 1000  # deliveries
SHOWN = 10
FOR_ITS_FORM = "formId: "  # how `leads.intake` begins to say why


@dataclass(slots=True)
class SeenForm:
    """A form by its id; `name` is the title of the page that it was on, if that was said."""

    form_id: str
    name: str
    times: int
    last_at: datetime


def seen_forms(workspace: Workspace) -> list[SeenForm]:
    """Those of the newest deliveries that were ignored for it, the newest first."""
    allowed = set(AllowedForm.objects.filter(workspace=workspace).values_list("form_id", flat=True))
    # A delivery of which it is not known whose it is may be meant for this workspace.
    newest = Delivery.objects.filter(Q(workspace=workspace) | Q(workspace=None)).order_by("-pk")
    found: dict[str, SeenForm] = {}
    newest_of: dict[str, int] = {}
    for pk, verdict, form_id, at in newest.values_list("pk", "verdict", "form_id", "received_at")[:LOOK_BACK]:
        if verdict != Delivery.Verdict.IGNORED or not form_id or form_id in allowed:
            continue
        found.setdefault(form_id, SeenForm(form_id, "", 0, at)).times += 1
        newest_of.setdefault(form_id, pk)
    shown = list(found.values())[:SHOWN]
    bodies = Delivery.objects.filter(pk__in=[newest_of[one.form_id] for one in shown]).values_list("form_id", "body")
    titles = {form_id: next(titles_in(bytes(body)), "") for form_id, body in bodies}
    for one in shown:
        one.name = titles.get(one.form_id, "")
    return shown


def who_waited(workspace: Workspace) -> dict[str, list[int]]:
    """Of the newest deliveries those that were ignored for a form which is answered now, by its id; the oldest first.

    One that was taken in again since is not among them.
    """
    answered = set(AllowedForm.objects.filter(workspace=workspace, enabled=True).values_list("form_id", flat=True))
    newest = Delivery.objects.filter(Q(workspace=workspace) | Q(workspace=None)).order_by("-pk")
    found = [
        (pk, form_id)
        for pk, verdict, form_id, reason in newest.values_list("pk", "verdict", "form_id", "reason")[:LOOK_BACK]
        if verdict == Delivery.Verdict.IGNORED and form_id in answered and reason.startswith(FOR_ITS_FORM)
    ]
    if not found:
        return {}
    again = set(Delivery.objects.filter(replay_of__in=[pk for pk, _ in found]).values_list("replay_of", flat=True))
    waited: dict[str, list[int]] = {}
    for pk, form_id in reversed(found):
        if pk not in again:
            waited.setdefault(form_id, []).append(pk)
    return waited


def titles_in(body: bytes) -> Iterator[str]:
    try:
        arrivals = parse(body, timezone.now())
    except Unparseable:
        return
    yield from (one.submitted.page_title for one in arrivals if isinstance(one, Arrived) and one.submitted.page_title)
