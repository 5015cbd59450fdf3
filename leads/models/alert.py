"""What people are alerted to: the rules that watch for it, and each episode that a rule found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AlertRule(models.Model):
    """One thing that is watched for in one workspace. `due_at` is when it is looked at next, by one process of all.

    What each kind means, and which threshold it has, stands in `leads.alerts.rules`.
    """

    class Kind(models.TextChoices):
        DEAD_LETTER = "dead_letter", "Dead letter"
        CONNECTION_BROKEN = "connection_broken", "Connection broken"
        BREAKER_OPEN = "breaker_open", "Circuit breaker open"
        UNKNOWN_ERROR = "unknown_error", "Unknown error"
        ERROR_RATE = "error_rate", "Error rate"
        BACKLOG = "backlog", "Backlog"
        NO_WORKER = "no_worker", "No worker"
        SPEED_TO_LEAD = "speed_to_lead", "Speed to lead"
        DRAFT_WAITING = "draft_waiting", "Draft waits for review"
        NO_DELIVERIES = "no_deliveries", "No deliveries"
        MODEL_BUDGET = "model_budget", "Budget used up"

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="alert_rules")
    kind = models.CharField(max_length=20, choices=Kind)
    is_on = models.BooleanField("on", default=True)
    threshold = models.PositiveIntegerField()
    quiet_minutes = models.PositiveIntegerField("quiet period", help_text="Minutes before the same is told again.")
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind"], name="alert_rule_once"),
            models.CheckConstraint(condition=Q(threshold__gte=1), name="alert_rule_threshold"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Alert(models.Model):
    """An episode: from when a rule first found something until it found it no more.

    `subject` tells what a rule can find several of apart, such as the causes of dead letters. One episode of a subject
    is open at a time. `told_at` is when a message was last put into the outbox; whoever changes it posts that message.
    """

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="alerts")
    kind = models.CharField("rule", max_length=20, choices=AlertRule.Kind)
    subject = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=160)
    detail = models.CharField(max_length=500, blank=True, help_text="As last found; names nobody.")
    number = models.PositiveIntegerField(default=1, help_text="How many it concerns; told again when it has grown.")
    opened_at = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    told_number = models.PositiveIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "subject"], name="alert_open_once", condition=Q(resolved_at=None)
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="alert_newest"),
            models.Index(fields=["workspace", "kind", "subject", "-told_at"], name="alert_last_told"),
        ]
        permissions = [("acknowledge_alert", "Can acknowledge an alert")]

    def __str__(self) -> str:
        return self.title
