"""Leads: who wrote, and what came of it."""

from __future__ import annotations

from django.contrib import admin

from leads.admin.base import ReadOnlyAdmin, address_of, links
from leads.models import Lead

NEWEST = 20


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin[Lead]):
    list_display = ("email", "first_name", "last_name", "company", "workspace", "created_at")
    list_filter = ("workspace", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("email", "first_name", "last_name", "company", "domain")
    ordering = ("-pk",)
    fields = (
        "email",
        "first_name",
        "last_name",
        "company",
        "domain",
        "hubspot_contact_id",
        "hubspot_company_id",
        "workspace",
        "created_at",
        "newest_runs",
        "newest_drafts",
    )

    @admin.display(description="runs")
    def newest_runs(self, lead: Lead) -> str:
        return links(
            (address_of(run), f"{run}: {(run.get_outcome_display() or run.get_state_display()).lower()}")
            for run in lead.runs.order_by("-pk")[:NEWEST]
        )

    @admin.display(description="drafts")
    def newest_drafts(self, lead: Lead) -> str:
        return links(
            (address_of(draft), f"{draft}: {draft.get_status_display().lower()}")
            for draft in lead.drafts.order_by("-pk")[:NEWEST]
        )
