"""Everything that ever happened with a lead, newest first, a bounded page at a time. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum
from itertools import groupby
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from leads import codec
from leads.facts import Submitted
from leads.identifiers import identifier
from leads.models import Delivery, Draft, Effect, Event, Lead, Submission, WorkflowRun
from leads.readable import LONG, Fact, words
from leads.sentences import sentence
from leads.timeline import effect_view

SIZE = 60
# What other entries of the same page say already, and better.
SAID_ELSEWHERE = ["run_accepted", "run_started", "effect_done", "effect_failed", "step_failed"]


class Kind(IntEnum):
    """What an entry is about; of two in the same instant, the smaller one happened first."""

    DELIVERY = 1
    SUBMISSION = 2
    RUN = 3
    EFFECT = 4
    DRAFT = 5
    EVENT = 6


MODELS: Mapping[Kind, Any] = {
    Kind.DELIVERY: Delivery.objects.defer("body", "headers"),
    Kind.SUBMISSION: Submission.objects.select_related("form"),
    Kind.RUN: WorkflowRun.objects.all(),
    Kind.EFFECT: Effect.objects.defer("args"),
    Kind.DRAFT: Draft.objects.select_related("reviewed_by").defer("checks"),
    Kind.EVENT: Event.objects.all(),
}
NEEDS = {kind: f"leads.view_{rows.model.__name__.lower()}" for kind, rows in MODELS.items()}

SPINE = """
SELECT kind, id, at FROM (
  SELECT 2 AS kind, id, received_at AS at FROM leads_submission WHERE lead_id = %(lead)s
  UNION ALL SELECT 3, id, created_at FROM leads_workflowrun WHERE lead_id = %(lead)s
  UNION ALL SELECT 5, id, created_at FROM leads_draft WHERE lead_id = %(lead)s
  UNION ALL SELECT 1, again.id, again.received_at FROM leads_submission AS s
    JOIN leads_delivery AS again ON again.replay_of_id = s.delivery_id WHERE s.lead_id = %(lead)s
  UNION ALL SELECT 4, e.id, coalesce(e.done_at, e.intended_at, e.planned_at) FROM leads_workflowrun AS r
    JOIN leads_effect AS e ON e.run_id = r.id WHERE r.lead_id = %(lead)s
  UNION ALL SELECT 6, v.id, v.at FROM leads_workflowrun AS r
    JOIN leads_event AS v ON v.run_id = r.id WHERE r.lead_id = %(lead)s AND v.kind <> ALL (%(said)s)
  UNION ALL SELECT 6, v.id, v.at FROM leads_event AS v WHERE v.kind = 'submission_corrected'
    AND (v.facts ->> 'submission')::bigint IN (
      SELECT id FROM leads_submission WHERE lead_id = %(lead)s
      UNION SELECT submission_id FROM leads_workflowrun WHERE lead_id = %(lead)s)
) AS happened
WHERE kind = ANY (%(kinds)s) AND (at, kind, id) < (%(at)s, %(kind)s, %(id)s)
ORDER BY at DESC, kind DESC, id DESC LIMIT %(most)s"""
THE_END = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: `model` and `pk` say what it is about, `state` and `label` how it stands now."""

    kind: Kind
    at: datetime
    title: str
    text: str = ""
    facts: tuple[Fact, ...] = ()
    state: str = ""
    label: str = ""
    model: str = ""
    pk: int = 0
    by: str = ""

    @property
    def name(self) -> str:
        return self.kind.name.lower()


@dataclass(frozen=True, slots=True)
class Page:
    """Days with what happened in each, newest first; `older` is where the next page begins, in an address."""

    days: list[tuple[date, list[Entry]]]
    older: str


def activity(lead: Lead, kinds: Collection[Kind] = tuple(Kind), before: str = "") -> Page:
    """A page of it. One query for what there is, and one for each kind of thing on the page."""
    at, kind, pk = edge_of(before)
    asked: dict[str, Any] = {"lead": lead.pk, "said": SAID_ELSEWHERE, "kinds": list(map(int, kinds)), "most": SIZE + 1}
    with connection.cursor() as cursor:
        cursor.execute(SPINE, asked | {"at": at, "kind": kind, "id": pk})
        spine = [(Kind(kind), pk, at) for kind, pk, at in cursor.fetchall()]
    shown = spine[:SIZE]
    entries = list(filled(shown))
    days = [(day, list(some)) for day, some in groupby(entries, lambda entry: timezone.localdate(entry.at))]
    older = edge(*shown[-1]) if len(spine) > SIZE else ""
    return Page(days, older)


def edge(kind: Kind, pk: int, at: datetime) -> str:
    """The end of a page, as it stands in an address."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{int(kind)}~{pk}"


def edge_of(before: str) -> tuple[datetime, int, int]:
    """Where a page begins; at the newest for what makes no sense."""
    moment, _, rest = before.partition("~")
    kind, _, pk = rest.partition("~")
    try:
        at = parse_datetime(moment)
    except ValueError:
        at = None
    numbers = identifier(kind), identifier(pk)
    if at is None or at.tzinfo is None or numbers[0] is None or numbers[1] is None:
        return THE_END, 0, 0
    return at, min(numbers[0], 99), numbers[1]


def filled(spine: Collection[tuple[Kind, int, datetime]]) -> Iterator[Entry]:
    """The entries of these things; one that was erased a moment ago is left out."""
    wanted: dict[Kind, set[int]] = defaultdict(set)
    for kind, pk, _ in spine:
        wanted[kind].add(pk)
    found = {kind: MODELS[kind].in_bulk(pks) for kind, pks in wanted.items()}
    for kind, pk, at in spine:
        if (row := found[kind].get(pk)) is not None:
            yield TOLD[kind](row, at)


def of_delivery(delivery: Delivery, at: datetime) -> Entry:
    return Entry(
        Kind.DELIVERY,
        at,
        f"{delivery} replayed an earlier one",
        text=delivery.reason,
        state=delivery.verdict,
        label=delivery.get_verdict_display(),
        model="delivery",
        pk=delivery.pk,
    )


def of_submission(submission: Submission, at: datetime) -> Entry:
    """The form in the prospect's own words: what they wrote as text, the short fields as facts."""
    try:
        fields = codec.decode(submission.payload, Submitted).fields
    except codec.Unreadable:
        fields = {}
    through = f"“{submission.form}”" if submission.form else submission.get_source_display().lower()
    long = [value for value in fields.values() if len(value) > LONG or "\n" in value]
    said = next((fields[name] for name in ("message", "comments", "comment") if fields.get(name)), "")
    text = said or max(long, key=len, default="")
    facts = tuple(Fact(words(name), value) for name, value in fields.items() if value and value != text)
    title = f"Filled in {through}" if submission.form else f"Came through {through}"
    return Entry(Kind.SUBMISSION, at, title, text=text, facts=facts, model="submission", pk=submission.pk)


def of_run(run: WorkflowRun, at: datetime) -> Entry:
    text = run.reason or (f"{run.error_kind}: {run.error}" if run.error_kind else "")
    label = run.get_outcome_display() or run.get_state_display()
    return Entry(
        Kind.RUN, at, f"{run} was accepted", text=text, state=run.state, label=label, model="workflowrun", pk=run.pk
    )


def of_effect(effect: Effect, at: datetime) -> Entry:
    view = effect_view(effect)
    state = "failed" if view.has_failed else effect.state
    ids = tuple(Fact(words(name), value) for name, value in view.ids.items())
    return Entry(Kind.EFFECT, at, view.title, text=view.why, facts=ids, state=state, label=view.state.capitalize())


def of_draft(draft: Draft, at: datetime) -> Entry:
    return Entry(
        Kind.DRAFT,
        at,
        draft.subject or f"Draft {draft.pk}",
        text=draft.body,
        state=draft.status,
        label=draft.get_status_display(),
        model="draft",
        pk=draft.pk,
        by=verdict(draft),
    )


def verdict(draft: Draft) -> str:
    """What became of it, who decided, and why."""
    if draft.status == Draft.Status.READY:
        return f"Came back: {draft.returned_because}" if draft.returned_because else ""
    said = draft.get_status_display()
    if draft.reviewed_by:
        decided = draft.status in {Draft.Status.APPROVED, Draft.Status.REJECTED}
        said += f" by {draft.reviewed_by}" if decided else f", approved by {draft.reviewed_by}"
    return f"{said}: {draft.rejected_because}" if draft.rejected_because else said


def of_event(event: Event, at: datetime) -> Entry:
    return Entry(Kind.EVENT, at, sentence(event), model="event", pk=event.pk, by=event.actor)


TOLD: Mapping[Kind, Callable[[Any, datetime], Entry]] = {
    Kind.DELIVERY: of_delivery,
    Kind.SUBMISSION: of_submission,
    Kind.RUN: of_run,
    Kind.EFFECT: of_effect,
    Kind.DRAFT: of_draft,
    Kind.EVENT: of_event,
}
