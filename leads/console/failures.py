"""What people see who ask for something that is not there or not for them, or whose form came too late."""

from __future__ import annotations

import re
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import Resolver404, reverse
from django.views.decorators.csrf import requires_csrf_token

_NO_MATCH = re.compile(r"No (\w+) matches the given query\.")  # the words of `get_object_or_404`


@requires_csrf_token  # the shell has a form in it
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return failure(request, HTTPStatus.NOT_FOUND, "Not found", what_is_missing(request, exception))


@requires_csrf_token
def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = str(exception) or "None of your roles includes it."
    advice = "Whoever has the role Manager can give you another role, in the settings under People."
    return failure(request, HTTPStatus.FORBIDDEN, "Not for you", f"You may not see or do this. {said}", advice)


@requires_csrf_token
def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this session: it is old, or somebody else's."""
    said = "This form is not from your session: you logged in or out since it was opened, or cookies are off."
    advice = "Nothing was changed. Go back, reload that page, and send the form again."
    return failure(request, HTTPStatus.FORBIDDEN, "Send it again", said, advice)


def what_is_missing(request: HttpRequest, exception: Exception) -> str:
    said = "" if isinstance(exception, Resolver404) else str(exception)
    if (found := _NO_MATCH.fullmatch(said)) is not None:
        return f"There is no such {re.sub(r'(?<!^)(?=[A-Z])', ' ', found[1]).lower()}."
    return said or f"There is no page {request.path}"


def failure(request: HttpRequest, status: HTTPStatus, title: str, said: str, advice: str = "") -> HttpResponse:
    """In the shell for whoever is at work in the console; for anybody else a plain card, without a query."""
    from django.contrib import admin  # noqa: PLC0415  the site imports the pages

    context = {"title": title, "said": said, "advice": advice, "status": status.value}
    if request.path.startswith(reverse("admin:index")) and admin.site.has_permission(request):
        page = TemplateResponse(
            request, "admin/leads/failure.html", admin.site.each_context(request) | context, status=status
        )
    else:
        page = TemplateResponse(request, "failure.html", context, status=status)
    return page.render()
