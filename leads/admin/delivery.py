"""Deliveries: what HubSpot sent, as it came, and what became of it."""

from __future__ import annotations

import json
from contextlib import suppress

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from leads.admin.base import ReadOnlyAdmin, address_of, described, links
from leads.models import Delivery, WorkflowRun
from leads.readable import facts_of

SHOWN = 100_000  # characters of a body
RUNS = 100


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = ("__str__", "verdict", "reason", "number_of_items", "workspace", "signature", "received_at")
    list_filter = ("verdict", "workspace", "received_at")
    list_select_related = ("workspace",)
    search_fields = ("reason",)
    ordering = ("-pk",)
    fields = (
        "received_at",
        "workspace",
        "verdict",
        "reason",
        "runs",
        "described_items",
        "signature",
        "described_headers",
        "pretty_body",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("body", "headers")

    @admin.display(description="items")
    def number_of_items(self, delivery: Delivery) -> int:
        return len(delivery.items)

    def runs(self, delivery: Delivery) -> str:
        begun = WorkflowRun.objects.filter(submission__delivery=delivery).order_by("pk")[:RUNS]
        return links((address_of(run), f"{run}: {run.get_state_display().lower()}") for run in begun)

    @admin.display(description="items")
    def described_items(self, delivery: Delivery) -> str:
        return described(facts_of(delivery.items))

    @admin.display(description="headers")
    def described_headers(self, delivery: Delivery) -> str:
        return described(facts_of(delivery.headers))

    @admin.display(description="body")
    def pretty_body(self, delivery: Delivery) -> str:
        return format_html('<pre class="sa-pre">{}</pre>', readable(bytes(delivery.body)))


def readable(body: bytes) -> str:
    """A body for the eye: indented if it is JSON, and whatever it is, text that can be shown."""
    decoded = body.decode(errors="backslashreplace")
    # Not JSON, or JSON made to be hard to read: as it came.
    with suppress(ValueError, RecursionError):
        decoded = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    # JSON may escape half a character, and PostgreSQL and browsers know no NUL.
    shown = decoded.encode(errors="backslashreplace").decode().replace("\x00", "␀")
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}\n… {len(shown) - SHOWN} more characters"
