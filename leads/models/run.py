"""One pass of the workflow over one submission."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class WorkflowRun(models.Model):
    """The truth about a run; a queued job is only a doorbell.

    `due_at` is one clock for three things: claimable from (pending), retry at (waiting), lease until (running).
    Whoever holds `lease` may write; every write is fenced by it.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"  # accepted, nobody has begun
        RUNNING = "running", "Running"  # somebody holds the lease
        WAITING = "waiting", "Waiting"  # failed for now, goes on by itself at due_at
        DONE = "done", "Done"  # drafted or screened
        DEAD = "dead", "Dead"  # gave up; a person decides
        CANCELLED = "cancelled", "Cancelled"  # a person said no

    class Outcome(models.TextChoices):
        DRAFTED = "drafted", "Drafted"
        SCREENED = "screened", "Screened out"

    CLAIMABLE = (State.PENDING, State.RUNNING, State.WAITING)

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="runs")
    submission = models.ForeignKey("leads.Submission", models.CASCADE, related_name="runs")
    lead = models.ForeignKey("leads.Lead", models.SET_NULL, null=True, blank=True, related_name="runs")
    again_of = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="again",
        help_text="The earlier run of the same submission that a person started again.",
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was screened out, or cancelled.")

    screened_by = models.CharField(
        max_length=20, blank=True, default="", db_default="", help_text="`leads.rules.Rule`."
    )
    waived_by = models.CharField(
        max_length=150,
        blank=True,
        db_default="",
        help_text="Who wants a draft though it was screened out.",
    )

    due_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True, help_text="Host and process group of the lease's holder.")
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Failures in a row.")
    claims = models.PositiveSmallIntegerField(default=0, help_text="Claims without progress.")

    error_kind = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    failed_step = models.CharField(max_length=40, blank=True)
    failed_service = models.CharField(max_length=16, blank=True, db_default="")
    trace = models.TextField(
        blank=True, db_default="", help_text="Where it died, or what nobody knows came from: `leads/tracebacks.py`."
    )

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    drafted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody let go what DRAFT_ONLY had withheld; `leads/releasing.py`."
    )

    class Meta:
        verbose_name = "run"
        indexes = [
            models.Index(fields=["due_at"], name="run_due", condition=Q(state__in=["pending", "running", "waiting"])),
            models.Index(fields=["holder"], name="run_holder", condition=Q(state="running")),
            models.Index(fields=["workspace", "-created_at"], name="run_newest"),
            models.Index(
                fields=["workspace", "error_kind", "failed_step", "failed_service", "state"],
                name="run_failed",
                condition=Q(state__in=["dead", "waiting"]),
            ),
            models.Index(fields=["-finished_at", "-id"], name="run_dead", condition=Q(state="dead")),
            models.Index(fields=["-created_at"], name="run_of_all_newest"),
            models.Index(fields=["workspace", "-id"], name="run_screened", condition=Q(outcome="screened")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "running", "waiting", "done", "dead", "cancelled"]), name="run_state"
            ),
            models.CheckConstraint(condition=Q(lease__isnull=False) | ~Q(state="running"), name="run_running_leased"),
            models.CheckConstraint(
                condition=Q(outcome__in=["drafted", "screened"], state="done") | Q(outcome="") & ~Q(state="done"),
                name="run_done_with_outcome",
            ),
        ]
        permissions = [
            ("retry_run", "Can retry a run"),
            ("restart_run", "Can start a run again"),
            ("cancel_run", "Can cancel a run"),
            ("release_run", "Can release what DRAFT_ONLY withheld"),
            ("override_run", "Can have a draft written for a lead that was screened out"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"
