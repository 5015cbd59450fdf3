"""Messages to the team: where they go, and the outbox that they wait in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class NoticeAddress(models.Model):
    """One place to tell, as an address that Apprise understands. `sealed` is read by `leads.notices` alone."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="notice_addresses")
    name = models.CharField(max_length=80, help_text="How you call it: the address itself is never shown again.")
    service = models.CharField(max_length=80, editable=False)
    sealed = models.BinaryField()
    person = models.ForeignKey(
        "auth.User",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="whose it is",
        help_text="“Draft ready” then has a link by which this person approves without logging in. Leave it empty for "
        "anything that others read too.",
    )
    on_draft_ready = models.BooleanField("draft ready", default=True)
    on_run_dead = models.BooleanField("run dead", default=True)
    on_connection = models.BooleanField("connection broken or mended", default=True, db_default=True)
    on_sending = models.BooleanField("draft not sent, or perhaps sent", default=True, db_default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "notice addresses"
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="notice_address_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def wants(self) -> str:
        """What it is told, in words."""
        told = {
            "drafts that are ready": self.on_draft_ready,
            "runs that died": self.on_run_dead,
            "connections that broke or were mended": self.on_connection,
            "drafts that came back, or may have been sent": self.on_sending,
        }
        return ", ".join(what for what, is_wanted in told.items() if is_wanted) or "nothing for now"


class Notice(models.Model):
    """One message to one address, inserted in the transaction that it tells of. `due_at` is also the sender's lease."""

    class Kind(models.TextChoices):
        DRAFT_READY = "draft_ready", "Draft ready"
        RUN_DEAD = "run_dead", "Run dead"
        BROKEN = "broken", "Connection broken"
        MENDED = "mended", "Connection mended"
        MODEL_BUDGET = "model_budget", "Budget used up"
        DRAFT_RETURNED = "returned", "Draft came back"
        SEND_UNCERTAIN = "uncertain", "May have been sent"
        TEST = "test", "Test"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"  # gave up; a person looks
        DROPPED = "dropped", "Out of date"  # no news any more when its turn came

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    address = models.ForeignKey(NoticeAddress, models.CASCADE, related_name="notices")
    run = models.ForeignKey("leads.WorkflowRun", models.CASCADE, null=True, blank=True, related_name="notices")
    connection = models.ForeignKey("leads.Connection", models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(db_default=Now())
    attempt = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True, help_text="When somebody approved by its link.")

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=Q(state="queued")),
            models.Index(fields=["workspace", "-id"], name="notice_newest"),
            models.Index(fields=["workspace"], name="notice_failed", condition=Q(state="failed")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "draft_ready",
                        "run_dead",
                        "broken",
                        "mended",
                        "model_budget",
                        "returned",
                        "uncertain",
                        "test",
                    ]
                ),
                name="notice_kind",
            ),
            models.CheckConstraint(condition=Q(state__in=["queued", "sent", "failed", "dropped"]), name="notice_state"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
