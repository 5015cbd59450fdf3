"""Runs: the list, the timeline, retry and cancel."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads import runs, timeline
from leads.admin.base import ReadOnlyAdmin, apply, are_too_many, ask_for_reason
from leads.models import StepRun, WorkflowRun
from leads.readable import span

ROWS = 200  # events and API calls that the page of one run shows
PREVIOUS = 10
RELATED = ("workspace", "lead", "submission__form")


@admin.register(WorkflowRun)
class WorkflowRunAdmin(ReadOnlyAdmin[WorkflowRun]):
    list_display = (
        "__str__",
        "state_badge",
        "outcome",
        "prospect",
        "company",
        "through",
        "step",
        "attempt",
        "duration",
        "created_at",
    )
    list_filter = (
        "state",
        "outcome",
        "workspace",
        ("submission__form", admin.RelatedOnlyFieldListFilter),
        "created_at",
    )
    list_select_related = RELATED
    search_fields = ("lead__email", "lead__first_name", "lead__last_name", "lead__company")
    number_field = "pk"
    search_help_text = "E-mail, name, company, or the id or key of a run."
    ordering = ("-pk",)
    actions = ("retry_selected", "cancel_selected")

    @admin.display(description="state", ordering="state")
    def state_badge(self, run: WorkflowRun) -> str:
        return format_html('<span class="sa-badge sa-badge--{}">{}</span>', run.state, run.get_state_display())

    @admin.display(ordering="lead__email")
    def prospect(self, run: WorkflowRun) -> str:
        return run.lead.email if run.lead else "-"

    @admin.display(ordering="lead__company")
    def company(self, run: WorkflowRun) -> str:
        return (run.lead.company or run.lead.domain if run.lead else "") or "-"

    @admin.display(description="form", ordering="submission__form__name")
    def through(self, run: WorkflowRun) -> str:
        return run.submission.form.name if run.submission.form else "-"

    @admin.display(description="step")
    def step(self, run: WorkflowRun) -> str:
        if run.failed_step:
            return format_html('<span class="sa-bad">{}</span>', timeline.title_of(run.failed_step))
        if run.state not in WorkflowRun.CLAIMABLE:
            return "-"
        done: list[str] = getattr(run, "steps_done", [])
        return timeline.title_of(timeline.next_step(done)) or "-"

    def duration(self, run: WorkflowRun) -> str:
        return span(timeline.duration_of(run))

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowRun]:
        done = StepRun.objects.filter(run=OuterRef("pk"), state=StepRun.State.DONE).values("name")
        found = super().get_queryset(request).select_related(*RELATED).defer("submission__payload")
        return found.annotate(steps_done=ArraySubquery(done))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WorkflowRun], search_term: str
    ) -> tuple[QuerySet[WorkflowRun], bool]:
        """A UUID is a key, a number an id; all else is looked for in who wrote."""
        try:
            return queryset.filter(key=uuid.UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.retry_run")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.cancel_run")

    @admin.action(description="Retry from the step that failed", permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> None:
        if not are_too_many(request, queryset):
            self.retry(request, queryset)

    @admin.action(description="Cancel …", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> HttpResponse | None:
        if are_too_many(request, queryset):
            return None
        return self.cancel(request, queryset, action="cancel_selected")

    def retry(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> None:
        actor = request.user.get_username()
        chosen = queryset.select_related("workspace")
        apply(request, chosen, lambda run: runs.retry(run, actor=actor), "run(s) go on now")

    def cancel(self, request: HttpRequest, queryset: QuerySet[WorkflowRun], *, action: str = "") -> HttpResponse | None:
        """Ask for a reason, then cancel."""
        chosen, actor = queryset.select_related("workspace", "lead"), request.user.get_username()
        reason, page = ask_for_reason(
            self.page, request, chosen, title="Cancel runs", button="Cancel these runs", action=action
        )
        if page is None:
            apply(request, chosen, lambda run: runs.cancel(run, reason=reason, actor=actor), "run(s) cancelled")
        return page

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/retry/", wrap(self.retry_view), name="leads_workflowrun_retry"),
            path("<path:object_id>/cancel/", wrap(self.cancel_view), name="leads_workflowrun_cancel"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.viewable(request, object_id)
        if not self.has_retry_permission(request):
            raise PermissionDenied
        self.retry(request, WorkflowRun.objects.filter(pk=run.pk))
        return self.back_to(run)

    @method_decorator(require_http_methods(["GET", "POST"]))
    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.viewable(request, object_id)
        if not self.has_cancel_permission(request):
            raise PermissionDenied
        return self.cancel(request, WorkflowRun.objects.filter(pk=run.pk)) or self.back_to(run)

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.viewable(request, object_id)
        return self.page(request, "workflowrun/detail.html", str(run), original=run, **self.details(request, run))

    def details(self, request: HttpRequest, run: WorkflowRun) -> dict[str, Any]:
        """All that the page of one run shows."""
        return {
            "steps": timeline.timeline(run),
            "why": timeline.why(run),
            "advice": timeline.advice(run),
            "failed_step": timeline.title_of(run.failed_step),
            "attempts": timeline.attempts(run),
            "duration": span(timeline.duration_of(run)),
            "draft": getattr(run, "draft", None),
            "calls": run.api_calls.order_by("at", "pk")[:ROWS],
            "events": run.events.order_by("pk")[:ROWS],
            "previous": previous(run),
            "may_retry": self.has_retry_permission(request) and timeline.may_retry(run),
            "may_cancel": self.has_cancel_permission(request) and run.state in WorkflowRun.CLAIMABLE,
        }


def previous(run: WorkflowRun) -> QuerySet[WorkflowRun]:
    """The newest other runs of this lead."""
    if run.lead_id is None:
        return WorkflowRun.objects.none()
    others = WorkflowRun.objects.filter(workspace=run.workspace_id, lead=run.lead_id).exclude(pk=run.pk)
    return others.order_by("-pk")[:PREVIOUS]
