"""The audit: to be read, searched and exported, by nobody changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.views.decorators.http import require_POST, require_safe

from leads import audit
from leads.admin.base import RECENT, ReadOnlyAdmin, address
from leads.exports import MOST, events_as_csv
from leads.identifiers import identifier
from leads.models import Event
from leads.readable import facts_of, words
from leads.roles import takes
from leads.sentences import SENTENCES, SYSTEM, changes, references, sentence
from leads.templatetags.console import when

NAMED = {"kind", "actor", "at__gte", "at__lt", "workspace__id__exact", "run_id"}  # filters that the audit shows

PEOPLE = 200  # that the filter offers
ABOUT = 3  # things that a row of the list links


class Kind(admin.SimpleListFilter):
    """By what happened: all kinds that have a sentence, and others that came lately."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        lately = Event.objects.order_by("-pk").values_list("kind", flat=True)[:RECENT]
        return [(kind, words(kind)) for kind in sorted({*SENTENCES, *lately, self.value() or ""} - {""})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class Actor(admin.SimpleListFilter):
    """By who acted: the people who have an account, and the system."""

    title = "who"
    parameter_name = "actor"
    NOBODY = "-"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        people = set(
            User.objects.filter(is_staff=True).order_by("username").values_list("username", flat=True)[:PEOPLE]
        )
        named = sorted({*people, self.value() or ""} - {"", self.NOBODY})
        return [(self.NOBODY, SYSTEM), *((name, name) for name in named)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(actor="" if self.value() == self.NOBODY else self.value())


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    list_display = ("said", "age", "by", "about")
    list_filter = (Kind, Actor, "at", "workspace")
    list_select_related = ("workspace",)
    list_before_template = "admin/leads/event/_before.html"
    search_fields = ("actor",)
    number_field = "run_id"
    search_help_text = "The id of a run, or the whole user name of the person who acted."
    ordering = ("-pk",)

    class Media:
        css = {"all": ["leads/records.css"]}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """As the index knows it: the whole user name."""
        term = search_term.replace("\x00", "").strip()
        if not term or identifier(term) is not None:
            return super().get_search_results(request, queryset, term)
        return queryset.filter(actor=term), False

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
        shown = {"may_export": self.has_export_permission(request), "most": f"{MOST:,}"}
        return super().changelist_view(request, shown | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/", export, name="leads_event_export"), *super().get_urls()]

    @method_decorator(require_POST)
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The events that the list's address is about, as CSV."""
        if not self.has_export_permission(request):
            raise PermissionDenied(takes("leads.export_event"))
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
