"""A form that a prospect sent, once, whichever way and however often it came."""

from __future__ import annotations

from django.db import models


class Submission(models.Model):
    """`dedupe_key` makes a repeated delivery of the same submission the same row."""

    class Source(models.TextChoices):
        FORM = "form", "Form submission"
        WORKFLOW = "workflow", "Workflow action"
        EVENT = "event", "Subscription event"
        COMMAND = "command", "process_lead"

    class Via(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        POLL = "poll", "Poll"
        BACKFILL = "backfill", "Backfill"
        COMMAND = "command", "Command"
        TEST = "test", "Test lead"

    LISTED = (Via.POLL, Via.BACKFILL)  # read from HubSpot's own list, by the id that HubSpot gave it

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="submissions")
    dedupe_key = models.CharField(max_length=200)
    source = models.CharField(max_length=10, choices=Source)
    via = models.CharField("came by", max_length=10, choices=Via, default=Via.WEBHOOK, db_default=Via.WEBHOOK)
    delivery = models.ForeignKey(
        "leads.Delivery",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="submissions",
        help_text="That brought it; of what was polled, the one that brought it later.",
    )
    form = models.ForeignKey("leads.AllowedForm", models.PROTECT, null=True, blank=True, related_name="submissions")
    lead = models.ForeignKey("leads.Lead", models.SET_NULL, null=True, blank=True, related_name="submissions")
    draft_only = models.BooleanField(default=False, help_text="Draft only for this one, whatever the switches say.")
    payload = models.JSONField(help_text="`leads.facts.Submitted`.")
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # How many came which way in a while, from the index alone.
            models.Index(
                fields=["workspace", "received_at"], include=["form", "via", "delivery"], name="submission_ways"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "dedupe_key"], name="submission_once"),
            models.CheckConstraint(
                condition=models.Q(source__in=["form", "workflow", "event", "command"]), name="submission_source"
            ),
            models.CheckConstraint(
                condition=models.Q(via__in=["webhook", "poll", "backfill", "command", "test"]), name="submission_via"
            ),
        ]

    def __str__(self) -> str:
        return f"Submission {self.pk}"
