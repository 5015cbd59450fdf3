"""The operator's own time zone: the browser names it in a cookie, and every time on a page is shown in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "zone"
LONGEST = 64


def operator_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware. Without a cookie, or with one that names no zone: UTC."""

    def answer(request: HttpRequest) -> HttpResponse:
        zone = named(request.COOKIES.get(COOKIE, "")[:LONGEST])
        if zone is None:
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return answer


@lru_cache(maxsize=512)
def named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # unknown, or no name at all, or a folder
        return None
