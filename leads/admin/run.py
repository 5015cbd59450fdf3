"""Runs: the list, and the page of one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from connectors.errors import PermissionDenied
from leads import bulk, lacks, letters, overrides, releasing, remedies, runpage, timeline
from leads.admin.base import recent_values
from leads.admin.run_actions import RunActions, chosen
from leads.admin.run_forms import form_for
from leads.advice import advice_for
from leads.bulk import Act
from leads.connections import ConnectionBroken
from leads.console import target
from leads.console.live import Viewer, region
from leads.identifiers import identifier
from leads.lead_search import of_leads
from leads.models import StepRun, WorkflowRun
from leads.readable import span
from leads.roles import takes
from leads.rules import Rule
from leads.templatetags.console import badge, initials, when

RELATED = ("workspace", "lead", "submission__form")
DENIED = PermissionDenied.__name__
GRANTS = {  # the part of the settings that names what a step may not read
    "find_assets": ("documents", "Settings, Documents and links"),
    "propose_slots": ("meetings", "Settings, Meetings"),
}


class InTime(admin.SimpleListFilter):
    """What the home page's card about the target counts."""

    title = "draft in time"
    parameter_name = "in_time"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("no", f"late, {target.OVER.days} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> QuerySet[WorkflowRun]:
        if self.value() != "no":
            return queryset
        return queryset.filter(pk__in=target.late(queryset, target.lately()))


class Withheld(admin.SimpleListFilter):
    """What DRAFT_ONLY kept planned, and can be released."""

    title = "planned writes"
    parameter_name = "writes"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("withheld", "withheld, can be released")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> QuerySet[WorkflowRun]:
        return releasing.releasable(queryset) if self.value() == "withheld" else queryset


class ScreenedBy(admin.SimpleListFilter):
    """The rule by which runs were screened out."""

    title = "screened by"
    parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(rule.value, rule.label) for rule in Rule]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> QuerySet[WorkflowRun]:
        if not self.value():
            return queryset
        return queryset.filter(outcome=WorkflowRun.Outcome.SCREENED, screened_by=self.value())


@admin.register(WorkflowRun)
class WorkflowRunAdmin(RunActions):
    list_display = ("prospect", "status", "through", "step", "duration", "attempts", "came")
    list_filter = (
        "state",
        "outcome",
        ScreenedBy,
        InTime,
        Withheld,
        recent_values("error_kind", "error"),
        "submission__form",
        "workspace",
        "created_at",
    )
    list_select_related = RELATED
    search_fields = ("lead",)  # what of it is searched, `lead_search` knows
    number_field = "pk"
    search_help_text = "The beginning of a name, company or address; or the id or key of a run."
    ordering = ("-pk",)
    actions = (
        "retry_selected",
        "restart_selected",
        "override_selected",
        "release_selected",
        "cancel_selected",
        "discard_selected",
    )

    class Media:
        css = {"all": ["leads/run.css"]}

    @admin.display(description="prospect")
    def prospect(self, run: WorkflowRun) -> str:
        name = str(run.lead) if run.lead else "not known yet"
        known = [run.lead.email, run.lead.company or run.lead.domain] if run.lead else []
        return format_html(
            '<span class="sa-who"><span class="sa-avatar" aria-hidden="true">{}</span>'
            "<span><strong>{}</strong><small>{}</small></span></span>",
            initials(name) if run.lead else "?",
            name,
            " · ".join(part for part in known if part and part != name) or str(run),
        )

    @admin.display(description="status")
    def status(self, run: WorkflowRun) -> str:
        return badge(run.outcome or run.state, run.get_outcome_display() or run.get_state_display())

    @admin.display(description="form")
    def through(self, run: WorkflowRun) -> str:
        return run.submission.form.name if run.submission.form else "–"

    @admin.display(description="step")
    def step(self, run: WorkflowRun) -> str:
        if run.failed_step:
            return format_html(
                '<span class="sa-bad">{}</span><br><small class="sa-muted">{}</small>',
                timeline.title_of(run.failed_step),
                run.error_kind,
            )
        if run.error_kind:
            return format_html('<span class="sa-bad">{}</span>', timeline.trouble(run))
        if run.state not in WorkflowRun.CLAIMABLE:
            return "–"
        done: list[str] = getattr(run, "steps_done", [])
        return timeline.title_of(timeline.next_step(done)) or "–"

    @admin.display(description="took")
    def duration(self, run: WorkflowRun) -> str:
        return format_html('<span class="sa-num">{}</span>', span(timeline.duration_of(run)))

    @admin.display(description="failures")
    def attempts(self, run: WorkflowRun) -> str:
        return str(run.attempt or "–")

    @admin.display(description="came")
    def came(self, run: WorkflowRun) -> str:
        return when(run.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowRun]:
        return super().get_queryset(request).select_related(*RELATED).defer("submission__payload")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What the rows shown have done so far, in one query for the page."""
        changes = super().get_changelist_instance(request)
        under_way = [run for run in changes.result_list if run.state in WorkflowRun.CLAIMABLE]
        done: dict[int, list[str]] = {}
        for run_id, name in StepRun.objects.filter(
            run__in=[run.pk for run in under_way], state=StepRun.State.DONE
        ).values_list("run_id", "name"):
            done.setdefault(run_id, []).append(name)
        for run in under_way:
            run.steps_done = done.get(run.pk, [])
        return changes

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WorkflowRun], search_term: str
    ) -> tuple[QuerySet[WorkflowRun], bool]:
        """A UUID is a key, a number an id; all else is looked for in who wrote."""
        term = search_term.replace("\x00", "").strip()
        try:
            return queryset.filter(key=uuid.UUID(term)), False
        except ValueError:
            if identifier(term) is not None:
                return super().get_search_results(request, queryset, term)
        return of_leads(queryset, term), False

    @admin.action(description="Retry …", permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> HttpResponse:
        return self.bulk_page(request, Act.RETRY, chosen(queryset))

    @admin.action(description="Start again …", permissions=["restart"])
    def restart_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> HttpResponse:
        return self.bulk_page(request, Act.RESTART, chosen(queryset))

    @admin.action(description="Draft anyway …", permissions=["override"])
    def override_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> HttpResponse:
        return self.bulk_page(request, Act.OVERRIDE, chosen(queryset))

    @admin.action(description="Release what was withheld …", permissions=["release"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> HttpResponse:
        return self.bulk_page(request, Act.RELEASE, chosen(queryset))

    @admin.action(description="Cancel …", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> HttpResponse:
        return self.bulk_page(request, Act.CANCEL, chosen(queryset))

    @admin.action(description="Discard …", permissions=["cancel"])
    def discard_selected(self, request: HttpRequest, queryset: QuerySet[WorkflowRun]) -> HttpResponse:
        return self.bulk_page(request, Act.DISCARD, chosen(queryset))

    def get_urls(self) -> list[URLPattern]:
        raw = self.admin_site.admin_view(self.raw_view)
        return [path("<path:object_id>/raw/<slug:step>/", raw, name="leads_workflowrun_raw"), *super().get_urls()]

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.show(request, self.viewable(request, object_id))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> WorkflowRun | None:
        """With all that its page is about, in one query."""
        try:
            return WorkflowRun.objects.select_related(*runpage.RELATED).filter(pk=int(object_id)).first()
        except (ValueError, OverflowError):
            return None

    def show(self, request: HttpRequest, run: WorkflowRun, *, form: Any = None) -> HttpResponse:
        remedy = remedies.remedy_of(run)
        offer = None if remedy else remedies.offer_of(run)
        remedy = remedy or offer
        mending = remedy is not None and self.may_mend(request, run, remedy)
        alike = WorkflowRun.objects.filter(remedies.stopped_alike(run, remedy)) if remedy and mending else None
        missing = lacks.missing_in(run.draft) if hasattr(run, "draft") else []
        return self.page(
            request,
            "workflowrun/detail.html",
            str(run.lead or run),
            original=run,
            trail=[("Runs", reverse("admin:leads_workflowrun_changelist"))],
            why=timeline.why(run),
            next_try=timeline.next_try(run),
            advice=advice_for(run),
            grants=GRANTS.get(run.failed_step) if run.error_kind == DENIED else None,
            trouble=timeline.trouble(run),
            at_the_account=run.error_kind in {DENIED, ConnectionBroken.__name__},
            failed_step=timeline.title_of(run.failed_step),
            last_good=letters.last_good([run.pk]).get(run.pk, "") if run.error_kind else "",
            attempts=timeline.attempts(run),
            later=timeline.later_run(run),
            missing=missing,
            missing_said=lacks.summed_up(missing) if missing else "",
            remedy=remedy,
            is_offer=offer is not None,
            mend_form=form or (form_for(run, remedy) if remedy and mending else None),
            alike=len(alike.values_list("pk")[: bulk.AT_ONCE]) if alike is not None else 0,
            may_retry=self.has_retry_permission(request) and timeline.may_retry(run),
            retry_takes=""
            if self.has_retry_permission(request) or not timeline.may_retry(run)
            else takes("leads.retry_run", what="Retrying"),
            may_restart=self.has_restart_permission(request) and timeline.may_start_again(run),
            rule=overrides.rule_behind(run),
            may_override=self.has_override_permission(request) and not overrides.obstacle(run),
            exemption=overrides.exemption(run) if request.user.has_perm("leads.change_workspace") else "",
            override_takes="" if self.has_override_permission(request) else takes("leads.override_run"),
            withheld=releasing.offer(run),
            may_release=self.has_release_permission(request),
            release_takes=takes("leads.release_run", what="Releasing"),
            may_cancel=self.has_cancel_permission(request) and run.state in WorkflowRun.CLAIMABLE,
        )

    @method_decorator(require_safe)
    def raw_view(self, request: HttpRequest, object_id: str, step: str) -> HttpResponse:
        """What a step left, as stored."""
        run = self.viewable(request, object_id)
        return JsonResponse(runpage.raw_of(run, step), json_dumps_params={"indent": 2, "ensure_ascii": False})


@region("run", "leads.view_workflowrun")
def draw(viewer: Viewer, argument: str) -> str:
    """The timeline of a run and all beside it; `argument` is its id."""
    pk = identifier(argument)
    run = WorkflowRun.objects.select_related(*runpage.RELATED).filter(pk=pk).first() if pk is not None else None
    if run is None:
        return ""
    return render_to_string(
        "admin/leads/workflowrun/_run.html",
        {"page": runpage.run_page(run), "run": run, "may_see_draft": viewer.may("leads.view_draft")},
    )
