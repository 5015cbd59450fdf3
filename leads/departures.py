"""What is on its way out, what came back, what is kept and what has left: all of the Outbox page. Reads only.

Each list is bounded, and goes by an index of its own: a draft has a row in `Sending` for as long as it is on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from leads.models import Draft, Sending, Workspace
from leads.readable import zone_named

Status = Draft.Status
SHOWN = 50  # of each list
FEW = 10  # of those that have left
CAP = 1000  # beyond which a number is "1000+"

PUT_OFF = ~Q(waits_for="") | ~Q(error_kind="")
RELATED = ("draft__lead", "draft__workspace", "draft__run", "workspace", "approved_by")
# The text of a mail, and what its checks said, are of no use in a list.
LARGE = ("body", "checks", "model_use", "intents", "asset_ids")


@dataclass(frozen=True, slots=True)
class Some[T]:
    """The first of a kind, and how many there are."""

    rows: list[T]
    number: int

    @property
    def count(self) -> str:
        return f"{CAP}+" if self.number > CAP else str(self.number)

    @property
    def more(self) -> bool:
        return self.number > len(self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True, slots=True)
class Departures:
    """`uncertain` needs a person; `leaving` goes by itself; `waiting` is put off; `kept` was approved and stays."""

    uncertain: Some[Sending]
    leaving: Some[Sending]
    waiting: Some[Sending]
    returned: Some[Draft]
    kept: Some[Draft]
    sent: Some[Draft]
    cap: int | None
    """The most that may be sent in a day, of one workspace."""


def departures(workspace: Workspace | None) -> Departures:
    """Of one workspace, or of all. A bounded number of queries."""
    of = {"workspace": workspace} if workspace else {}
    going = Sending.objects.filter(**of).exclude(draft__status=Status.UNCERTAIN).order_by("due_at", "pk")
    unclear = Sending.objects.filter(**of, draft__status=Status.UNCERTAIN).order_by("scheduled_at", "pk")
    found = Draft.objects.filter(**of)
    returned = found.filter(status=Status.READY).exclude(returned_because="").order_by("-returned_at", "-pk")
    kept = found.filter(status=Status.APPROVED).order_by("-reviewed_at", "-pk")
    sent = found.filter(status=Status.SENT, sent_at__gte=midnight(workspace)).order_by("-sent_at", "-pk")
    return Departures(
        uncertain=sendings(unclear),
        leaving=sendings(going.exclude(PUT_OFF)),
        waiting=sendings(going.filter(PUT_OFF)),
        returned=drafts(returned),
        kept=drafts(kept),
        sent=drafts(sent, FEW),
        cap=workspace.daily_cap if workspace else None,
    )


def leaving(workspace: int | None, most: int = FEW) -> Some[Sending]:
    """What goes out now, the soonest first, of the workspace with this id or of all."""
    of = {"workspace": workspace} if workspace else {}
    going = Sending.objects.filter(**of).exclude(draft__status=Status.UNCERTAIN).exclude(PUT_OFF)
    loaded = going.select_related("draft__lead").defer(*(f"draft__{name}" for name in LARGE)).order_by("due_at", "pk")
    return some(going, loaded, most)


def sendings(queryset: QuerySet[Sending]) -> Some[Sending]:
    deferred = [f"draft__{name}" for name in LARGE]
    return some(queryset, queryset.select_related(*RELATED).defer(*deferred), SHOWN)


def drafts(queryset: QuerySet[Draft], most: int = SHOWN) -> Some[Draft]:
    return some(queryset, queryset.select_related("lead", "workspace", "reviewed_by").defer(*LARGE), most)


def some[T](queryset: Any, loaded: Any, most: int) -> Some[T]:
    """The rows, and their number; which is not asked for where it is seen."""
    rows = list(loaded[: most + 1])
    number = len(rows) if len(rows) <= most else queryset.values("pk")[: CAP + 1].count()
    return Some(rows[:most], number)


def midnight(workspace: Workspace | None) -> datetime:
    """The beginning of today, by the workspace's clock; of all workspaces, by the viewer's."""
    now = timezone.localtime(timezone=zone_named(workspace.timezone) if workspace else None)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def uncertain(workspace: Workspace | None) -> int:
    """How many drafts may have been sent and wait for a person to say. These numbers are capped."""
    of = {"workspace": workspace} if workspace else {}
    return Sending.objects.filter(**of, draft__status=Status.UNCERTAIN).values("pk")[:CAP].count()


def scheduled(workspace: Workspace) -> int:
    """How many drafts go back to review if DRAFT_ONLY is turned on now."""
    return Draft.objects.filter(workspace=workspace, status=Status.SCHEDULED).values("pk")[:CAP].count()


def kept(workspace: Workspace) -> int:
    """How many drafts were approved and stay in the mailbox."""
    return Draft.objects.filter(workspace=workspace, status=Status.APPROVED).values("pk")[:CAP].count()
