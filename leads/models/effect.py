"""One outside write that a run wants, from plan to proof."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Effect(models.Model):
    """Planned by a step, intended just before the call, done when the vendor's answer is stored.

    Found `intended` by a later claim, the vendor is asked whether it was done, before it is done again.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        INTENDED = "intended", "Intended"
        DONE = "done", "Done"

    run = models.ForeignKey("leads.WorkflowRun", models.CASCADE, related_name="effects")
    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="+")
    step = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    args = models.JSONField(help_text="The planned write, rebuilt by type.")
    result = models.JSONField(default=dict, help_text="The vendor's ids.")
    once_key = models.CharField(max_length=300, blank=True, help_text="Shared by runs that want the same one thing.")
    withheld = models.CharField(max_length=100, blank=True, help_text="The lock that kept it planned.")
    planned_at = models.DateTimeField()
    intended_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "kind"], name="effect_once_per_run"),
            models.CheckConstraint(condition=Q(state__in=["planned", "intended", "done"]), name="effect_state"),
        ]
        indexes = [
            models.Index(fields=["workspace", "once_key"], name="effect_once_key", condition=~Q(once_key="")),
            models.Index(fields=["workspace"], name="effect_open", condition=~Q(state="done")),
        ]

    def __str__(self) -> str:
        return self.kind
