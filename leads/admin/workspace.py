"""Workspaces: settings, forms and answers; the DRAFT_ONLY switch and the connections on pages of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from leads import workspaces
from leads.admin.base import NounAdmin, _Inline
from leads.admin.workspace_forms import AnswerForm, ConnectionsForm, SwitchForm, WorkspaceForm
from leads.models import AllowedForm, Answer, Connection, Workspace

NOUNS: dict[type[Model], str] = {AllowedForm: "form", Answer: "answer"}
type Change = tuple[Any, Any]


class AllowedFormInline(_Inline[AllowedForm, Workspace]):
    model = AllowedForm
    extra = 1
    verbose_name_plural = "Forms that are answered"

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        """Submissions point to their form, and its lock holds for runs under way: switch it off instead."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> list[str]:
        """A form's own lock is a lock: it takes the same right as the workspace's."""
        return [] if request.user.has_perm("leads.switch_draft_only") else ["draft_only"]


class AnswerInline(_Inline[Answer, Workspace]):
    model = Answer
    form = AnswerForm
    extra = 1
    verbose_name_plural = "Answers: the only source of claims that a draft may make"


@admin.register(Workspace)
class WorkspaceAdmin(NounAdmin[Workspace]):
    form = WorkspaceForm
    change_form_template = "admin/leads/workspace/change_form.html"
    list_display = ("name", "slug", "portal_id", "draft_only", "sender_email", "timezone")
    search_fields = ("name", "slug", "portal_id", "sender_email")
    ordering = ("name",)
    inlines = (AllowedFormInline, AnswerInline)
    fieldsets = (
        ("Organisation", {"fields": ("name", "slug", "portal_id")}),
        (
            "Voice",
            {
                "description": "Whose drafts these are, and how they begin and end.",
                "fields": (
                    "sender_name",
                    "sender_email",
                    "signature",
                    "greeting",
                    "closing",
                    "language",
                    "template_set",
                    "banned_phrases",
                ),
            },
        ),
        (
            "Meetings",
            {
                "description": "When meetings are offered, in the workspace's own time zone.",
                "fields": (
                    "timezone",
                    "workdays",
                    ("opens", "closes"),
                    "meeting_minutes",
                    "notice_hours",
                    "calendar_ids",
                ),
            },
        ),
        (
            "Documents and links",
            {
                "description": "What a draft may point to. Nothing else is ever offered.",
                "fields": ("folder_ids", "link_domains"),
            },
        ),
        (
            "Discretion",
            {
                "description": "Who is never written to, and who is never named.",
                "fields": ("suppressed", "known_names"),
            },
        ),
        ("Mailbox", {"fields": ("label",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> tuple[str, ...]:
        """The slug ties a workspace to the environment's credentials: it is given once."""
        return ("slug",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:  # noqa: FBT001
        """Write what was changed and no more: DRAFT_ONLY may have been switched since the page was read."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            obj.save()
        self.trace(request, obj, ("workspace", obj.pk), "changed" if change else "added", changes_of(form))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        noun = NOUNS[formset.model]
        keys = {row.prefix: row.instance.pk for row in formset.forms}
        super().save_formset(request, form, formset, change)
        for row in formset.forms:
            action, changes = formset_change(formset, row, is_new=keys[row.prefix] is None)
            self.trace(request, form.instance, (noun, keys[row.prefix] or row.instance.pk), action, changes)

    def trace(
        self, request: HttpRequest, about: Workspace, what: tuple[str, int], action: str, changes: dict[str, Change]
    ) -> None:
        noun, pk = what
        workspaces.record_changes(about, noun, pk, action, changes, actor=request.user.get_username())

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.switch_draft_only")

    def has_connect_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["leads.add_connection", "leads.change_connection"])

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/draft-only/", wrap(self.switch_view), name="leads_workspace_draft_only"),
            path("<path:object_id>/connections/", wrap(self.connections_view), name="leads_workspace_connections"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {
            "may_switch": self.has_switch_permission(request),
            "may_connect": self.has_connect_permission(request),
            "ceiling_is_open": workspaces.may_send_here(),
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @method_decorator(require_http_methods(["GET", "POST"]))
    def switch_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a confirmation, then turn DRAFT_ONLY on or off: to the opposite of what the page showed."""
        workspace = self.viewable(request, object_id)
        if not self.has_switch_permission(request):
            raise PermissionDenied
        turn_on = request.POST.get("turn", "off" if workspace.draft_only else "on") == "on"
        form = SwitchForm(request.POST if request.method == "POST" else None, turn_on=turn_on)
        if form.is_valid():
            self.switch(request, workspace, turn_on=turn_on, reason=form.cleaned_data["reason"])
            return self.back_to(workspace)
        return self.page(
            request,
            "workspace/draft_only.html",
            f"Turn DRAFT_ONLY {'on' if turn_on else 'off'} for {workspace}",
            original=workspace,
            form=form,
            turn_on=turn_on,
            ceiling_is_open=workspaces.may_send_here(),
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
        messages.success(request, f"DRAFT_ONLY is {now}{'' if changed else ' already'} for {workspace}.")

    @method_decorator(sensitive_post_parameters())
    @method_decorator(require_http_methods(["GET", "POST"]))
    def connections_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take credentials in; never show them again."""
        workspace = self.viewable(request, object_id)
        if not self.has_connect_permission(request):
            raise PermissionDenied
        form = ConnectionsForm(
            request.POST if request.method == "POST" else None, states=workspaces.credentials_state(workspace)
        )
        if form.is_valid():
            self.connect(request, workspace, form.cleaned_data)
            return self.back_to(workspace)
        return self.page(
            request, "workspace/connections.html", f"Connections of {workspace}", original=workspace, form=form
        )

    def connect(self, request: HttpRequest, workspace: Workspace, entered: dict[str, str]) -> None:
        for service in Connection.Service:
            if workspaces.connect(workspace, service.value, entered, actor=request.user.get_username()):
                messages.success(request, f"The credentials for {service.label} are stored.")


def changes_of(form: Any) -> dict[str, Change]:
    """(before, after) of what a form changed."""
    return {name: (form.initial.get(name), form.cleaned_data.get(name)) for name in form.changed_data}


def formset_change(formset: Any, row: Any, *, is_new: bool) -> tuple[str, dict[str, Change]]:
    if row in formset.deleted_forms:
        return "deleted", {} if is_new else {name: (row.initial.get(name), None) for name in own_fields(row)}
    return "added" if is_new else "changed", changes_of(row)


def own_fields(row: Any) -> list[str]:
    return [name for name in row.initial if name in row.fields and name not in {"id", "workspace", "DELETE"}]
