"""Turns for effects that several runs may want once: a company with two enquiries at the same moment.

A turn is a session lock of PostgreSQL on the driving thread's connection, so it ends with the process, however it
dies. It is held over the vendor's call, which a row lock in a transaction must not be.
"""

from __future__ import annotations

from django.db import connection

from leads.models import Effect, WorkflowRun

OVER = (WorkflowRun.State.DONE, WorkflowRun.State.DEAD, WorkflowRun.State.CANCELLED)


class Contended(Exception):
    """Another run holds the turn, or has left it unsettled."""


class Turns:
    """The turns that one run holds."""

    def __init__(self, run: WorkflowRun) -> None:
        self.run = run
        self.held: set[str] = set()

    def is_held(self, once_key: str) -> bool:
        return once_key in self.held

    def take(self, once_key: str) -> bool:
        """Take the turn if it is free and no run before us left it open (its call may still have been done)."""
        if not self._call("pg_try_advisory_lock", once_key):
            return False
        if self._others(once_key).filter(state=Effect.State.INTENDED).exclude(run__state__in=OVER).exists():
            self._call("pg_advisory_unlock", once_key)
            return False
        self.held.add(once_key)
        return True

    def made_before(self, once_key: str) -> dict[str, str]:
        """The ids that another run left for the same thing."""
        made = self._others(once_key).filter(state=Effect.State.DONE).order_by("-done_at").first()
        return made.result if made else {}

    def give_back(self) -> None:
        for once_key in self.held:
            self._call("pg_advisory_unlock", once_key)
        self.held.clear()

    def _others(self, once_key: str):  # type: ignore[no-untyped-def]
        return Effect.objects.filter(workspace_id=self.run.workspace_id, once_key=once_key).exclude(run=self.run)

    def _call(self, function: str, once_key: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(hashtextextended(%s, %s))", [once_key, self.run.workspace_id])
            return bool(cursor.fetchone()[0])
