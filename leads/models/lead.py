"""A person who wrote to a workspace."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Lower


class Words(Func):
    """The words of some columns as PostgreSQL looks for them; an address is several words."""

    template = "to_tsvector('simple', translate(%(expressions)s, '@.+_-/', '      '))"
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


WORDS = Words("first_name", "last_name", "company", "domain", "email")


class Lead(models.Model):
    """One address in one workspace. Who they are stands here and can be blanked; the audit only has the id."""

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="leads")
    email = models.EmailField(max_length=254)
    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    company = models.CharField(max_length=200, blank=True)
    domain = models.CharField(max_length=253, blank=True)
    hubspot_contact_id = models.CharField(max_length=32, blank=True)
    hubspot_company_id = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [GinIndex(WORDS, name="lead_words")]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "email"], name="lead_once_per_workspace"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="lead_email_lower_case"),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email
