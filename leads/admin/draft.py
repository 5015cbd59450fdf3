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
from leads.models import Draft


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin[Draft]):
    list_display = ("subject", "recipient", "status", "is_sound", "writer", "language", "workspace", "created_at")
    list_filter = ("status", "is_sound", "workspace", "language", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("subject", "recipient", "lead__first_name", "lead__last_name", "lead__company")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        return super().get_queryset(request).select_related("workspace", "lead", "run", "reviewed_by")

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:review_draft", args=[self.viewable(request, object_id).pk]))
