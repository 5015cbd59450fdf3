"""Pages of the console that are not a noun's: each is a view, an address and the permissions it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps

from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from leads.roles import takes

type View = Callable[..., HttpResponse]

_PAGES: list[tuple[str, str, View]] = []


def page(route: str, name: str, *permissions: str) -> Callable[[View], View]:
    """Register a view under `/admin/<route>` as `admin:<name>`, for staff who have all of `permissions`."""

    def register(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied(takes(*permissions))
            return view(request, *args, **kwargs)

        _PAGES.append((route, name, guarded))
        return guarded

    return register


def person(request: HttpRequest) -> User:
    """Who is logged in; the console lets nobody else in."""
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user


def urls(site: AdminSite) -> Iterator[URLPattern]:
    for route, name, view in _PAGES:
        yield path(route, site.admin_view(view), name=name)


def render(
    request: HttpRequest, template: str, title: str, *, trail: Sequence[tuple[str, str]] = (), **context: object
) -> TemplateResponse:
    """A page in the console's shell. `trail` has (text, address) of the pages above it."""
    from django.contrib import admin  # noqa: PLC0415  the site imports this module

    common = {**admin.site.each_context(request), "title": title, "trail": trail}
    return TemplateResponse(request, f"admin/leads/{template}", common | context)
