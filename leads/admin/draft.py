"""Drafts: as they stand in the mailbox, what the checks say, approve and reject."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads import drafts
from leads.admin.base import ReadOnlyAdmin, apply, are_too_many, ask_for_reason
from leads.models import Draft
from leads.roles import takes


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin[Draft]):
    list_display = ("subject", "recipient", "status", "is_sound", "writer", "language", "workspace", "created_at")
    list_filter = ("status", "is_sound", "workspace", "language", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("subject", "recipient", "lead__first_name", "lead__last_name", "lead__company")
    ordering = ("-pk",)
    actions = ("approve_selected", "reject_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        return super().get_queryset(request).select_related("workspace", "lead", "run", "reviewed_by")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("leads.review_draft")

    @admin.action(description="Approve", permissions=["review"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        if not are_too_many(request, queryset):
            self.approve(request, queryset)

    @admin.action(description="Reject …", permissions=["review"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Draft]) -> HttpResponse | None:
        if are_too_many(request, queryset):
            return None
        return self.reject(request, queryset, action="reject_selected")

    def approve(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        by = person(request)
        chosen = queryset.select_related("workspace", "run")
        apply(request, chosen, lambda draft: drafts.approve(draft, version=draft.version, by=by), "draft(s) approved")

    def reject(self, request: HttpRequest, queryset: QuerySet[Draft], *, action: str = "") -> HttpResponse | None:
        """Ask for a reason, then reject."""
        by, chosen = person(request), queryset.select_related("workspace", "run")
        reason, page = ask_for_reason(
            self.page, request, chosen, title="Reject drafts", button="Reject these drafts", action=action
        )
        if page is None:
            apply(
                request,
                chosen,
                lambda draft: drafts.reject(draft, version=draft.version, reason=reason, by=by),
                "draft(s) rejected",
            )
        return page

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/approve/", wrap(self.approve_view), name="leads_draft_approve"),
            path("<path:object_id>/reject/", wrap(self.reject_view), name="leads_draft_reject"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def approve_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        draft = self.reviewable(request, object_id)
        self.approve(request, Draft.objects.filter(pk=draft.pk))
        return self.back_to(draft)

    @method_decorator(require_http_methods(["GET", "POST"]))
    def reject_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        draft = self.reviewable(request, object_id)
        return self.reject(request, Draft.objects.filter(pk=draft.pk)) or self.back_to(draft)

    def reviewable(self, request: HttpRequest, object_id: str) -> Draft:
        draft = self.viewable(request, object_id)
        if not self.has_review_permission(request):
            raise PermissionDenied(takes("leads.review_draft"))
        return draft

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A draft has one page, where it is reviewed; this list is the archive."""
        return HttpResponseRedirect(reverse("admin:review_draft", args=[self.viewable(request, object_id).pk]))


def person(request: HttpRequest) -> User:
    """Who is logged in; the admin lets nobody else in."""
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user
