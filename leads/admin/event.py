"""The audit: to be read and searched, by nobody changed."""

from __future__ import annotations

from django.contrib import admin

from leads.admin.base import ReadOnlyAdmin, address, described, links, recent_values
from leads.models import Event
from leads.readable import facts_of, listed, text


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    list_display = ("at", "kind", "actor", "run_number", "workspace", "said")
    list_display_links = ("at",)
    list_filter = (recent_values("kind", "kind"), "at", "workspace")
    list_select_related = ("workspace",)
    search_fields = ("=actor",)
    number_field = "run_id"
    search_help_text = "The id of a run, or the user name of the person who acted."
    ordering = ("-pk",)
    # No foreign key is shown as such: what it points to may have been erased.
    fields = ("at", "kind", "actor", "run_page", "workspace_page", "described_facts")

    @admin.display(description="run", ordering="run_id")
    def run_number(self, event: Event) -> str:
        return str(event.run_id or "-")

    @admin.display(description="facts")
    def said(self, event: Event) -> str:
        return ", ".join(f"{name}: {text(value)}" for name, value in facts(event).items())[:200]

    @admin.display(description="run")
    def run_page(self, event: Event) -> str:
        return links([(address("workflowrun", event.run_id), f"Run {event.run_id}")] if event.run_id else [])

    @admin.display(description="workspace")
    def workspace_page(self, event: Event) -> str:
        pk = event.workspace_id
        return links([(address("workspace", pk), f"Workspace {pk}")] if pk else [])

    @admin.display(description="facts")
    def described_facts(self, event: Event) -> str:
        return described(facts_of(facts(event)))


def facts(event: Event) -> dict[str, object]:
    """The event's facts; those that hold changes as “before → after”."""
    return {name: changes(value) if name == "fields" else value for name, value in event.facts.items()}


def changes(fields: object) -> object:
    if not isinstance(fields, dict):
        return fields
    return listed(
        [
            f"{name}: {text(pair[0]) or 'empty'} → {text(pair[1]) or 'empty'}" if isinstance(pair, list) else name
            for name, pair in fields.items()
        ]
    )
