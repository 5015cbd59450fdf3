"""The workers that are alive, by their own word."""

from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """One `manage.py worker`: its supervisor says every few seconds that it lives."""

    name = models.CharField(max_length=120, unique=True, help_text="Under which its cluster holds leases.")
    processes = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
