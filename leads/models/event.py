"""The audit: what happened, when, by whom. Append-only for ever, kept so by a database trigger."""

from __future__ import annotations

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Now

FAILURE = models.Q(kind__in=["run_waits", "run_died"])


def text_of(fact: str) -> KeyTextTransform:
    """A fact as the database compares it."""
    return KeyTextTransform(fact, "facts")


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
            # What people look for in the audit; most is done by nobody.
            models.Index(fields=["actor", "-id"], name="event_of_actor", condition=~models.Q(actor="")),
            models.Index(fields=["kind", "-id"], name="event_of_kind"),
            # Failures of runs, newest first and by cause: see `leads.problems`.
            models.Index(fields=["-at"], name="event_failure", condition=FAILURE),
            models.Index(
                models.F("workspace"),
                *map(text_of, ("error", "step", "service")),
                models.F("at").desc(),
                name="event_cause",
                condition=FAILURE,
            ),
        ]
        permissions = [("export_event", "Can export events")]

    def __str__(self) -> str:
        return self.kind
