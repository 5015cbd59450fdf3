"""The one way into the audit for what people do. Facts are ids, states and settings, never what a prospect wrote."""

from __future__ import annotations

from typing import Any

from leads.models import Event, WorkflowRun, Workspace


def record(kind: str, workspace: Workspace | None, *, actor: str, run: WorkflowRun | None = None, **facts: Any) -> None:
    """Append an event. `actor` is the person's user name."""
    Event.objects.create(kind=kind, workspace=workspace, run=run, actor=actor, facts=facts)
