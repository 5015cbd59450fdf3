"""The audit: to be read, searched and exported, by nobody changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.views.decorators.http import require_POST, require_safe

from leads import audit
from leads.admin.base import ReadOnlyAdmin, address, recent_values
from leads.exports import MOST, events_as_csv
from leads.models import Event
from leads.readable import facts_of
from leads.sentences import SYSTEM, changes, references, sentence
from leads.templatetags.console import when

NAMED = {"kind", "actor", "at__gte", "at__lt", "workspace__id__exact", "run_id"}  # filters that the audit shows

ABOUT = 3  # things that a row of the list links


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    list_display = ("said", "age", "by", "about")
    list_filter = (recent_values("kind", "kind"), recent_values("actor", "actor"), "at", "workspace")
    list_select_related = ("workspace",)
    list_before_template = "admin/leads/event/_before.html"
    search_fields = ("=actor",)
    number_field = "run_id"
    search_help_text = "The id of a run, or the user name of the person who acted."
    ordering = ("-pk",)

    class Media:
        css = {"all": ["leads/records.css"]}

    @admin.display(description="what happened")
    def said(self, event: Event) -> str:
        return sentence(event)

    @admin.display(description="when")
    def age(self, event: Event) -> str:
        return when(event.at)

    @admin.display(description="who")
    def by(self, event: Event) -> str:
        return event.actor or SYSTEM

    @admin.display(description="about")
    def about(self, event: Event) -> str:
        found = [about for about in references(event) if about.model != "workspace"][:ABOUT]
        pages = ((address(about.model, about.pk), about.text) for about in found)
        return format_html_join(" · ", '<a href="{}">{}</a>', pages) or "-"

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.export_event")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        shown = {"may_export": self.has_export_permission(request), "most": MOST}
        return super().changelist_view(request, shown | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/", export, name="leads_event_export"), *super().get_urls()]

    @method_decorator(require_POST)
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The events that the list's address is about, as CSV."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            chosen = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            messages.error(request, "These filters make no sense together, so nothing was exported.")
            return HttpResponseRedirect(reverse("admin:leads_event_changelist"))
        # What was typed into the search box may be anybody's name, and the audit is for ever.
        filters = {name: value[:100] if name in NAMED else "…" for name, value in request.GET.items()}
        audit.record("events_exported", None, actor=request.user.get_username(), filters=filters)
        name = f"events-{timezone.now():%Y-%m-%d-%H%M}.csv"
        return StreamingHttpResponse(
            events_as_csv(chosen),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        event = self.viewable(request, object_id)
        return self.page(
            request,
            "event/detail.html",
            f"Event {event.pk}",
            original=event,
            said=sentence(event),
            who=event.actor or SYSTEM,
            facts=list(
                facts_of({name: changes(part) if name == "fields" else part for name, part in event.facts.items()})
            ),
            about=[(reference.text, address(reference.model, reference.pk)) for reference in references(event)],
        )
