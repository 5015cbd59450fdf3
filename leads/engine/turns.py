"""Turns for effects that several runs may want once: a company with two enquiries at the same moment.

A turn is a session lock of PostgreSQL on the driving thread's connection, so it ends with the process, however it
dies. It is held over the vendor's call, which a row lock in a transaction must not be.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Q

from leads.models import Effect, WorkflowRun

OVER = (WorkflowRun.State.DONE, WorkflowRun.State.DEAD, WorkflowRun.State.CANCELLED)
DONE = Q(state=Effect.State.DONE)
UNSETTLED = Q(state=Effect.State.INTENDED) & ~Q(run__state__in=OVER)


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
        others = Effect.objects.filter(workspace_id=self.run.workspace_id, once_key=once_key).exclude(run=self.run)
        left = list(others.filter(DONE | UNSETTLED).order_by("-done_at").values_list("state", "result"))
        if any(state == Effect.State.INTENDED for state, _ in left):
            self._call("pg_advisory_unlock", once_key)
            return None
        self.held.add(once_key)
        return left[0][1] if left else {}

    def give_back(self) -> None:
        for once_key in self.held:
            self._call("pg_advisory_unlock", once_key)
        self.held.clear()

    def _call(self, function: str, once_key: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(hashtextextended(%s, %s))", [once_key, self.run.workspace_id])
            return bool(cursor.fetchone()[0])
