"""Calls to outside accounts."""

from __future__ import annotations

from django.contrib import admin

from leads.admin.base import ReadOnlyAdmin, recent_values
from leads.models import ApiCall


@admin.register(ApiCall)
class ApiCallAdmin(ReadOnlyAdmin[ApiCall]):
    list_display = ("at", "service", "endpoint", "status", "ms", "error", "run", "step", "workspace")
    list_filter = (
        recent_values("service", "service"),
        recent_values("endpoint", "endpoint"),
        ("error", admin.EmptyFieldListFilter),
        recent_values("error", "kind of error"),
        "workspace",
        "at",
    )
    list_select_related = ("workspace", "run")
    search_fields = ("endpoint", "error")
    number_field = "run_id"
    search_help_text = "The id of a run, or a word."
    ordering = ("-pk",)
    fields = ("at", "service", "endpoint", "status", "ms", "error", "run", "step", "workspace")
