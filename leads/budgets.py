"""Budgets of calls: how much of a vendor's limit a workspace has used, counted in the database for all workers.

Time is cut into slots, and a limit holds for any stretch of a window's length: what is reserved now is counted until
the window, and what a call may take to arrive, are over. So vendors that look at rolling windows find nothing either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.conf import settings
from django.db import connection
from django.utils import timezone

from connectors.errors import ConnectorError
from connectors.watch import Operation
from leads.models import Budget

SLOTS_PER_WINDOW = 40
UNDER_WAY_FOR = 0.3  # seconds that may pass between a permit and the arrival of its call
AHEAD = 40  # one part of so many is reserved for the calls to come
LONGEST_REST = timedelta(hours=1)


class Rank(IntEnum):
    """Who goes first when there is little left; each may use up the budget to its share."""

    RUN = 0  # a run that has begun
    NEW = 1  # a run that has nothing to lose yet
    BACKGROUND = 2  # what nobody waits for: it leaves half to the runs

    @property
    def share(self) -> float:
        return (1.0, 0.95, 0.5)[self]


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit of a vendor: `setting` names how much of it there is in so many seconds."""

    name: str
    title: str
    unit: str
    setting: str
    window: float

    @property
    def service(self) -> str:
        return self.name.partition(".")[0]

    @property
    def limit(self) -> int:
        return int(getattr(settings, self.setting))

    @property
    def slot(self) -> float:
        """Seconds."""
        return self.window / SLOTS_PER_WINDOW

    @property
    def lasts(self) -> float:
        """Seconds in which a permit must be used, or be forgotten."""
        return self.slot / 2

    @property
    def slots(self) -> int:
        """For how many slots, the one of its own included, a permit is counted."""
        return 1 + math.ceil((self.window + self.lasts + UNDER_WAY_FOR) / self.slot)

    @property
    def ahead(self) -> int:
        return self.limit // AHEAD


HUBSPOT = Meter("hubspot", "HubSpot", "calls", "HUBSPOT_CALLS_PER_10_SECONDS", 10.0)
SEARCH = Meter("hubspot.search", "HubSpot search", "calls", "HUBSPOT_SEARCHES_PER_SECOND", 1.0)
GMAIL = Meter("gmail", "Gmail", "units", "GMAIL_UNITS_PER_MINUTE", 60.0)
METERS = (HUBSPOT, SEARCH, GMAIL)


def meters_of(operation: Operation) -> list[Meter]:
    """The limits that a call counts for, and that are kept to; the narrowest first."""
    found = [meter for meter in (HUBSPOT, GMAIL) if meter.name == operation.service]
    if operation.service == HUBSPOT.name and operation.endpoint.endswith(".search"):
        found.insert(0, SEARCH)
    return [meter for meter in found if meter.limit]


@dataclass(frozen=True, slots=True)
class Purse:
    """The budget of one workspace for one limit."""

    workspace_id: int
    meter: Meter


@dataclass(frozen=True, slots=True)
class Reserved:
    """So many units, from this slot of time; of none, in how many seconds there is room for what was asked."""

    units: int
    slot: int
    room_in: float = 0.0


# One statement, so that a lock is held as long as it takes. The slots that have passed are shifted out, and what a
# process gives back of its last block is taken off. Half of what is left is the most that one slot grants: under load
# the calls even out, and none waits for a whole window. Of that, half is the most that one process gets: the less there
# is, the smaller are the blocks.
RESERVE = """
WITH mine AS MATERIALIZED (
  SELECT id, slot, used, paused_until, extract(epoch FROM clock_timestamp())::float8 AS at
  FROM leads_budget WHERE workspace_id = %(workspace)s AND meter = %(meter)s FOR NO KEY UPDATE
), moved AS MATERIALIZED (
  SELECT id, at, paused_until, now,
    (array_fill(0, ARRAY[least(now - slot, %(slots)s)::int]) || used)[:%(slots)s] AS used
  FROM mine, LATERAL (SELECT greatest(slot, floor(at / %(length)s)::bigint) AS now) AS clock
), counted AS MATERIALIZED (
  SELECT id, at, now, kept.used, CASE WHEN paused_until > clock_timestamp() THEN paused_until END AS paused_until,
    %(limit)s - (SELECT sum(u) FROM unnest(kept.used) AS u) AS room
  FROM moved, LATERAL (
    SELECT array_agg(CASE WHEN place = now - %(back_slot)s + 1 THEN greatest(0, u - %(back)s) ELSE u END ORDER BY place)
      AS used
    FROM unnest(used) WITH ORDINALITY AS slots (u, place)
  ) AS kept
), offered AS MATERIALIZED (
  SELECT *, CASE WHEN used[1] = 0 THEN greatest(%(least)s, (room + 1) / 2) ELSE (room + used[1] + 1) / 2 - used[1] END
    AS offer
  FROM counted
), granted AS MATERIALIZED (
  SELECT *, CASE WHEN paused_until IS NOT NULL OR room < %(least)s OR offer < %(least)s THEN 0
    ELSE least(%(asked)s, greatest(%(least)s, offer / 2)) END AS units
  FROM offered
)
UPDATE leads_budget AS budget SET slot = now, used = ARRAY[(granted.used[1] + units)::int] || granted.used[2:]
FROM granted WHERE budget.id = granted.id
RETURNING units, now, at, room, budget.used, extract(epoch FROM granted.paused_until)::float8
"""
BEGIN = """
INSERT INTO leads_budget (workspace_id, meter, slot, used) VALUES (%s, %s, 0, '{}') ON CONFLICT DO NOTHING
"""


def reserve(purse: Purse, rank: Rank, *, least: int, asked: int, back: Reserved | None = None) -> Reserved:
    """Up to `asked` units, or none without room for `least`. `back` is what is left of an earlier reservation."""
    meter = purse.meter
    limit = max(math.floor(meter.limit * rank.share), least)  # one that is larger than the limit passes alone
    bounds: dict[str, int | float | str] = {
        "workspace": purse.workspace_id,
        "meter": meter.name,
        "length": meter.slot,
        "slots": meter.slots,
        "limit": limit,
        "least": least,
        "asked": asked,
        "back": back.units if back else 0,
        "back_slot": back.slot if back else 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, bounds)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(BEGIN, [purse.workspace_id, meter.name])
            cursor.execute(RESERVE, bounds)
            row = cursor.fetchone()
    units, slot, at, room, used, paused_until = row
    if units:
        return Reserved(units, slot)
    next_room = (slot + 1) * meter.slot if room >= least else room_at(meter, slot, used, limit - least)
    again_at = paused_until or next_room
    return Reserved(0, slot, max(again_at - at, 0.0))


def room_at(meter: Meter, slot: int, used: Sequence[int], most: int) -> float:
    """When no more than `most` units will be counted, in seconds since 1970, if nobody uses any until then."""
    left, age = sum(used), len(used)
    while left > most and age:
        age -= 1
        left -= used[age]
    return (slot - age + meter.slots) * meter.slot


def pause(purse: Purse, seconds: float) -> None:
    """The vendor wants to be left alone for so long, by all workers."""
    until = timezone.now() + timedelta(seconds=seconds)
    mine = Budget.objects.filter(workspace=purse.workspace_id, meter=purse.meter.name)
    mine.exclude(paused_until__gt=until).update(paused_until=until)


def rest(error: ConnectorError, unsaid: timedelta) -> timedelta:
    """For how long others leave a vendor alone that refused a call; `unsaid` where it doesn't say.

    Whoever asks for more than an hour is asked once an hour: the account may be another one by then, or the number was
    a slip.
    """
    return min(timedelta(seconds=error.retry_after) if error.retry_after else unsaid, LONGEST_REST)


@dataclass(frozen=True, slots=True)
class InUse:
    """A budget as the console shows it."""

    meter: Meter
    used: int
    paused_until: datetime | None

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.used / self.meter.limit))

    @property
    def tone(self) -> str:
        return "bad" if self.paused_until else "warn" if self.percent > 80 else "good"

    @property
    def said(self) -> str:
        window = {60.0: "a minute", 1.0: "a second"}.get(self.meter.window, f"{self.meter.window:.0f} s")
        return f"{self.used:,} of {self.meter.limit:,} {self.meter.unit} in {window}"


def in_use(workspace_id: int) -> list[InUse]:
    """What the workspace has used of each limit that is kept to. One query."""
    rows = {row.meter: row for row in Budget.objects.filter(workspace=workspace_id)}
    return [shown(meter, rows.get(meter.name)) for meter in METERS if meter.limit]


def tight(workspace_id: int | None) -> list[InUse]:
    """The limits that are nearly used up, or that the vendor made us pause for; of all workspaces without one."""
    rows = Budget.objects.filter(**({"workspace": workspace_id} if workspace_id else {}))
    kept = {meter.name: meter for meter in METERS if meter.limit}
    found = [shown(kept[row.meter], row) for row in rows if row.meter in kept]
    return [one for one in found if one.tone != "good"]


def shown(meter: Meter, row: Budget | None) -> InUse:
    if row is None:
        return InUse(meter, 0, None)
    now = timezone.now()
    passed = math.floor(now.timestamp() / meter.slot) - row.slot
    still = row.used[: max(0, meter.slots - max(passed, 0))]
    paused = row.paused_until if row.paused_until and row.paused_until > now else None
    return InUse(meter, sum(still), paused)
