"""An edited draft on its way into the rep's mailbox."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class MailboxUpdate(models.Model):
    """What the mailbox has of a draft that a person edited, and what it should have.

    `due_at` is one clock, as a run's is: claimable from, retry at, or leased until. `tried` is the newest revision
    that a call may have put there; more than `held`, the mailbox is asked before anything is written again.
    """

    class State(models.TextChoices):
        PENDING = "pending", "On its way"
        DONE = "done", "In Gmail"
        EDITED = "edited", "Edited in Gmail"  # by hand: never overwritten
        GONE = "gone", "No longer a draft in Gmail"  # deleted or sent by hand
        FAILED = "failed", "Not in Gmail"  # gave up; a person decides

    draft = models.OneToOneField("leads.Draft", models.CASCADE, primary_key=True, related_name="mailbox")
    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    wanted = models.PositiveSmallIntegerField(help_text="The revision that the mailbox should have.")
    held = models.PositiveSmallIntegerField(default=1, help_text="The revision that it has.")
    tried = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True, db_default="", help_text="Who took the lease last.")
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Failures in a row.")
    error_kind = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="mailbox_due", condition=Q(state="pending"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "done", "edited", "gone", "failed"]), name="mailbox_state"
            )
        ]

    def __str__(self) -> str:
        return f"Revision {self.wanted}"
