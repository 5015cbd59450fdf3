"""The Outbox page: what is on its way out and what came back; taking back, and sending what was approved before."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads import bulk_sending
from leads.console.live import Viewer, region
from leads.console.pages import page, person, render
from leads.console.scope import called
from leads.departures import departures
from leads.identifiers import SMALL, identifier
from leads.models import Workspace

SEE, ACT = "leads.view_draft", "leads.review_draft"
MOST = 50  # workspaces to choose from


@page("outbox/", "outbox", SEE)
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """What is on its way out, and all around it."""
    chosen = called(request.GET.get("workspace", "")).first()
    return render(
        request,
        "outbox/page.html",
        "Outbox",
        scope=chosen.slug if chosen else "",
        workspaces=list(Workspace.objects.only("name", "slug").order_by("name")[:MOST]),
    )


@region("outbox", SEE)
def draw(viewer: Viewer, argument: str) -> str:
    """All of it. `argument` is the workspace's slug; none for all."""
    # Who has one workspace sees its cap, and can take everything back at once, without a choice.
    found = list((called(argument) if argument else Workspace.objects).order_by("name")[:2])
    workspace = found[0] if len(found) == 1 else None
    return render_to_string(
        "admin/leads/outbox/_outbox.html",
        {
            "found": departures(workspace),
            "workspace": workspace,
            "scope": argument,
            "may_act": viewer.may(ACT),
        },
    )


@page("outbox/undo/", "outbox_undo", SEE, ACT)
@require_POST
def undo_all(request: HttpRequest) -> HttpResponse:
    """Take back all that is scheduled in a workspace."""
    workspace = called(request.POST.get("workspace", "")).first()
    if workspace is None:
        return JsonResponse({"message": "This workspace is no longer there."}, status=404)
    done = bulk_sending.undo_all(workspace, by=person(request))
    return JsonResponse({"done": done.done, "refused": done.refused})


@page("outbox/send/", "outbox_send", SEE, ACT)
@require_http_methods(["GET", "POST"])
def send_all(request: HttpRequest) -> HttpResponse:
    """Say what sending all that was approved means, then do it; a script posts it piece by piece, a form at once."""
    workspace = called(request.GET.get("workspace", "")).first()
    if request.method == "GET":
        plan = bulk_sending.plan(workspace)
        context = {"plan": plan, "workspace": workspace, "chunk": bulk_sending.CHUNK, "most": bulk_sending.AT_ONCE}
        trail = [("Outbox", address(workspace))]
        return render(request, "outbox/send.html", "Send what was approved", trail=trail, **context)
    chosen = [seen for one in request.POST.getlist("id")[: bulk_sending.AT_ONCE] if (seen := as_seen(one))]
    pieces = [
        bulk_sending.send(chosen[start : start + bulk_sending.CHUNK], by=person(request))
        for start in range(0, len(chosen), bulk_sending.CHUNK)
    ]
    done, refused = sum(piece.done for piece in pieces), [text for piece in pieces for text in piece.refused]
    if request.headers.get("X-Requested-With") == "fetch":
        return JsonResponse({"done": done, "refused": refused})
    messages.success(request, f"{done} scheduled; {len(refused)} refused.")
    return HttpResponseRedirect(address(workspace))


def as_seen(text: str) -> tuple[int, int] | None:
    """A draft's id and the version of it that the person saw, as in `12.3`."""
    pk, _, version = text.partition(".")
    numbers = identifier(pk, SMALL), identifier(version, SMALL)
    return (numbers[0], numbers[1]) if numbers[0] is not None and numbers[1] is not None else None


def address(workspace: Workspace | None) -> str:
    query = f"?{urlencode({'workspace': workspace.slug})}" if workspace else ""
    return reverse("admin:outbox") + query
