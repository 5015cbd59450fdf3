"""Each call to an outside account."""

from __future__ import annotations

from django.db import models


class ApiCall(models.Model):
    """One request on the wire: where, what came back, how long it took. No contents."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="api_calls")
    run = models.ForeignKey("leads.WorkflowRun", models.CASCADE, null=True, blank=True, related_name="api_calls")
    step = models.CharField(max_length=40, blank=True)
    service = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=60)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    ms = models.FloatField()
    error = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "API call"
        indexes = [models.Index(fields=["workspace", "-at"], name="api_call_newest")]

    def __str__(self) -> str:
        return f"{self.service} {self.endpoint}"
