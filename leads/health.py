"""Whether this process, and whether the whole, can do its work: for load balancers and for monitors outside."""

from __future__ import annotations

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from leads.alerts import outside

NO_DATABASE = "the database does not answer"


@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """For who sends requests here: this process can answer them. What else is wrong is no reason not to."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        outside.look()
    except DatabaseError:
        return JsonResponse({"status": NO_DATABASE}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
def workers(_request: HttpRequest) -> JsonResponse:
    """For a monitor that watches from outside: submissions are not only taken in, but answered."""
    try:
        is_alive = outside.look()
    except DatabaseError:
        return JsonResponse({"status": NO_DATABASE}, status=503)
    if not is_alive:
        return JsonResponse({"status": "no worker is alive"}, status=503)
    return JsonResponse({"status": "ok"})
