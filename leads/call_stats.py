"""How the calls to each endpoint of the vendors went lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

LATELY = timedelta(hours=24)
MOST = 20_000  # calls that are looked at

# By workspace, since that is how calls are indexed by time; so the newest are found without a look at the others.
NEWEST = """
SELECT calls.* FROM leads_workspace CROSS JOIN LATERAL (
  SELECT service, endpoint, ms, error, at FROM leads_apicall
  WHERE workspace_id = leads_workspace.id AND at >= %(since)s ORDER BY at DESC LIMIT %(most)s
) calls ORDER BY at DESC LIMIT %(most)s
"""
BY_ENDPOINT = f"""
SELECT service, endpoint, count(*), count(*) FILTER (WHERE error <> ''),
  percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ms), min(at)
FROM ({NEWEST}) newest GROUP BY service, endpoint ORDER BY service, endpoint
"""  # noqa: S608  both are ours


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The calls to one endpoint; times in milliseconds."""

    service: str
    endpoint: str
    calls: int
    errors: int
    p50: float
    p95: float

    @property
    def error_rate(self) -> float:
        """In percent."""
        return 100 * self.errors / self.calls


@dataclass(frozen=True, slots=True)
class Lately:
    """All endpoints that were called since then; later than a day ago if there were very many calls."""

    since: datetime
    endpoints: list[Endpoint]
    is_cut: bool

    @property
    def calls(self) -> int:
        return sum(endpoint.calls for endpoint in self.endpoints)

    @property
    def errors(self) -> int:
        return sum(endpoint.errors for endpoint in self.endpoints)


def lately(now: datetime | None = None) -> Lately:
    """The last 24 hours, or the newest 20,000 calls of them."""
    since = (now or timezone.now()) - LATELY
    with connection.cursor() as cursor:
        cursor.execute(BY_ENDPOINT, {"since": since, "most": MOST})
        rows = cursor.fetchall()
    found = [Endpoint(service, endpoint, calls, errors, *times) for service, endpoint, calls, errors, times, _ in rows]
    is_cut = sum(endpoint.calls for endpoint in found) >= MOST
    return Lately(min(row[-1] for row in rows) if is_cut else since, found, is_cut)
