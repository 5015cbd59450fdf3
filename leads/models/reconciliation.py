"""What does not agree between our tables, the mailbox and HubSpot, as it was last found."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Reconciliation(models.Model):
    """When a workspace is looked over next, and how the last look went. `lease` is of the worker that is at it."""

    workspace = models.OneToOneField("leads.Workspace", models.CASCADE, primary_key=True, related_name="reconciliation")
    due_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    trouble = models.JSONField(default=list, help_text="By check that could not look: its kind, and why.")

    def __str__(self) -> str:
        return f"Reconciliation of {self.workspace}"


class Discrepancy(models.Model):
    """One finding of the last look. The next look replaces it; the audit keeps that it was repaired."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="discrepancies")
    kind = models.CharField(max_length=30, help_text="Of `leads.reconciliation.checks`.")
    subject = models.CharField(max_length=40, help_text="The id of what it is about.")
    words = models.CharField(max_length=300)
    run = models.ForeignKey("leads.WorkflowRun", models.CASCADE, null=True, blank=True, related_name="+")
    found_at = models.DateTimeField(db_default=Now())
    repaired_at = models.DateTimeField(null=True, blank=True)
    repaired_by = models.CharField(max_length=150, blank=True, help_text="Empty for the system.")
    trouble = models.CharField(max_length=300, blank=True, help_text="Why it could not be repaired.")

    class Meta:
        verbose_name_plural = "discrepancies"
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "subject"], name="discrepancy_once")]
        permissions = [("repair_discrepancy", "Can reconcile, and repair what does not agree")]

    def __str__(self) -> str:
        return self.words
