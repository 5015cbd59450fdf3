"""Whether a service of a workspace is called, or left alone because most calls failed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Breaker(models.Model):
    """The circuit to one service of one workspace, and how its calls went lately. Written by `leads.breakers` alone."""

    class Service(models.TextChoices):
        HUBSPOT = "hubspot", "HubSpot"
        GMAIL = "gmail", "Gmail"
        DRIVE = "drive", "Drive"
        CALENDAR = "calendar", "Calendar"
        LLM = "llm", "Model"

    class State(models.TextChoices):
        CLOSED = "closed", "Closed"  # calls go out
        OPEN = "open", "Open"  # none does, until `probe_at`
        HALF_OPEN = "half_open", "Trying"  # one is out, and decides; it has until `probe_at`

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    service = models.CharField(max_length=16, choices=Service)
    state = models.CharField(max_length=10, choices=State, default=State.CLOSED, db_default=State.CLOSED)
    since = models.DateTimeField(null=True, blank=True, help_text="When it last opened or closed.")
    why = models.CharField(max_length=300, blank=True, db_default="")
    opened_by = models.CharField(max_length=150, blank=True, db_default="", help_text="A person, by user name.")
    probe_at = models.DateTimeField(null=True, blank=True, help_text="Null: only a person closes it.")
    probes = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="That have failed since it opened.")
    slot = models.BigIntegerField(default=0, help_text="The newest slot of time, counted since 1970.")
    calls = ArrayField(models.IntegerField(), default=list, help_text="By slot, the newest first.")
    failures = ArrayField(models.IntegerField(), default=list, help_text="Of them.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "service"], name="breaker_once_per_service"),
            models.CheckConstraint(
                condition=models.Q(service__in=["hubspot", "gmail", "drive", "calendar", "llm"]), name="breaker_service"
            ),
            models.CheckConstraint(condition=models.Q(state__in=["closed", "open", "half_open"]), name="breaker_state"),
        ]
        indexes = [
            models.Index(fields=["service"], name="breaker_not_closed", condition=~models.Q(state="closed")),
        ]
        permissions = [("switch_breaker", "Can open and close a circuit by hand")]

    def __str__(self) -> str:
        return f"{self.get_service_display()} of workspace {self.workspace_id}"
