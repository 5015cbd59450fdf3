"""What language models have cost, by workspace and month."""

from __future__ import annotations

from django.db import models


class ModelSpend(models.Model):
    """An account that only grows; `cost` is in millionths of the currency."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="model_spend")
    month = models.DateField(help_text="Its first day.")
    cost = models.BigIntegerField(default=0)
    letters = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "month"], name="model_spend_once_a_month")]

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"
