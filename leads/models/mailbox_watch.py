"""How far each workspace's mailbox has been followed, and what came back to its drafts."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class MailboxWatch(models.Model):
    """`due_at` is when the mailbox is looked at next, or, under a lease, when its holder counts as lost."""

    workspace = models.OneToOneField("leads.Workspace", models.CASCADE, primary_key=True, related_name="mailbox_watch")
    due_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True)
    mailbox = models.EmailField(max_length=254, blank=True, help_text="Whose history it is.")
    point = models.CharField(max_length=32, blank=True, help_text="Of its history, until where it was read.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When Gmail last answered.")
    reconcile_at = models.DateTimeField(db_default=Now(), help_text="When every draft is compared with it next.")
    reconciled_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    error_kind = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="watch_due")]

    def __str__(self) -> str:
        return f"Mailbox of {self.workspace}"


class Response(models.Model):
    """A message that concerns a draft: what kind it is and when it came, never what it says."""

    class Kind(models.TextChoices):
        REPLY = "reply", "Reply"
        OPT_OUT = "opt_out", "Asks to be left alone"
        BOOKING = "booking", "Booked a meeting"
        AWAY = "away", "Automatic answer"
        BOUNCE = "bounce", "Could not be delivered"
        OURS = "ours", "Written by hand"  # by ourselves, in the same conversation

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    draft = models.ForeignKey("leads.Draft", models.CASCADE, related_name="responses")
    kind = models.CharField(max_length=8, choices=Kind)
    message_id = models.CharField(max_length=64, help_text="Gmail's.")
    at = models.DateTimeField()
    until = models.DateField(null=True, blank=True, help_text="Of an absence: the day of the return, if it says.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "message_id"], name="response_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["reply", "opt_out", "booking", "away", "bounce", "ours"]),
                name="response_kind",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "message_id"], name="response_known")]

    def __str__(self) -> str:
        return self.get_kind_display()
