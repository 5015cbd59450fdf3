"""The page of drills, which there is only where the sandbox stands for all accounts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from leads import drills
from leads.console.live import Viewer, pulse, region
from leads.console.pages import page, person, render
from leads.identifiers import identifier

SEE = "leads.view_workflowrun"
ACT = "leads.triage_errorgroup"


def choices_of_places() -> list[tuple[str, Any]]:
    """All of it, each service as a whole, and each endpoint."""
    groups: list[tuple[str, Any]] = [(drills.EVERYWHERE, "Every account")]
    for service, names in drills.endpoints().items():
        title = drills.SERVICES.get(service, service)
        groups.append((title, [(service, f"{title}, all of it"), *((name, name) for name in names)]))
    return groups


class FaultForm(forms.Form):
    where = forms.ChoiceField(label="What fails", choices=choices_of_places)
    kind = forms.ChoiceField(label="How", choices=list(drills.KINDS.items()))
    share = forms.TypedChoiceField(label="How often", choices=list(drills.SHARES.items()), coerce=float)
    minutes = forms.TypedChoiceField(
        label="For how long",
        choices=[(number, f"{number} minute{'s' if number > 1 else ''}") for number in drills.MINUTES],
        coerce=int,
        initial=2,
    )


def only_in_the_sandbox(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not drills.are_possible():
            raise Http404("Drills are held where the sandbox stands for all accounts, and nowhere else.")
        return view(request, *args, **kwargs)

    return guarded


@page("drills/", "drills", SEE)
@only_in_the_sandbox
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    may_act = request.user.has_perm(ACT)
    form = FaultForm(request.POST if may_act and request.method == "POST" else None)
    if form.is_valid():
        chosen = form.cleaned_data
        return told(request, lambda: drills.switch_on(**chosen, by=person(request)), "It is on, and ends by itself.")
    return render(request, "drills/page.html", "Drills", form=form, ready=drills.READY, may_act=may_act)


@page("drills/off/", "drills_off", SEE, ACT)
@only_in_the_sandbox
@require_POST
def off(request: HttpRequest) -> HttpResponse:
    """One fault, or all of them."""
    number = identifier(request.POST.get("number", ""))
    return told(request, lambda: drills.switch_off(number, by=person(request)), "It is off.")


@page("drills/hold/", "drills_hold", SEE, ACT)
@only_in_the_sandbox
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    return told(request, lambda: drills.hold(request.POST.get("drill", ""), by=person(request)))


def told(request: HttpRequest, act: Callable[[], str | None], said: str = "") -> HttpResponse:
    """Do it, say what came of it, and go back to the page."""
    try:
        messages.success(request, act() or said)
    except drills.NotPossible as refusal:
        messages.warning(request, str(refusal))
    return HttpResponseRedirect(reverse("admin:drills"))


@region("drills", SEE)
def draw(viewer: Viewer, _argument: str) -> str:
    """The faults that are on."""
    if not drills.are_possible():
        return ""
    context: dict[str, Any] = {"may_act": viewer.may(ACT)}
    try:
        context["faults"] = drills.faults()
    except drills.NotPossible as refusal:
        context["refusal"] = str(refusal)
    return render_to_string("admin/leads/drills/_faults.html", context)


@pulse
def what_is_on() -> str:
    """Faults end by themselves, without an event."""
    if not drills.are_possible():
        return ""
    try:
        return ",".join(str(fault.number) for fault in drills.faults())
    except drills.NotPossible:
        return "?"
