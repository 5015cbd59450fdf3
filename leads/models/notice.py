"""Messages to the team: where they go, and the outbox that they wait in."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from leads.models.alert import AlertRule


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
    on_sending = models.BooleanField("draft not sent, or perhaps sent", default=True, db_default=True)
    alerts_off = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        db_default=[],
        help_text="Rules that it is not told of.",
    )
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
            "drafts that came back, or may have been sent": self.on_sending,
            **self.wanted_alerts,
        }
        return ", ".join(what for what, is_wanted in told.items() if is_wanted) or "nothing for now"

    @property
    def wanted_alerts(self) -> dict[str, bool]:
        """In words: all of them, or all but some, or those few."""
        off = [kind.label.lower() for kind in AlertRule.Kind if kind in self.alerts_off]
        on = [kind.label.lower() for kind in AlertRule.Kind if kind not in self.alerts_off]
        if not off:
            return {"all alerts": True}
        few, word = (on, "alerts:") if len(on) <= len(off) else (off, "all alerts but")
        return {f"{word} {', '.join(few)}": bool(on)}


class Notice(models.Model):
    """One message to one address, inserted in the transaction that it tells of. `due_at` is also the sender's lease."""

    class Kind(models.TextChoices):
        DRAFT_READY = "draft_ready", "Draft ready"
        DRAFT_RETURNED = "returned", "Draft came back"
        SEND_UNCERTAIN = "uncertain", "May have been sent"
        ALERT = "alert", "Alert"
        RESOLVED = "resolved", "Alert resolved"
        TEST = "test", "Test"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"  # gave up; a person looks
        DROPPED = "dropped", "Out of date"  # no news any more when its turn came

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    address = models.ForeignKey(NoticeAddress, models.CASCADE, related_name="notices")
    run = models.ForeignKey("leads.WorkflowRun", models.CASCADE, null=True, blank=True, related_name="notices")
    alert = models.ForeignKey("leads.Alert", models.CASCADE, null=True, blank=True, related_name="notices")
    rule = models.CharField(max_length=20, blank=True, db_default="", help_text="That a test is of.")
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
                condition=Q(kind__in=["draft_ready", "returned", "uncertain", "alert", "resolved", "test"]),
                name="notice_kind",
            ),
            models.CheckConstraint(condition=Q(state__in=["queued", "sent", "failed", "dropped"]), name="notice_state"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
