"""Leads: who wrote, and everything that came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from leads import activity, lead_search
from leads.admin.base import ReadOnlyAdmin
from leads.models import Lead, WorkflowRun
from leads.templatetags.console import when
from leads.vendor_pages import hubspot_page

State = WorkflowRun.State


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin[Lead]):
    list_display = ("__str__", "email", "company", "newest_run", "first_came")
    list_filter = ("workspace", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("email",)  # what is searched, `lead_search.matching` knows
    search_help_text = "The beginning of a name, a company or an address; several words narrow it down."
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        newest = WorkflowRun.objects.filter(lead=OuterRef("pk")).order_by("-pk").values("state")[:1]
        return super().get_queryset(request).select_related("workspace").annotate(state=Subquery(newest))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        return lead_search.matching(queryset, search_term), False

    @admin.display(description="newest run")
    def newest_run(self, lead: Lead) -> str:
        state: str | None = getattr(lead, "state", None)
        if not state:
            return "–"
        return format_html('<span class="sa-badge sa-badge--{}">{}</span>', state, State(state).label)

    @admin.display(description="first came")
    def first_came(self, lead: Lead) -> str:
        return when(lead.created_at)

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        lead = self.viewable(request, object_id)
        may = {kind.name.lower(): request.user.has_perm(activity.NEEDS[kind]) for kind in activity.Kind}
        kinds = [kind for kind in activity.Kind if may[kind.name.lower()]]
        return self.page(
            request,
            "lead/detail.html",
            str(lead),
            original=lead,
            contact=hubspot_page(lead.workspace, "contact", lead.hubspot_contact_id),
            company=hubspot_page(lead.workspace, "company", lead.hubspot_company_id),
            activity=activity.activity(lead, kinds, request.GET.get("before", "")),
            is_newest="before" not in request.GET,
        )
