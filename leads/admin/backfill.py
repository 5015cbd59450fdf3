"""Have older submissions of a form answered: choose the days, see how many that is, then say so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from leads import backfill
from leads.admin.settings_tabs import actor, tabs_of
from leads.console.live import Viewer, region
from leads.console.pages import page, render
from leads.identifiers import identifier
from leads.models import AllowedForm, Backfill, Workspace
from leads.roles import takes

SEE, RUN = "leads.view_backfill", "leads.run_backfill"
USUAL_DAYS = 7
EARLIER = 10


class DaysForm(forms.Form):
    """Both days are included, in the workspace's time zone."""

    since = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))


@page("settings/<slug:slug>/forms/<int:form>/backfill/", "backfill", SEE)
@require_http_methods(["GET", "POST"])
def view(request: HttpRequest, slug: str, form: int) -> HttpResponse:
    workspace = get_object_or_404(Workspace, slug=slug)
    allowed = get_object_or_404(
        AllowedForm.objects.select_related("workspace"), workspace=workspace, pk=min(form, 2**62)
    )
    days = DaysForm(request.POST if request.POST.get("act") == "ask" else None, initial=usual_days(workspace))
    if request.method == "POST":
        if not request.user.has_perm(RUN):
            raise PermissionDenied(takes(RUN))
        if decide(request, allowed) or asked(request, allowed, days):
            return redirect("admin:backfill", slug, allowed.pk)
    recent = [*Backfill.objects.filter(form=allowed).order_by("-pk")[: EARLIER + 1]]
    current = recent.pop(0) if recent and recent[0].state in Backfill.OPEN else None
    return render(
        request,
        "settings/backfill.html",
        f"Older submissions of {allowed}",
        workspace=workspace,
        allowed=allowed,
        tabs=tabs_of(request, slug, "forms"),
        form=days,
        current=current,
        earlier=recent[:EARLIER],
        may_run=request.user.has_perm(RUN),
        most=backfill.MOST,
    )


def usual_days(workspace: Workspace) -> dict[str, date]:
    today = timezone.now().astimezone(ZoneInfo(workspace.timezone)).date()
    return {"since": today - timedelta(days=USUAL_DAYS), "until": today}


def asked(request: HttpRequest, allowed: AllowedForm, days: DaysForm) -> bool:
    if not days.is_valid():
        return False
    try:
        since, until = backfill.stretch(allowed.workspace, days.cleaned_data["since"], days.cleaned_data["until"])
        backfill.ask(allowed, since, until, actor=actor(request))
    except backfill.NotPossible as refusal:
        days.add_error(None, str(refusal))
        return False
    return True


def decide(request: HttpRequest, allowed: AllowedForm) -> bool:
    """Let the one that was counted run, or cancel it; whether that was asked for."""
    acts: dict[str, Any] = {"confirm": backfill.confirm, "cancel": backfill.cancel}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        return False
    chosen = get_object_or_404(Backfill, form=allowed, pk=identifier(request.POST.get("backfill")) or 0)
    if not act(chosen, actor=actor(request)):
        messages.info(request, f"{chosen} has moved on meanwhile.")
    return True


@region("backfill", SEE)
def state(viewer: Viewer, argument: str) -> str:
    """How far it is, and what a person can say to it. Its buttons belong to a form outside, which has the token."""
    found = Backfill.objects.filter(pk=identifier(argument) or 0).select_related("form").first()
    if found is None:
        return ""
    lines = [one | {"at": parse_datetime(one["at"])} for one in found.first]
    return render_to_string(
        "admin/leads/settings/_backfill.html", {"backfill": found, "lines": lines, "may_run": viewer.may(RUN)}
    )
