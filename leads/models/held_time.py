"""Time that a draft offers, which other drafts leave alone for a while."""

from __future__ import annotations

from django.db import models


class HeldTime(models.Model):
    """Half an hour from `at`. The unique key decides between runs that want it at once; `leads.holds` writes it."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    run = models.ForeignKey("leads.WorkflowRun", models.CASCADE, related_name="held_times")
    lead = models.ForeignKey("leads.Lead", models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField(help_text="From then on it is anybody's.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "at"], name="held_once")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
