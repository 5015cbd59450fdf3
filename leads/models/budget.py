"""How much of a vendor's limit is used, shared by all workers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Budget(models.Model):
    """What one workspace has used of one limit lately. Written by `leads.budgets` alone, a statement at a time."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    meter = models.CharField(max_length=20, help_text="`leads.budgets.Meter`.")
    slot = models.BigIntegerField(default=0, help_text="The newest slot of time, counted since 1970.")
    used = ArrayField(models.IntegerField(), default=list, help_text="Units by slot, the newest first.")
    paused_until = models.DateTimeField(null=True, blank=True, help_text="The vendor asked for this.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "meter"], name="budget_once_per_meter")]

    def __str__(self) -> str:
        return f"{self.meter} of workspace {self.workspace_id}"
