"""The shape of a week at Northwind: when people write, what breaks, and who deals with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from google.auth.exceptions import RefreshError

from connectors.errors import ConnectorError
from connectors.google_errors import google_error
from connectors.watch import Operation
from leads.connections import ConnectionBroken
from leads.history.accounts import Clock, Trouble, google_refuses, google_times_out, hubspot_refuses, is_known
from leads.history.simulation import Memory, State, cancel, retry

ZONE = ZoneInfo("Europe/Copenhagen")
# How many write in each hour of a working day, from midnight on.
DAY = (2, 1, 1, 1, 1, 2, 5, 14, 30, 42, 46, 40, 26, 34, 44, 42, 36, 24, 14, 10, 9, 8, 6, 4)
WEEKEND = 0.14
LATELY, AT_LEAST = 12, 18  # so many hours back, no hour is emptier than this, whatever the day
BLOCK = 250  # arrivals after which the same things break again
LAST_GRANTED, LAST_LIMITED = 9, 3  # of the newest arrivals: these died for want of a scope, those wait for a limit

GIVEN_UP = (59, 61, 132, 134)  # arrivals of a block whose runs somebody cancels, when an outage makes them wait
OPERATORS = ("ines", "jonas")
REASONS_TO_CANCEL = ("Spoke on the phone already.", "A colleague answered by hand.", "Test of our own agency.")


def arrivals(now: datetime, number: int, dice: Random) -> list[datetime]:
    """When so many people wrote during the last week; oldest first."""
    hours = [now - timedelta(hours=back + 1) for back in range(7 * 24)]
    weights = [max(busy(hour), AT_LEAST if back < LATELY else 0) for back, hour in enumerate(hours)]
    drawn = dice.choices(hours, weights, k=number)
    return sorted(hour + timedelta(seconds=dice.uniform(0, 3590)) for hour in drawn)


def busy(hour: datetime) -> float:
    local = hour.astimezone(ZONE)
    return DAY[local.hour] * (WEEKEND if local.weekday() >= 5 else 1.0)


def dead_token(operation: Operation) -> ConnectorError | None:
    return google_error(RefreshError("invalid_grant", {"error": "invalid_grant"}), operation)  # type: ignore[no-untyped-call]


ALL_OF_GOOGLE = ("gmail", "drive", "calendar")
HUBSPOT_DOWN = hubspot_refuses(502, message="Bad Gateway")
GMAIL_SCOPE = google_refuses(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
DRIVE_RIGHTS = google_refuses(403, "insufficientFilePermissions", "The user does not have sufficient permissions.")
DAILY_LIMIT = google_refuses(403, "dailyLimitExceeded", "Daily Limit Exceeded")
BAD_RECIPIENT = google_refuses(400, "invalidArgument", "Invalid To header")


@dataclass(frozen=True, slots=True)
class Outage:
    """What breaks from the first to the last of some arrivals; `mended_by` retries what it killed afterwards."""

    first: int
    last: int
    covers: tuple[str, ...]  # services, or endpoints as `service.endpoint`
    trouble: Trouble
    mended_by: str = ""


OUTAGES = (
    Outage(58, 63, ("hubspot",), HUBSPOT_DOWN),
    Outage(102, 104, ("gmail.drafts.create",), BAD_RECIPIENT),
    Outage(131, 136, ALL_OF_GOOGLE, dead_token, mended_by="ines"),
    Outage(166, 170, ("gmail.drafts.create",), GMAIL_SCOPE, mended_by="jonas"),
    Outage(196, 201, ("drive.files.list",), DRIVE_RIGHTS),
)
NOISE: tuple[tuple[str, float, Trouble], ...] = (
    ("hubspot.contacts.get", 0.02, hubspot_refuses(429, message="You have reached your ten_secondly limit.")),
    ("gmail.threads.list", 0.015, google_refuses(503, "backendError", "The service is currently unavailable.")),
    ("calendar.freebusy.query", 0.012, google_times_out()),
    ("drive.files.list", 0.01, google_refuses(500, "internalError", "Internal Error")),
    ("gmail.drafts.create", 0.008, google_times_out()),
    ("hubspot.companies.search", 0.006, hubspot_refuses(423, message="The resource is locked.")),
)


class Week:
    """What meets the run of each arrival, and what people do about it."""

    def __init__(self, times: Sequence[datetime], dice: Random) -> None:
        self.times = times
        self.dice = dice

    def window(self, outage: Outage, place: int) -> tuple[datetime, datetime]:
        """From when to when an outage lasts in the block of the arrival at `place`; at least a quarter of an hour."""
        start = place // BLOCK * BLOCK
        last = min(start + outage.last, len(self.times) - 1)
        first = min(start + outage.first, last)
        ends = max(self.times[last], self.times[first] + timedelta(minutes=10)) + timedelta(minutes=5)
        return self.times[first] - timedelta(minutes=2), ends

    def troubles(self, place: int, email: str, clock: Clock) -> Trouble:
        """What the calls of one run meet."""
        from_end = len(self.times) - place
        windows = [(outage, *self.window(outage, place)) for outage in OUTAGES]

        def meet(operation: Operation) -> ConnectorError | None:
            name = f"{operation.service}.{operation.endpoint}"
            for outage, begins, ends in windows:
                if begins <= clock.at < ends and (operation.service in outage.covers or name in outage.covers):
                    return outage.trouble(operation)
            if from_end <= LAST_LIMITED:
                return DAILY_LIMIT(operation) if name == "gmail.threads.list" else None
            if from_end <= LAST_GRANTED:
                # Whoever has no earlier thread: the operator can mend it in the sandbox.
                return GMAIL_SCOPE(operation) if name == "gmail.drafts.create" and not is_known(email) else None
            return next((t(operation) for n, share, t in NOISE if n == name and self.dice.random() < share), None)

        return meet

    def desk(self, memory: Memory, place: int) -> None:
        """Operators retry what an outage killed once it is over, but not quite all; some waiting runs they cancel."""
        run, clock = memory.run, memory.clock
        wait = run.due_at - clock.at
        if run.state == State.WAITING and place % BLOCK in GIVEN_UP and wait > timedelta(minutes=1):
            at = min(clock.at + self.dice.uniform(0.2, 0.9) * wait, clock.now)
            cancel(memory, at, self.dice.choice(OPERATORS), self.dice.choice(REASONS_TO_CANCEL))
        if run.state == State.WAITING and run.error_kind == ConnectionBroken.__name__:
            mended = next(self.window(outage, place)[1] for outage in OUTAGES if outage.trouble is dead_token)
            run.due_at = max(clock.at, mended) + timedelta(seconds=self.dice.uniform(0, 60))
        if run.state != State.DEAD:
            return
        for outage in OUTAGES:
            begins, ends = self.window(outage, place)
            if outage.mended_by and begins <= clock.at < ends and self.dice.random() < 0.85:
                at = in_office(ends + timedelta(minutes=self.dice.uniform(1, 20)), self.dice)
                if at < clock.now:
                    retry(memory, at, outage.mended_by)
                return


def in_office(moment: datetime, dice: Random) -> datetime:
    """`moment`, or the next morning on which somebody works."""
    local = moment.astimezone(ZONE)
    while local.weekday() >= 5 or not time(8) <= local.time() < time(18):
        day = local.date() + timedelta(days=local.time() >= time(8))
        local = datetime.combine(day, time(8, dice.randint(0, 59), dice.randint(0, 59)), tzinfo=ZONE)
        if local.weekday() >= 5:
            local = datetime.combine(local.date(), time(18), tzinfo=ZONE)
    return local.astimezone(UTC)
