"""Deliveries: what came to the webhook, what became of it and why, and taking it in again."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from leads import deliveries, trial, ways, webhook_log
from leads.admin.base import RECENT, SEARCHED, ReadOnlyAdmin, address, address_of, apply, are_too_many, links
from leads.console.hours import columns
from leads.console.scope import called
from leads.models import AllowedForm, Delivery, Workspace
from leads.roles import takes
from leads.templatetags.console import badge, when
from leads.unsigned import AN_HOUR

SHOWN = 100_000  # characters of a body
RUNS = 3  # that a row of the list names
REPLAYS = 20
REPLAYED_AT_ONCE = 100
WORKSPACES = 100
TEST_TAKES = "leads.change_workspace"
Verdict = Delivery.Verdict
TONES: dict[str, str] = {
    Verdict.ACCEPTED: "good",
    Verdict.DUPLICATE: "warn",
    Verdict.IGNORED: "",
    Verdict.REFUSED: "bad",
}
HEADLINES: dict[str, str] = {
    Verdict.ACCEPTED: "At least one run was started.",
    Verdict.DUPLICATE: "All of it had come before, so no run was started.",
    Verdict.IGNORED: "Nothing in it starts a run.",
    Verdict.REFUSED: "It was not taken in.",
}


class Form(admin.SimpleListFilter):
    """By the form that a delivery names: the allowed ones by name, others that came lately by their id."""

    title = "form"
    parameter_name = "form_id"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        lately = Delivery.objects.order_by("-pk").values_list("form_id", flat=True)[:RECENT]
        names = {form_id: form_id for form_id in {*lately, self.value() or ""} - {""}}
        names |= dict(AllowedForm.objects.values_list("form_id", "name"))
        return sorted(names.items(), key=lambda form: form[1].lower())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(form_id=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = ("delivery", "verdict_badge", "why", "form_name", "number_of_items", "runs", "workspace", "age")
    list_filter = ("verdict", "workspace", Form, "received_at")
    list_select_related = ("workspace",)
    list_before_template = "admin/leads/delivery/_before.html"
    search_fields = ("reason",)
    number_field = "pk"
    searches_newest = SEARCHED
    search_help_text = f"The id of a delivery, or a word of why in the newest {SEARCHED:,}."
    ordering = ("-pk",)
    actions = ("replay_selected",)

    class Media:
        css = {"all": ["leads/records.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        form = AllowedForm.objects.filter(workspace=OuterRef("workspace"), form_id=OuterRef("form_id"))
        named = super().get_queryset(request).annotate(named=Subquery(form.values("name")[:1]))
        is_list = request.resolver_match is not None and request.resolver_match.url_name == "leads_delivery_changelist"
        return named.defer("body", "headers") if is_list else named.select_related("workspace")

    @admin.display(description="delivery")
    def delivery(self, delivery: Delivery) -> str:
        return f"{delivery} (replay)" if delivery.replay_of_id else str(delivery)

    @admin.display(description="verdict")
    def verdict_badge(self, delivery: Delivery) -> str:
        return badge(delivery.verdict, delivery.get_verdict_display())

    @admin.display(description="why")
    def why(self, delivery: Delivery) -> str:
        return delivery.reason or "-"

    @admin.display(description="form")
    def form_name(self, delivery: Delivery) -> str:
        return getattr(delivery, "named", None) or delivery.form_id or "-"

    @admin.display(description="items")
    def number_of_items(self, delivery: Delivery) -> int:
        return len(delivery.items)

    @admin.display(description="runs")
    def runs(self, delivery: Delivery) -> str:
        begun = [item["run"] for item in delivery.items if isinstance(item, dict) and item.get("run")]
        found = [(address("workflowrun", pk), f"Run {pk}") for pk in begun[:RUNS]]
        if len(begun) > RUNS:
            found.append((address_of(delivery), f"and {len(begun) - RUNS} more"))
        return links(found)

    @admin.display(description="came")
    def age(self, delivery: Delivery) -> str:
        return when(delivery.received_at)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.replay_delivery")

    @admin.action(description="Replay with today's settings", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        if are_too_many(request, queryset, REPLAYED_AT_ONCE):
            return
        # Oldest first, as they came.
        chosen = Delivery.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).order_by("pk")
        actor = request.user.get_username()
        apply(
            request,
            chosen,
            lambda found: deliveries.replay(found, actor=actor),
            "replayed; what became of it stands at the top of the list",
        )

    def get_urls(self) -> list[URLPattern]:
        replay = self.admin_site.admin_view(self.replay_view)
        waited = self.admin_site.admin_view(self.waited_view)
        return [
            path("test/", self.admin_site.admin_view(self.test_view), name="leads_delivery_test"),
            path("waited/<int:form>/", waited, name="leads_delivery_waited"),
            path("<path:object_id>/replay/", replay, name="leads_delivery_replay"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest) -> HttpResponse:
        """Send a test delivery over the network, and show what came of it."""
        if not request.user.has_perm(TEST_TAKES):
            raise PermissionDenied(takes(TEST_TAKES))
        workspace = get_object_or_404(called(request.POST.get("workspace", "")))
        try:
            delivered = trial.deliver(workspace, actor=request.user.get_username())
        except trial.NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            tell = messages.success if delivered.is_good else messages.error
            run = format_html(' <a href="{}">Run {}</a>', address("workflowrun", delivered.run), delivered.run)
            tell(request, format_html("{}{}", delivered.says, run if delivered.run else ""))
        return redirect("admin:leads_delivery_changelist")

    @method_decorator(require_POST)
    def waited_view(self, request: HttpRequest, form: int) -> HttpResponse:
        """Answer those who filled in a form before it was allowed; the settings' page of forms offers it."""
        if not self.has_replay_permission(request):
            raise PermissionDenied(takes("leads.view_delivery", "leads.replay_delivery"))
        allowed = get_object_or_404(AllowedForm.objects.select_related("workspace"), pk=min(form, 2**62), enabled=True)
        replayed, refused = deliveries.answer_who_waited(allowed, actor=request.user.get_username())
        for text in refused[:REPLAYS]:
            messages.warning(request, text)
        if replayed:
            where = f"{reverse('admin:leads_delivery_changelist')}?{urlencode({'form_id': allowed.form_id})}"
            said = '{} taken in again: <a href="{}">what became of {}</a>.'
            one = replayed == 1
            messages.success(
                request,
                format_html(said, f"{replayed} {'was' if one else 'were'}", where, "it" if one else "them"),
            )
        elif not refused:
            messages.info(request, f"Nobody waits for “{allowed}” any more.")
        return redirect("admin:settings_tab", allowed.workspace.slug, "forms")

    @method_decorator(require_POST)
    def replay_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = self.viewable(request, object_id)
        if not self.has_replay_permission(request):
            raise PermissionDenied(takes("leads.replay_delivery"))
        try:
            again = deliveries.replay(delivery, actor=request.user.get_username())
        except deliveries.NotPossible as refusal:
            messages.warning(request, str(refusal))
            return self.back_to(delivery)
        messages.success(request, f"Replayed as {again}: {again.get_verdict_display().lower()}.")
        return self.back_to(again)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        shown = {
            "plot": columns(webhook_log.by_hour()),
            "an_hour": AN_HOUR,
            "webhook_url": webhook_log.webhook_url(),
            "command": webhook_log.curl_command(),
            "is_first_time": webhook_log.last() is None,
            "may_test": request.user.has_perm(TEST_TAKES),
            "workspaces": Workspace.objects.order_by("pk").values_list("slug", "name")[:WORKSPACES],
            "ways": ways.lately(),
            "days": ways.DAYS,
        }
        return super().changelist_view(request, shown | (extra_context or {}))

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        delivery = self.viewable(request, object_id)
        rows = webhook_log.items_of(delivery)
        return self.page(
            request,
            "delivery/detail.html",
            str(delivery),
            original=delivery,
            tone=TONES[delivery.verdict],
            headline=HEADLINES[delivery.verdict],
            rows=rows,
            others=webhook_log.later_runs(delivery, rows),
            explanation=webhook_log.explain(delivery),
            body=readable(bytes(delivery.body)),
            replays=delivery.replays.defer("body", "headers").order_by("-pk")[:REPLAYS],
            webhook_url=webhook_log.webhook_url(),
            form=getattr(delivery, "named", None) or delivery.form_id,
            may_replay=self.has_replay_permission(request),
        )


def readable(body: bytes) -> str:
    """A body for the eye: indented if it is JSON, and whatever it is, text that can be shown."""
    decoded = body.decode(errors="backslashreplace")
    # Not JSON, or JSON made to be hard to read: as it came.
    with suppress(ValueError, RecursionError):
        decoded = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    # JSON may escape half a character, and PostgreSQL and browsers know no NUL.
    shown = decoded.encode(errors="backslashreplace").decode().replace("\x00", "␀")
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}\n… {len(shown) - SHOWN} more characters"
