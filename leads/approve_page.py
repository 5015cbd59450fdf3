"""The page behind a “draft ready” message's link: it shows the draft; its button approves it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leads import approval


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, token: str) -> HttpResponse:
    try:
        if request.method == "POST":
            opened = approval.approve(token)
            return page(request, opened=opened, is_done=True)
        return page(request, opened=approval.open_link(token))
    except approval.Refused as refusal:
        return page(request, status=410, refusal=refusal)


def page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    response = TemplateResponse(request, "approve.html", context, status=status)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    )
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
