"""The console's site: Django's admin in its theme, with home, pages of our own, and whether DRAFT_ONLY holds."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from unfold.sites import UnfoldAdminSite

from leads.console import pages
from leads.console.mode import mode
from leads.console.navigation import navigation


class LoginForm(AdminAuthenticationForm):
    """Django's own, in plain words."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "No one who may use this console has this user name and password. Try again; capital and "
        "small letters differ in both.",
    }


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]  # the theme has no types
    site_header = site_title = "Sales Agent"
    index_title = "Home"
    site_url = None
    login_form = LoginForm
    enable_nav_sidebar = False  # ours is another

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # These register pages and live regions.
        from leads.console import (  # noqa: PLC0415
            alerts,  # noqa: F401
            circuits,  # noqa: F401
            dead_letters,  # noqa: F401
            drills,  # noqa: F401
            errors,  # noqa: F401
            find,
            home,  # noqa: F401
            live,
            notifications,  # noqa: F401
            reconciliation,  # noqa: F401
        )

        own = [
            # Outside `admin_view`: it looks a session up once a minute, not at each poll.
            path("live/", live.poll, name="live"),
            path("find/", self.admin_view(find.find), name="find"),
            *pages.urls(self),
        ]
        return [*own, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from leads.console import live  # noqa: PLC0415

        context: dict[str, Any] = super().each_context(request)
        if context["has_permission"]:
            # Read before anything is drawn: what happens meanwhile is then newer than the page.
            newest, version = live.version()
            badges = live.counts(live.viewer_of(request), version)
            context |= {
                "mode": mode(),
                "navigation": navigation(request, badges),
                "live": {"newest": newest, "version": version, "every": live.EVERY},
            }
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from leads.console import home  # noqa: PLC0415

        answer: TemplateResponse = super().index(request, {**home.context(request), **(extra_context or {})})
        return answer
