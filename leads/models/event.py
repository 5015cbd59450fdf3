"""The audit: what happened, when, by whom. Append-only for ever, kept so by a database trigger."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Event(models.Model):
    """Ids, states and content-free facts; never what a prospect wrote or who they are.

    The references carry no foreign-key constraint, so that erasing what they point to never touches the audit.
    """

    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=40)
    workspace = models.ForeignKey(
        "leads.Workspace", models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="events"
    )
    run = models.ForeignKey(
        "leads.WorkflowRun", models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="events"
    )
    actor = models.CharField(max_length=150, blank=True, help_text="The person who acted; empty for the system.")
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-at"], name="event_newest"),
            models.Index(fields=["run", "at"], name="event_of_run"),
        ]

    def __str__(self) -> str:
        return self.kind
