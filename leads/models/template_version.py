"""The wording of a template set, as the operators of a workspace have it."""

from __future__ import annotations

from django.db import models


class TemplateVersion(models.Model):
    """One state of it. The newest counts; none is ever changed, since drafts say which of them made them."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="template_versions")
    template_set = models.CharField(max_length=40, help_text="The shipped set that it changes.")
    number = models.PositiveIntegerField()
    phrases = models.JSONField(default=dict, help_text='By "section.key": the ways to say it, where they differ.')
    body = models.TextField(blank=True, help_text="The order of the parts; empty: as shipped.")
    note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "template_set", "number"], name="template_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.template_set}, version {self.number}"
