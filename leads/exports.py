"""Events as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC

from django.db.models import QuerySet

from leads.models import Event
from leads.sentences import sentence

MOST = 100_000  # events in a file
AT_A_TIME = 1000
COLUMNS = ("id", "at (UTC)", "kind", "actor", "workspace", "run", "what happened", "facts")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  spreadsheets take wide ones too


def events_as_csv(events: QuerySet[Event]) -> Iterator[str]:
    """The newest events first, line by line, so that no file is held in memory."""
    yield line(COLUMNS)
    before, left = None, MOST
    while left > 0:
        found = events if before is None else events.filter(pk__lt=before)
        rows = list(found.select_related("workspace").order_by("-pk")[: min(AT_A_TIME, left)])
        yield from (line(cells(event)) for event in rows)
        left -= len(rows)
        if len(rows) < AT_A_TIME:
            return
        before = rows[-1].pk


def cells(event: Event) -> tuple[object, ...]:
    return (
        event.pk,
        event.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        event.kind,
        event.actor,
        event.workspace_id or "",
        event.run_id or "",
        sentence(event),
        json.dumps(event.facts, ensure_ascii=False),
    )


def line(values: tuple[object, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([harmless(value) for value in values])
    return written.getvalue()


def harmless(value: object) -> object:
    """Text that no spreadsheet runs as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
