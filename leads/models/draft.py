"""A reply that a run wrote, as it stands in the console and in the mailbox; what people made of it; who looks at it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower, Now

# What somebody found good as it is, however far it got since.
GOOD = ("approved", "scheduled", "sending", "uncertain", "sent", "by_hand")
DECIDED = models.Q(status__in=[*GOOD, "rejected"])


class Draft(models.Model):
    """`gmail_draft_id` is empty until the mailbox has it. `version` counts every verdict and every edit.

    An approval is for what `approved_as` seals (`leads/seals.py`). Drafts that are scheduled, being sent or uncertain
    have a row in `Sending`, and no others do.
    """

    class Status(models.TextChoices):
        READY = "ready", "Ready for review"
        APPROVED = "approved", "Approved"
        SCHEDULED = "scheduled", "Scheduled"
        SENDING = "sending", "Being sent"
        UNCERTAIN = "uncertain", "May have been sent"  # a person settles it
        SENT = "sent", "Sent"
        REJECTED = "rejected", "Rejected"
        SUPERSEDED = "superseded", "Superseded"  # gave way to a later run's
        BY_HAND = "by_hand", "Sent by hand"
        DELETED = "deleted", "Deleted by hand"

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="drafts")
    run = models.OneToOneField("leads.WorkflowRun", models.CASCADE, related_name="draft")
    lead = models.ForeignKey("leads.Lead", models.SET_NULL, null=True, blank=True, related_name="drafts")
    status = models.CharField(max_length=10, choices=Status, default=Status.READY)
    version = models.PositiveIntegerField(db_default=1)
    recipient = models.EmailField(max_length=254)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    writer = models.CharField(max_length=60)
    template_version = models.ForeignKey(
        "leads.TemplateVersion", models.SET_NULL, null=True, blank=True, related_name="drafts"
    )
    model_use = models.JSONField(null=True, blank=True, help_text="A `leads.facts.ModelUse`, if a model was asked.")
    checks = models.JSONField(default=list, help_text="A list of `leads.facts.Check`.")
    is_sound = models.BooleanField(help_text="Every hard check passed.")
    lacks = models.JSONField(default=list, db_default=[], help_text="A list of `leads.facts.Lack`.")
    intents = models.JSONField(default=list)
    approach = models.CharField(max_length=40, blank=True)
    ask = models.CharField(max_length=40, blank=True)
    asset_ids = models.JSONField(default=list)
    form = models.CharField(max_length=120, db_default="", help_text="By its name, as the prospect filled it in.")
    role = models.CharField(max_length=20, db_default="", help_text="What the prospect works as; `leads.likeness`.")
    industry = models.CharField(max_length=80, db_default="", help_text="The prospect's; `leads.likeness`.")
    kept = models.FloatField(db_default=1.0, help_text="The share of the writer's own words that people left in it.")
    gmail_draft_id = models.CharField(max_length=64, blank=True)
    gmail_message_id = models.CharField(max_length=64, blank=True)
    gmail_thread_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    rejected_because = models.CharField(max_length=300, blank=True)
    thread_head = models.CharField(
        max_length=64, blank=True, db_default="", help_text="The newest message of the thread that reviewers can see."
    )
    approved_as = models.CharField(max_length=64, blank=True, db_default="", help_text="`leads.seals.seal_of` then.")
    returned_because = models.CharField(
        max_length=300, blank=True, db_default="", help_text="Why it was not sent, and is in review again."
    )
    returned_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="By us, or by hand.")
    replied_at = models.DateTimeField(
        null=True, blank=True, help_text="When they last wrote to us since the run read their mail."
    )
    bounced_at = models.DateTimeField(null=True, blank=True, help_text="When a mail server said it can't be delivered.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[*GOOD, "ready", "rejected", "superseded", "deleted"]),
                name="draft_status",
            ),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=False) | ~models.Q(status__in=["sent", "by_hand"]),
                name="draft_sent_when",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "status", "-created_at"], name="draft_queue"),
            models.Index(fields=["created_at", "id"], name="draft_to_review", condition=models.Q(status="ready")),
            models.Index(
                fields=["returned_at"],
                name="draft_came_back",
                condition=models.Q(status="ready") & ~models.Q(returned_because=""),
            ),
            models.Index(fields=["lead", "-created_at"], name="draft_of_lead"),
            models.Index(fields=["workspace", "-created_at"], name="draft_decided", condition=DECIDED),
            # Whom a message in the mailbox is from, and which conversation it belongs to.
            models.Index("workspace", Lower("recipient"), name="draft_to"),
            models.Index(fields=["workspace", "gmail_thread_id"], name="draft_in_thread"),
            models.Index(
                fields=["workspace", "-sent_at"], name="draft_sent", condition=models.Q(sent_at__isnull=False)
            ),
            models.Index(
                fields=["workspace", "status"],
                name="draft_on_its_way",
                condition=models.Q(status__in=["approved", "scheduled", "sending", "uncertain"]),
            ),
        ]
        permissions = [("review_draft", "Can approve and reject a draft")]

    def __str__(self) -> str:
        return self.subject


class DraftRevision(models.Model):
    """One wording of a draft. The writer's own is kept, as number 1, when a person first changes it."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    slots = models.JSONField(help_text="A list of `leads.facts.Slot`.")
    asset_ids = models.JSONField()
    checks = models.JSONField()
    is_sound = models.BooleanField()
    by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    in_gmail = models.BooleanField(default=False, db_default=False, help_text="It was written by hand in Gmail.")
    at = models.DateTimeField(help_text="When it was written; `by` is empty for the writer's, and for one in Gmail.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"Revision {self.number}"


class DraftViewer(models.Model):
    """Somebody who has a draft open; their page says so again and again, and is forgotten when it stops."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="viewers")
    user = models.ForeignKey("auth.User", models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "user"], name="viewer_once")]

    def __str__(self) -> str:
        return str(self.user)
