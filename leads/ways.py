"""Which way submissions came, and how the polls are doing. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from leads import polling
from leads.models import AllowedForm, FormPoll, Submission, Workspace
from leads.momentary import Momentary

Via = Submission.Via
DAYS = 7
WEBHOOK_TAKES = timedelta(minutes=10)  # after that it is missing
KNOWN_FOR = 15.0  # seconds
SHOWN = (Via.WEBHOOK, Via.POLL, Via.BACKFILL)  # also where there was none

ADVICE = {
    "PermissionDenied": "The private app lacks the scope “forms”. Add it in HubSpot, under the app's scopes.",
    "AuthFailed": "HubSpot refuses the access token. Enter a new one on the Connections page.",
    "ConnectionBroken": "HubSpot refuses the access token. Enter a new one on the Connections page.",
    "KeyLost": "The token was stored with a key that is lost. Enter it again on the Connections page.",
    "NotConfigured": "There is no access token that can be used. Enter it on the Connections page.",
    "NotFound": "HubSpot has no form with this id. Check the id, or switch the form off here.",
    "RateLimited": "HubSpot asked for time. It goes on by itself.",
    "Transient": "HubSpot did not answer as it should. It goes on by itself.",
    "BudgetSpent": "The calls that may be made to HubSpot are used up for now. It goes on by itself.",
    "CircuitOpen": "HubSpot failed too often and is left alone for a while. It goes on by itself.",
}
OTHERWISE = "It is tried again by itself. If it stays so, the worker's log says more."


@dataclass(slots=True)
class Ways:
    """How many submissions came by each way; `only_polled`: those whose webhook should have come by now."""

    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SHOWN, 0))
    only_polled: int = 0

    def add(self, via: str, number: int, only_polled: int) -> None:
        self.numbers[via] = self.numbers.get(via, 0) + number
        self.only_polled += only_polled

    @property
    def parts(self) -> list[tuple[str, str, int]]:
        """Value, label and number of each way; of the rare ones only those that somebody took."""
        return [(via, Via(via).label.lower(), number) for via, number in self.numbers.items()]


_known: Momentary[str, Ways] = Momentary(1)


def ways_of(workspaces: Iterable[Workspace | int], since: datetime) -> dict[int | None, Ways]:
    """By form, None for submissions without one."""
    is_missing = Q(via=Via.POLL, delivery=None, received_at__lt=timezone.now() - WEBHOOK_TAKES)
    counted = (
        Submission.objects.filter(workspace__in=workspaces, received_at__gte=since)
        .order_by()
        .values_list("form", "via")
        .annotate(number=Count("*"), missing=Count("workspace", filter=is_missing))
    )
    found: dict[int | None, Ways] = {}
    for form, via, number, missing in counted:
        found.setdefault(form, Ways()).add(via, number, missing)
    return found


def lately() -> Ways:
    """All that came in DAYS, everywhere; as it was KNOWN_FOR ago at most."""
    return _known.recall("", KNOWN_FOR, lambda: together(ways_of(Workspace.objects.all(), start()).values()))


def together(ways: Iterable[Ways]) -> Ways:
    total = Ways()
    for one in ways:
        for via, number in one.numbers.items():
            total.add(via, number, 0)
        total.only_polled += one.only_polled
    return total


def start() -> datetime:
    """Since when they are counted."""
    return timezone.now() - timedelta(days=DAYS)


@dataclass(frozen=True, slots=True)
class PollState:
    """How a form's poll is doing: when HubSpot last answered and with how many, and what is wrong."""

    is_on: bool
    polled_at: datetime | None = None
    found: int = 0
    due_at: datetime | None = None
    failing_since: datetime | None = None
    advice: str = ""
    error: str = ""


def poll_state(form: AllowedForm) -> PollState:
    """Of a form that is switched off, or was never polled, only whether it will be; the poll comes with the form."""
    poll: FormPoll | None = getattr(form, "poll", None)
    if not polling.is_on() or not form.enabled or poll is None:
        return PollState(is_on=polling.is_on() and form.enabled)
    return PollState(
        is_on=True,
        polled_at=poll.polled_at,
        found=poll.found,
        due_at=poll.due_at,
        failing_since=poll.failing_since,
        advice=ADVICE.get(poll.error_kind, OTHERWISE) if poll.error_kind else "",
        error=poll.error,
    )
