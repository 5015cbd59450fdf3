"""What one step of one run left."""

from __future__ import annotations

from django.db import models


class StepRun(models.Model):
    """A finished step is read back instead of done again; a failed one is overwritten by the next attempt."""

    class State(models.TextChoices):
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    run = models.ForeignKey("leads.WorkflowRun", models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State)
    result = models.JSONField(null=True, blank=True, help_text="The step's return value, rebuilt by type.")
    attempt = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    error_kind = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="step_once_per_run"),
            models.CheckConstraint(condition=models.Q(state__in=["done", "failed"]), name="step_state"),
        ]

    def __str__(self) -> str:
        return self.name
