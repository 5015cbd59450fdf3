"""Calls to outside accounts: how each endpoint does, and each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from leads import call_stats
from leads.admin.base import SEARCHED, ReadOnlyAdmin, address, links, recent_values
from leads.models import ApiCall
from leads.templatetags.console import badge, when
from leads.timeline import title_of


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint's figures, each with the address of its rows."""

    figures: call_stats.Endpoint
    calls: str
    errors: str
    slow: str
    slowest: str

    @property
    def tone(self) -> str:
        return "bad" if self.figures.error_rate > 20 else "warn" if self.figures.error_rate > 5 else ""


@admin.register(ApiCall)
class ApiCallAdmin(ReadOnlyAdmin[ApiCall]):
    list_display = ("call", "outcome", "latency", "run_page", "step_title", "workspace", "age")
    list_filter = (
        recent_values("service", "service"),
        recent_values("endpoint", "endpoint"),
        ("error", admin.EmptyFieldListFilter),
        recent_values("error", "kind of error"),
        "workspace",
        "at",
    )
    list_select_related = ("workspace",)
    list_before_template = "admin/leads/apicall/_before.html"
    search_fields = ("endpoint", "error")
    number_field = "run_id"
    searches_newest = SEARCHED
    search_help_text = f"The id of a run, or a word in the newest {SEARCHED:,} calls."
    ordering = ("-pk",)
    fields = ("at", "service", "endpoint", "status", "latency", "error", "run_page", "step_title", "workspace")

    class Media:
        css = {"all": ["leads/records.css"]}

    @admin.display(description="call")
    def call(self, call: ApiCall) -> str:
        return str(call)

    @admin.display(description="status")
    def outcome(self, call: ApiCall) -> str:
        status = str(call.status or "no answer")
        return badge("bad" if call.error else "good", f"{status} · {call.error}" if call.error else status)

    @admin.display(description="latency")
    def latency(self, call: ApiCall) -> str:
        return f"{call.ms:,.0f} ms"

    @admin.display(description="run")
    def run_page(self, call: ApiCall) -> str:
        return links([(address("workflowrun", call.run_id), f"Run {call.run_id}")] if call.run_id else [])

    @admin.display(description="step")
    def step_title(self, call: ApiCall) -> str:
        return title_of(call.step) or "-"

    @admin.display(description="when")
    def age(self, call: ApiCall) -> str:
        return when(call.at)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        lately = call_stats.lately()
        shown = {"lately": lately, "endpoints": [row(lately, endpoint) for endpoint in lately.endpoints]}
        return super().changelist_view(request, shown | (extra_context or {}))


def row(lately: call_stats.Lately, endpoint: call_stats.Endpoint) -> Row:
    """Figures, and where exactly the rows are that they are made of."""
    page = reverse("admin:leads_apicall_changelist")
    chosen = {"service": endpoint.service, "endpoint": endpoint.endpoint, "at__gte": lately.since.isoformat()}
    calls = f"{page}?{urlencode(chosen)}"
    return Row(
        endpoint,
        calls,
        f"{calls}&error__isempty=0",
        f"{calls}&{urlencode({'ms__gte': endpoint.p50})}",
        f"{calls}&{urlencode({'ms__gte': endpoint.p95})}",
    )
