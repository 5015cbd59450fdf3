"""An approved draft on its way out of the rep's mailbox."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Sending(models.Model):
    """There is one while its draft is scheduled, being sent, or waits for a person to say whether it was sent.

    `due_at` is one clock, as a run's is: to be sent at, retry at, or leased until; empty while a person is waited for.
    With `tried_at` a call may have been made: the mailbox is asked before anything is sent.
    """

    draft = models.OneToOneField("leads.Draft", models.CASCADE, primary_key=True, related_name="sending")
    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    approved_by = models.ForeignKey(
        "auth.User", models.SET_NULL, null=True, blank=True, related_name="+", help_text="Empty: sent by itself."
    )
    scheduled_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, blank=True)
    waits_for = models.CharField(
        max_length=200, blank=True, db_default="", help_text="What puts it off, and passes by itself."
    )
    lease = models.UUIDField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True, db_default="", help_text="Who took the lease last.")
    tried_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Failures in a row.")
    error_kind = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="sending_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["workspace", "due_at"], name="sending_of_workspace"),
        ]

    def __str__(self) -> str:
        return f"Sending of draft {self.draft_id}"
