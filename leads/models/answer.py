"""What a team says about a subject that prospects ask about, in each language that it says it in."""

from __future__ import annotations

from django.db import models

from leads.facts import Intent


class Answer(models.Model):
    """The operator's own words on one subject; the only source of claims that a draft may make."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="answers")
    intent = models.CharField(max_length=16, choices=[(intent.value, intent.value.title()) for intent in Intent])
    language = models.CharField(max_length=2, default="en", help_text="ISO 639-1.")
    text = models.TextField(help_text="One to three plain sentences, as you would write them in a mail.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "intent", "language"], name="answer_once_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.get_intent_display()} ({self.language})"
