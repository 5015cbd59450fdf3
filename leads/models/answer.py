"""What a team says about a subject that prospects ask about."""

from __future__ import annotations

from django.db import models

from leads.facts import Intent


class Answer(models.Model):
    """The operator's own words on one subject; the only source of claims that a draft may make."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="answers")
    intent = models.CharField(max_length=16, choices=[(intent.value, intent.value.title()) for intent in Intent])
    text = models.TextField(help_text="One to three plain sentences, as you would write them in a mail.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "intent"], name="answer_once_per_intent")]

    def __str__(self) -> str:
        return self.get_intent_display()
