"""What was read of a mailbox's sent mail."""

from __future__ import annotations

from django.db import models


class SentMail(models.Model):
    """Kept so that it need not be read again: what it says about the voice, and samples without names or addresses.

    Of the workspace's own mailbox, or of a rep's. The voice itself changes when a person takes something over.
    """

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="sent_mail")
    rep = models.ForeignKey("leads.Rep", models.CASCADE, null=True, blank=True, related_name="sent_mail")
    read_at = models.DateTimeField()
    mails = models.PositiveSmallIntegerField(help_text="How many were read.")
    manner = models.JSONField(help_text="`leads.manner.Manner`.")
    samples = models.JSONField(help_text="A list of texts.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "rep"], name="sent_mail_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"Sent mail of {self.rep or self.workspace}"
