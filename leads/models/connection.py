"""A workspace's outside account: its credentials, encrypted at rest, whether the vendor still takes them, and what the
last test found."""

from __future__ import annotations

from django.db import models


class Connection(models.Model):
    """One account of one workspace. `sealed` is written and read by `leads.credentials` alone, the state by
    `leads.connections`.

    Nothing is sealed where the credentials come from the environment: such a row keeps the state only.
    """

    class Service(models.TextChoices):
        HUBSPOT = "hubspot", "HubSpot"
        GOOGLE = "google", "Google"

    class State(models.TextChoices):
        OK = "ok", "Connected"  # as far as is known
        BROKEN = "broken", "Broken"  # the vendor refuses the credentials; runs wait

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="connections")
    service = models.CharField(max_length=16, choices=Service)
    sealed = models.BinaryField(default=bytes)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=150, blank=True, help_text="Who entered them, by user name.")
    state = models.CharField(max_length=8, choices=State, default=State.OK, db_default=State.OK)
    since = models.DateTimeField(null=True, blank=True, help_text="When the state last changed.")
    why = models.CharField(max_length=300, blank=True, db_default="", help_text="What the vendor said; no secrets.")
    refused_by = models.CharField(max_length=16, blank=True, db_default="", help_text="The API that is asked again.")
    look_at = models.DateTimeField(null=True, blank=True, help_text="While broken: when it is asked again.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "service"], name="connection_once_per_service"),
            models.CheckConstraint(condition=models.Q(service__in=["hubspot", "google"]), name="connection_service"),
            models.CheckConstraint(condition=models.Q(state__in=["ok", "broken"]), name="connection_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_service_display()} of {self.workspace}"


class Checkup(models.Model):
    """The last test of an account, also of one whose credentials come from the environment."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="checkups")
    service = models.CharField(max_length=16, choices=Connection.Service)
    at = models.DateTimeField()
    passed = models.BooleanField()
    lines = models.JSONField(default=list, help_text="`leads.checkups.Line`, one for each thing that was tried.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "service"], name="checkup_once_per_service"),
            models.CheckConstraint(condition=models.Q(service__in=["hubspot", "google"]), name="checkup_service"),
        ]

    def __str__(self) -> str:
        return f"Test of {self.get_service_display()} for {self.workspace}"
