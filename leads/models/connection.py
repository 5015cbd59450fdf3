"""The credentials of a workspace's outside account, encrypted at rest."""

from __future__ import annotations

from django.db import models


class Connection(models.Model):
    """One account of one workspace. `sealed` is written and read by `leads.credentials` alone."""

    class Service(models.TextChoices):
        HUBSPOT = "hubspot", "HubSpot"
        GOOGLE = "google", "Google"

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="connections")
    service = models.CharField(max_length=16, choices=Service)
    sealed = models.BinaryField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "service"], name="connection_once_per_service"),
            models.CheckConstraint(condition=models.Q(service__in=["hubspot", "google"]), name="connection_service"),
        ]

    def __str__(self) -> str:
        return f"{self.get_service_display()} of {self.workspace}"
