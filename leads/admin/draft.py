"""The archive of drafts. Each has one page, where it is read and decided on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from leads.admin.base import ReadOnlyAdmin
from leads.identifiers import identifier
from leads.lead_search import of_leads
from leads.models import Draft


class CameBack(admin.SimpleListFilter):
    """Drafts that were approved, were stopped, and wait for review again."""

    title = "came back"
    parameter_name = "came_back"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("yes", "Yes, and waits for review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Draft]) -> QuerySet[Draft]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(status=Draft.Status.READY).exclude(returned_because="")


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin[Draft]):
    list_display = (
        "subject",
        "recipient",
        "status",
        "is_sound",
        "writer",
        "language",
        "workspace",
        "created_at",
        "sent_at",
    )
    list_filter = ("status", CameBack, "is_sound", "workspace", "language", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("lead",)  # what of it is searched, `lead_search` knows
    number_field = "run_id"
    search_help_text = "The beginning of a name, company or address; or the id of a run."
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        return super().get_queryset(request).select_related("workspace", "lead", "run", "reviewed_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Draft], search_term: str
    ) -> tuple[QuerySet[Draft], bool]:
        if identifier(search_term.strip()) is not None:
            return super().get_search_results(request, queryset, search_term)
        return of_leads(queryset, search_term), False

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:review_draft", args=[self.viewable(request, object_id).pk]))
