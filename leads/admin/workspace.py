"""Workspaces: the list, a new one, the DRAFT_ONLY switch. See `settings` for the rest."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from leads import departures, releasing, workspaces
from leads.admin.base import NounAdmin
from leads.admin.workspace_forms import SwitchForm
from leads.console.scope import listed
from leads.models import Workspace
from leads.roles import takes


@admin.register(Workspace)
class WorkspaceAdmin(NounAdmin[Workspace]):
    list_display = ("name", "slug", "portal_id", "draft_only", "sender_email", "timezone")
    search_fields = ("name", "slug", "portal_id", "sender_email")
    ordering = ("name",)
    fields = ("name", "slug", "portal_id")

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:  # noqa: FBT001
        """A new workspace; what there is to change of one is in its settings."""
        obj.save()
        added = {name: (None, form.cleaned_data[name]) for name in form.changed_data}
        workspaces.record_changes(obj, "workspace", obj.pk, "added", added, actor=request.user.get_username())

    def response_add(self, request: HttpRequest, obj: Workspace, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"{obj} is there. Now say who writes in its name.")
        return redirect("admin:settings_tab", obj.slug, "voice")

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.switch_draft_only")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/draft-only/", wrap(self.switch_view), name="leads_workspace_draft_only"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:settings_tab", self.viewable(request, object_id).slug, "organisation")

    @method_decorator(require_http_methods(["GET", "POST"]))
    def switch_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a confirmation, then turn DRAFT_ONLY on or off: to the opposite of what the page showed."""
        workspace = self.viewable(request, object_id)
        if not self.has_switch_permission(request):
            raise PermissionDenied(takes("leads.switch_draft_only"))
        turn_on = request.POST.get("turn", "off" if workspace.draft_only else "on") == "on"
        form = SwitchForm(request.POST if request.method == "POST" else None, turn_on=turn_on)
        if form.is_valid():
            self.switch(request, workspace, turn_on=turn_on, reason=form.cleaned_data["reason"])
            return redirect("admin:index") if "home" in request.POST else self.back_to(workspace)
        return self.page(
            request,
            "workspace/draft_only.html",
            f"Turn DRAFT_ONLY {'on' if turn_on else 'off'} for {workspace}",
            original=workspace,
            form=form,
            turn_on=turn_on,
            ceiling_is_open=workspaces.may_send_here(),
            withheld=in_words(releasing.count_in(workspace)),
            scheduled=departures.scheduled(workspace),
            kept=departures.kept(workspace),
        )

    def switch(self, request: HttpRequest, workspace: Workspace, *, turn_on: bool, reason: str) -> None:
        now = "on" if turn_on else "off"
        try:
            changed = workspaces.switch_draft_only(
                workspace, on=turn_on, reason=reason, actor=request.user.get_username()
            )
        except workspaces.NotPossible as refusal:
            messages.error(request, str(refusal))
            return
        said = f"DRAFT_ONLY is {now}{'' if changed else ' already'} for {workspace}."
        if changed.returned:
            said += f" Scheduled drafts that went back to review: {changed.returned}."
        tell = messages.success if turn_on else messages.warning  # nobody takes the open door for a good sign
        tell(request, said)
        if not turn_on and (withheld := releasing.count_in(workspace)):
            messages.info(
                request, format_html('{} <a href="{}">Release them …</a>', in_words(withheld), list_of(workspace))
            )


def in_words(withheld: int) -> str:
    if not withheld:
        return ""
    number = f"More than {releasing.COUNTED}" if withheld > releasing.COUNTED else str(withheld)
    return f"{number} {'run has' if withheld == 1 else 'runs have'} planned writes that were withheld."


def list_of(workspace: Workspace) -> str:
    """The runs whose writes can be released."""
    return listed("workflowrun", workspace, writes="withheld")
