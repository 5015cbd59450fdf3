"""The forms a workspace answers."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class AllowedForm(models.Model):
    """A HubSpot form whose submissions start a run. Others are kept as deliveries, and ignored."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="forms")
    form_id = models.CharField("form id", max_length=64, help_text="The form's GUID in HubSpot.")
    name = models.CharField(max_length=120)
    enabled = models.BooleanField(default=True)
    answered_since = models.DateTimeField(
        db_default=Now(), editable=False, help_text="Since when it is allowed and on; the poll looks no further back."
    )
    draft_only = models.BooleanField(default=False, help_text="Draft only for this form, whatever the switches say.")
    auto_send = models.BooleanField(
        default=False, help_text="Send sound drafts without a reviewer, while the form's record is good enough."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "form_id"], name="form_once_per_workspace")]

    def __str__(self) -> str:
        return self.name
