"""Every webhook request, as it came: all that were signed well, and a bounded number of the others."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Delivery(models.Model):
    """One request, and what became of it. Signed ones are kept whole and for good; see `leads.unsigned` for the rest.

    Taken in again by a person, it leaves another row, so that what happened at first stays on record.
    """

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DUPLICATE = "duplicate", "Duplicate"
        IGNORED = "ignored", "Ignored"
        REFUSED = "refused", "Refused"

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, null=True, blank=True, related_name="deliveries")
    received_at = models.DateTimeField(auto_now_add=True)
    signature = models.CharField(max_length=4, blank=True, help_text="The version that was verified; empty: none was.")
    target = models.TextField(blank=True, help_text="Path and query, as the request had them: they are signed too.")
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    size = models.PositiveIntegerField(null=True, blank=True, help_text="Bytes that came; more than the body: cut.")
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.CharField(max_length=300, blank=True)
    form_id = models.CharField("form", max_length=100, blank=True, help_text="The form that it names, if it is one.")
    items = models.JSONField(default=list, help_text="Per submission or event: verdict, reason, run.")
    replay_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replays", db_index=False
    )

    class Meta:
        verbose_name_plural = "webhooks"  # as the console calls the page
        indexes = [
            models.Index(fields=["workspace", "-received_at"], name="delivery_newest"),
            models.Index(fields=["received_at", "verdict"], name="delivery_by_hour"),
            models.Index(fields=["-id"], name="delivery_unsigned", condition=Q(signature="")),
            models.Index(fields=["replay_of"], name="delivery_replays", condition=Q(replay_of__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["accepted", "duplicate", "ignored", "refused"]),
                name="delivery_verdict",
            )
        ]
        permissions = [("replay_delivery", "Can replay a delivery")]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"

    @property
    def is_whole(self) -> bool:
        """Whether all of the body was kept."""
        return self.size is None or len(self.body) == self.size


class UnsignedHour(models.Model):
    """How many deliveries without a good signature came in an hour, kept or not."""

    hour = models.DateTimeField(primary_key=True)
    number = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.number} in the hour from {self.hour:%-d %b %Y %H:%M}"
