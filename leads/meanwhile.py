"""Whether somebody changed what a page shows since it was drawn, and who. Each change raises the workspace's revision
by one and leaves one event, so the newest events tell what happened since the revision that the page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F

from leads.models import Event, Workspace

TRACES = (
    *("settings_changed", "credentials_changed", "credentials_forgotten"),
    *("connection_broken", "connection_mended"),
)
MOST = 200  # changes that are looked at


class Stale(Exception):
    """Somebody else changed what the page showed, so nothing was written; `events` tell what, the newest first."""

    def __init__(self, events: list[Event], revision: int) -> None:
        self.events, self.revision = events, revision
        super().__init__("Somebody changed this while the page was open. Nothing was saved.")


def revise(workspace: Workspace) -> None:
    """Have every process read the settings again, from its next run on. Whoever does leaves one of the `TRACES`."""
    Workspace.objects.filter(pk=workspace.pk).update(revision=F("revision") + 1)


def unchanged(workspace: Workspace, shown: int | None, concerns: Callable[[dict[str, Any]], bool]) -> Workspace:
    """The workspace, locked. Raises `Stale` if what `concerns` the writer changed since revision `shown`.

    Nobody else can change a setting then until the transaction ends. With no `shown`, nothing is compared.
    """
    found = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    if shown is None or shown == found.revision:
        return found
    missed = found.revision - shown
    newest = Event.objects.filter(workspace=found, kind__in=TRACES).order_by("-pk")[: min(max(missed, 0), MOST)]
    happened = list(newest)
    events = [event for event in happened if event.kind == TRACES[0] and concerns(event.facts)]
    if events or len(happened) < missed or missed < 0:
        raise Stale(events, found.revision)
    return found
