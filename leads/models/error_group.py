"""What people decided about failures with one cause."""

from __future__ import annotations

from django.db import models


class ErrorGroup(models.Model):
    """Muted, assigned, resolved: nothing else. The failures themselves are events; see `leads.problems`.

    There is a row only for a cause about which somebody decided something.
    """

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="error_groups")
    error = models.CharField(max_length=40)
    step = models.CharField(max_length=40, blank=True)
    service = models.CharField(max_length=16, blank=True)
    muted_at = models.DateTimeField(null=True, blank=True)
    muted_until = models.DateTimeField(null=True, blank=True, help_text="Empty while muted: for ever.")
    assigned_to = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "error", "step", "service"], name="error_group_once")
        ]
        permissions = [("triage_errorgroup", "Can mute, assign and resolve errors")]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.error, self.step, self.service) if part)
