"""Every webhook request whose signature was good, as it came."""

from __future__ import annotations

from django.db import models


class Delivery(models.Model):
    """One request, kept whole, and what became of it."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DUPLICATE = "duplicate", "Duplicate"
        IGNORED = "ignored", "Ignored"
        REFUSED = "refused", "Refused"

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, null=True, blank=True, related_name="deliveries")
    received_at = models.DateTimeField(auto_now_add=True)
    signature = models.CharField(max_length=4, help_text="The signature version that was verified.")
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.CharField(max_length=300, blank=True)
    items = models.JSONField(default=list, help_text="Per submission or event: verdict, reason, run.")

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["workspace", "-received_at"], name="delivery_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict__in=["accepted", "duplicate", "ignored", "refused"]),
                name="delivery_verdict",
            )
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"
