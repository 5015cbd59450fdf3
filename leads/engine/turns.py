"""Turns for effects that several runs may want once: a company with two enquiries at the same moment.

A turn is a session lock of PostgreSQL on the driving thread's connection, so it ends with the process, however it
dies. It is held over the vendor's call, which a row lock in a transaction must not be.
"""

from __future__ import annotations

import json

from django.db import connection

from leads.effects import MAY_EXIST
from leads.models import WorkflowRun

# Whether a run that is not over may have done it, whether any may have, and what the latest that did it left.
LEFT_BY_OTHERS = """
SELECT
  bool_or(e.state = 'intended' AND r.state IN ('pending', 'running', 'waiting')),
  bool_or(e.state = 'intended'),
  (array_agg(e.result::text ORDER BY e.done_at DESC) FILTER (WHERE e.state = 'done'))[1]
FROM leads_effect e JOIN leads_workflowrun r ON r.id = e.run_id
WHERE e.workspace_id = %s AND e.once_key = %s AND e.once_key <> '' AND e.run_id <> %s
"""


class Contended(Exception):
    """Another run holds the turn, or has left it unsettled."""


class Turns:
    """The turns that one run holds."""

    def __init__(self, run: WorkflowRun) -> None:
        self.run = run
        self.held: set[str] = set()

    def take(self, once_key: str) -> dict[str, str] | None:
        """Take the turn: the ids that another run left for the same thing, if any. None while it is not free.

        It is not free either while a run before us has left it open: its call may still have been done.
        """
        if once_key in self.held:
            return {}
        if not self._call("pg_try_advisory_lock", once_key):
            return None
        self.held.add(once_key)
        with connection.cursor() as cursor:
            cursor.execute(LEFT_BY_OTHERS, [self.run.workspace_id, once_key, self.run.pk])
            unsettled, may_exist, made = cursor.fetchone()
        if unsettled:
            self.held.discard(once_key)
            self._call("pg_advisory_unlock", once_key)
            return None
        if made:
            return dict(json.loads(made))
        return {MAY_EXIST: "yes"} if may_exist or self.run.released_at else {}

    def give_back(self) -> None:
        for once_key in self.held:
            self._call("pg_advisory_unlock", once_key)
        self.held.clear()

    def _call(self, function: str, once_key: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(hashtextextended(%s, %s))", [once_key, self.run.workspace_id])
            return bool(cursor.fetchone()[0])
