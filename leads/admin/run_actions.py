"""What people do on the page of a run, and to many runs at once. Each asks where it must, and calls a use case."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from leads import bulk, connecting, overrides, releasing, remedies, runs, submissions
from leads.admin.base import ReadOnlyAdmin, address_of, ask_for_reason
from leads.admin.run_forms import ALIKE, form_for
from leads.bulk import Act
from leads.models import WorkflowRun
from leads.remedies import Asks, Remedy
from leads.roles import takes

MEND_TAKES = {
    Asks.SETTINGS: ("leads.change_workspace", "leads.retry_run"),
    Asks.CREDENTIALS: ("leads.add_connection", "leads.change_connection", "leads.retry_run"),
    Asks.INPUT: ("leads.change_submission", "leads.restart_run"),
}
MOST_REASON = 300


class RunActions(ReadOnlyAdmin[WorkflowRun]):
    """The views beside list and page."""

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.retry_run")

    def has_restart_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.restart_run")

    def has_override_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.override_run")

    def has_release_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.release_run")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.cancel_run")

    def may(self, request: HttpRequest, act: Act) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(act.right)

    def may_mend(self, request: HttpRequest, run: WorkflowRun, remedy: Remedy) -> bool:
        """A run that was screened out is started again, which takes a right of its own."""
        needs = MEND_TAKES[remedy.asks]
        if remedies.starts_again(run, remedy):
            needs = (*needs, "leads.restart_run")
        return request.user.has_perms(needs)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("bulk/", wrap(self.bulk_view), name="leads_workflowrun_bulk"),
            path("<path:object_id>/retry/", wrap(self.retry_view), name="leads_workflowrun_retry"),
            path("<path:object_id>/restart/", wrap(self.restart_view), name="leads_workflowrun_restart"),
            path("<path:object_id>/override/", wrap(self.override_view), name="leads_workflowrun_override"),
            path("<path:object_id>/release/", wrap(self.release_view), name="leads_workflowrun_release"),
            path("<path:object_id>/cancel/", wrap(self.cancel_view), name="leads_workflowrun_cancel"),
            path("<path:object_id>/mend/", wrap(self.mend_view), name="leads_workflowrun_mend"),
            *super().get_urls(),
        ]

    def actionable(self, request: HttpRequest, object_id: str, act: Act) -> WorkflowRun:
        run = self.viewable(request, object_id)
        if not self.may(request, act):
            raise PermissionDenied(takes(act.right))
        return run

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.actionable(request, object_id, Act.RETRY)
        try:
            runs.retry(run, actor=request.user.get_username())
        except runs.NotPossible as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, format_html('<a href="{}">{}</a> goes on now.', address_of(run), run))
        return self.back_to(run)

    @method_decorator(require_http_methods(["GET", "POST"]))
    def restart_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what it means, then do it, and go to the new run."""
        run = self.actionable(request, object_id, Act.RESTART)
        if request.method == "GET":
            return self.page(request, "workflowrun/restart.html", f"Start {run} again", original=run)
        try:
            again = runs.start_again(run, actor=request.user.get_username())
        except runs.NotPossible as refusal:
            messages.warning(request, str(refusal))
            return self.back_to(run)
        messages.success(request, f"{run} was started again as run {again.pk}.")
        return self.back_to(again)

    @method_decorator(require_POST)
    def override_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Draft for a lead that was screened out; and, where asked, do not screen them again."""
        run = self.actionable(request, object_id, Act.OVERRIDE)
        never_again = "never_again" in request.POST
        if never_again and not request.user.has_perm("leads.change_workspace"):
            raise PermissionDenied(takes("leads.change_workspace"))
        try:
            again = overrides.draft_anyway(run, actor=request.user.get_username(), never_again=never_again)
        except runs.NotPossible as refusal:
            messages.warning(request, str(refusal))
            return self.back_to(run)
        exempted = f" {overrides.exemption(run)} is not screened again." if never_again else ""
        messages.success(request, f"{run} is drafted anyway, as run {again.pk}.{exempted}")
        return self.back_to(again)

    @method_decorator(require_POST)
    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.actionable(request, object_id, Act.RELEASE)
        try:
            releasing.release(run, actor=request.user.get_username())
        except runs.NotPossible as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, f"{run} is released: what was withheld is written now.")
        return self.back_to(run)

    @method_decorator(require_http_methods(["GET", "POST"]))
    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.actionable(request, object_id, Act.CANCEL)
        reason, page = ask_for_reason(self.page, request, [run], title=f"Cancel {run}", button="Cancel this run")
        if page is not None:
            return page
        actor = request.user.get_username()
        try:
            runs.cancel(run, reason=reason, actor=actor)
        except runs.NotPossible as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, f"{run} is cancelled.")
        return self.back_to(run)

    @method_decorator(sensitive_post_parameters())
    @method_decorator(require_POST)
    def mend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Store what was entered, and let the run go on; with it, where asked, those that stopped alike."""
        run = self.viewable(request, object_id)
        remedy = remedies.remedy_of(run) or remedies.offer_of(run)
        if remedy is None:
            messages.warning(request, f"{run} has moved on: there is nothing to mend any more.")
            return self.back_to(run)
        if not self.may_mend(request, run, remedy):
            raise PermissionDenied
        form: Any = form_for(run, remedy, request.POST)
        if not form.is_valid():
            return self.show(request, run, form=form)
        actor = request.user.get_username()
        # Before it is mended: what it has in common with them is forgotten then.
        alike = chosen(WorkflowRun.objects.filter(remedies.stopped_alike(run, remedy)))
        try:
            goes_on = remedies.mend(run, remedy, form.cleaned_data, actor=actor)
        except (runs.NotPossible, submissions.NotPossible, connecting.BadCredentials) as refusal:
            form.add_error(None, str(refusal))
            return self.show(request, run, form=form)
        messages.success(request, f"Saved. {run} {'goes on' if goes_on == run else 'was started again'} now.")
        if ALIKE in request.POST and alike:
            return self.bulk_page(request, Act.RETRY, alike)
        return self.back_to(goes_on)

    def show(self, request: HttpRequest, run: WorkflowRun, *, form: Any = None) -> HttpResponse:
        raise NotImplementedError

    def bulk_page(self, request: HttpRequest, act: Act, ids: list[int]) -> HttpResponse:
        """What would become of them, before anything does."""
        plan = bulk.plan(act, ids)
        return self.page(
            request,
            "workflowrun/bulk.html",
            plan.order.title,
            plan=plan,
            chunk=bulk.CHUNK,
            capped=len(ids) > bulk.AT_ONCE,
            most=bulk.AT_ONCE,
        )

    @method_decorator(require_POST)
    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Do it to those that are posted: a script posts them piece by piece, a form all at once."""
        try:
            act = Act(request.POST.get("act", ""))
            ids = [int(pk) for pk in request.POST.getlist("id")[: bulk.AT_ONCE]]
        except ValueError:
            return HttpResponse("“act” or an “id” makes no sense. Go back to the list and choose again.", status=400)
        if not self.may(request, act):
            raise PermissionDenied(takes(act.right))
        reason = request.POST.get("reason", "").strip()[:MOST_REASON]
        if bulk.ORDERS[act].asks_why and not reason:
            return HttpResponse(f"Say why they are {bulk.ORDERS[act].done}.", status=400)
        actor = request.user.get_username()
        pieces = [
            bulk.carry_out(act, ids[start : start + bulk.CHUNK], reason=reason, actor=actor)
            for start in range(0, len(ids), bulk.CHUNK)
        ]
        done = sum(piece.done for piece in pieces)
        refused = [text for piece in pieces for text in piece.refused]
        if request.headers.get("X-Requested-With") == "fetch":
            return JsonResponse({"done": done, "refused": refused})
        for text in refused[:10]:
            messages.warning(request, text)
        messages.success(request, f"{done} {bulk.ORDERS[act].done}; {len(refused)} refused.")
        return HttpResponseRedirect(reverse("admin:leads_workflowrun_changelist"))


def chosen(queryset: QuerySet[WorkflowRun]) -> list[int]:
    """The newest of the selected ones, and one more than may be taken, to tell that there are more."""
    return list(queryset.order_by("-pk").values_list("pk", flat=True)[: bulk.AT_ONCE + 1])
