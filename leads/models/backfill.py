"""Older submissions of a form that a person wants answered after all."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Backfill(models.Model):
    """A stretch of time of one form: counted first, taken in when a person says so.

    `due_at` is when a worker may work on it, or, under a lease, when its holder counts as lost.
    """

    class State(models.TextChoices):
        COUNTING = "counting", "Counting"
        COUNTED = "counted", "Waits for your word"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    OPEN = (State.COUNTING, State.COUNTED, State.RUNNING)
    WORKED_ON = (State.COUNTING, State.RUNNING)

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="backfills")
    form = models.ForeignKey("leads.AllowedForm", models.CASCADE, related_name="backfills")
    since = models.DateTimeField()
    until = models.DateTimeField(help_text="Not included.")
    state = models.CharField(max_length=10, choices=State, default=State.COUNTING)
    due_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(auto_now_add=True)

    wanted = models.PositiveIntegerField(default=0, help_text="Submissions that would start a run.")
    known = models.PositiveIntegerField(default=0, help_text="Those that came before.")
    unusable = models.PositiveIntegerField(default=0, help_text="Those without an address to answer to.")
    first = models.JSONField(default=list, help_text="A few of the wanted, until a person has decided: at, who, said.")
    started = models.PositiveIntegerField(default=0, help_text="Runs.")
    error = models.TextField(blank=True)

    class Meta:
        permissions = [("run_backfill", "Can have older submissions answered")]
        indexes = [models.Index(fields=["due_at"], name="backfill_due", condition=Q(state__in=["counting", "running"]))]
        constraints = [
            models.UniqueConstraint(
                fields=["form"],
                condition=Q(state__in=["counting", "counted", "running"]),
                name="backfill_one_open_per_form",
            ),
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="backfill_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(state__in=["counting", "counted", "running", "done", "cancelled", "failed"]),
                name="backfill_state",
            ),
        ]

    def __str__(self) -> str:
        return f"Backfill {self.pk}"
