"""The database that this installation wrote to last, by PostgreSQL's own marks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class KnownDatabase(models.Model):
    """One row. A worker that starts in another database than it names has been given a restored one."""

    marks = models.CharField(max_length=120, help_text="`leads.restores.marks`.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="known_database_once")]

    def __str__(self) -> str:
        return self.marks
