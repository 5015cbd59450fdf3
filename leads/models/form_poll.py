"""How far each form's submissions have been read from HubSpot's own list."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class FormPoll(models.Model):
    """One form's poll. `due_at` is when it is asked next, or, under a lease, when its holder counts as lost."""

    form = models.OneToOneField("leads.AllowedForm", models.CASCADE, primary_key=True, related_name="poll")
    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="polls")
    due_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True)
    read_until = models.DateTimeField(
        null=True, blank=True, help_text="When the newest submission was sent that was read; moves with what was kept."
    )
    polled_at = models.DateTimeField(null=True, blank=True, help_text="When HubSpot last answered.")
    found = models.PositiveIntegerField(default=0, help_text="Submissions that it found then, and no webhook before.")
    failing_since = models.DateTimeField(null=True, blank=True)
    error_kind = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"Poll of {self.form}"
