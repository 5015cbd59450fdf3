"""The meeting times that drafts offer, held against the clock: what was ahead when it was written may have passed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from leads import codec, slots
from leads.facts import Slot
from leads.models import Draft, DraftRevision, StepRun


def on_offer(drafts: Collection[int]) -> dict[int, tuple[Slot, ...]]:
    """What each draft offers now: the times of its newest revision, else those that its writer chose, else the plan's.

    One query.
    """
    newest = DraftRevision.objects.filter(draft=OuterRef("pk")).order_by("-number").values("slots")[:1]
    steps = StepRun.objects.filter(run=OuterRef("run"))
    chosen = steps.filter(name="write_draft").exclude(result__slots=None).values("result__slots")[:1]
    plan = steps.filter(name="plan_next_step").values("result__slots")[:1]
    offered = Coalesce(Subquery(newest), Subquery(chosen), Subquery(plan))
    rows = Draft.objects.filter(pk__in=drafts).annotate(offered=offered)
    return {pk: readable(offered) for pk, offered in rows.values_list("pk", "offered")}


def readable(offered: object) -> tuple[Slot, ...]:
    try:
        return codec.decode(offered or [], tuple[Slot, ...])
    except codec.Unreadable:
        return ()


def late(times: Sequence[Slot], notice_hours: int, now: datetime) -> list[Slot]:
    """Those that nobody can be met at any more with due notice."""
    soonest = slots.soonest(notice_hours, now)
    return [slot for slot in times if slot.start < soonest]


def is_late(draft: Draft, now: datetime) -> bool:
    """Whether the draft offers such a time."""
    return bool(late(on_offer([draft.pk]).get(draft.pk, ()), draft.workspace.notice_hours, now))
