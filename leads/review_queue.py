"""The drafts that wait for a person: those that came back first, then the oldest. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils import timezone

from leads import lacks, offers
from leads.models import AllowedForm, Draft, Workspace

MOST = 100  # drafts in the queue at once
NAMES = ("workspace", "form", "sound", "lacks")  # of the filters
SHOWN = (
    *("subject", "recipient", "is_sound", "lacks", "created_at", "returned_because"),
    *("lead__first_name", "lead__last_name", "lead__email", "lead__company"),
    *("workspace__name", "workspace__notice_hours", "run__submission__form__name"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which drafts of the queue are wanted; empty means all."""

    workspace: str = ""
    form: str = ""
    sound: str = ""
    lacks: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filters:
        """Whatever of the query string makes sense."""
        workspace, form, *said = (asked.get(name, "") for name in NAMES)
        return cls(number(workspace), number(form), *(word if word in {"yes", "no"} else "" for word in said))

    def of_queue(self) -> tuple[QuerySet[Draft], QuerySet[Draft]]:
        """Those that came back, and the others; each goes by an index of its own."""
        wanted = {
            **({"workspace_id": self.workspace} if self.workspace else {}),
            **({"run__submission__form_id": self.form} if self.form else {}),
            **({"is_sound": self.sound == "yes"} if self.sound else {}),
        }
        ready = Draft.objects.filter(status=Draft.Status.READY, **wanted)
        if self.lacks:
            ready = ready.exclude(lacks=[]) if self.lacks == "yes" else ready.filter(lacks=[])
        came_back = ready.exclude(returned_because="").order_by("returned_at", "pk")
        return came_back, ready.filter(returned_because="").order_by("created_at", "pk")

    def first(self) -> int | None:
        """The draft that is to be read next."""
        for some in self.of_queue():
            if (pk := some.values_list("pk", flat=True).first()) is not None:
                return pk
        return None

    @property
    def query(self) -> str:
        """As it stands in an address, with its question mark."""
        chosen = urlencode({name: value for name, value in asdict(self).items() if value})
        return f"?{chosen}" if chosen else ""

    @property
    def argument(self) -> str:
        """As it names the live region."""
        return f"{self.workspace}.{self.form}.{self.sound}.{self.lacks}"

    @classmethod
    def from_argument(cls, argument: str) -> Filters:
        return cls.of(dict(zip(NAMES, argument.split("."), strict=False)))


def number(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 10 else ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue."""

    id: int
    name: str
    company: str
    subject: str
    form: str
    workspace: str
    since: datetime
    is_sound: bool
    is_late: bool
    """A time on offer has passed, or is too near."""
    came_back: bool
    """It was approved, and something stopped it."""
    without: str
    """What it was written without, like “documents and meeting times”; empty for one that has it all."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The oldest drafts that wait, and whether there are more of them."""

    items: list[Waiting]
    has_more: bool

    @property
    def size(self) -> str:
        return f"{len(self.items)}{'+' if self.has_more else ''}"


def queue_of(filters: Filters) -> Queue:
    """Three queries."""
    rows: list[Draft] = []
    for some in filters.of_queue():
        rows += some.select_related("lead", "workspace", "run__submission__form").only(*SHOWN)[: MOST + 1 - len(rows)]
    times, now = offers.on_offer([draft.pk for draft in rows]), timezone.now()
    items = [
        waiting(draft, is_late=bool(offers.late(times.get(draft.pk, ()), draft.workspace.notice_hours, now)))
        for draft in rows[:MOST]
    ]
    return Queue(items, has_more=len(rows) > MOST)


def waiting(draft: Draft, *, is_late: bool) -> Waiting:
    form = draft.run.submission.form
    return Waiting(
        id=draft.pk,
        name=str(draft.lead) if draft.lead else draft.recipient,
        company=draft.lead.company if draft.lead else "",
        subject=draft.subject,
        form=form.name if form else "",
        workspace=draft.workspace.name,
        since=draft.created_at,
        is_sound=draft.is_sound,
        is_late=is_late,
        came_back=bool(draft.returned_because),
        without=lacks.summed_up(missing) if (missing := lacks.missing_in(draft)) else "",
    )


def choices() -> tuple[list[Workspace], list[AllowedForm]]:
    """What the queue can be filtered by. Two queries."""
    workspaces = list(Workspace.objects.only("name").order_by("name")[:MOST])
    return workspaces, list(AllowedForm.objects.select_related("workspace").order_by("name")[:MOST])
