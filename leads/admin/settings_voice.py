"""The voices of a workspace's reps, and what can be learnt from sent mail."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from connectors.errors import ConnectorError, NotConfigured
from leads import codec, reps, sent_mail
from leads.admin.rep_form import RepForm
from leads.admin.settings_stale import meanwhile
from leads.admin.settings_tabs import BY_SLUG, CHANGE, actor, address, saved, shown, tabs_of
from leads.console.pages import page, render
from leads.manner import Manner
from leads.meanwhile import Stale
from leads.models import Rep, SentMail, Workspace
from leads.roles import takes

VOICE = BY_SLUG["voice"]
FAILURES = (ConnectorError, NotConfigured, sent_mail.NotPossible)


@page("settings/<slug:slug>/voice/reps/", "settings_reps", CHANGE)
@require_POST
def fetch_reps(request: HttpRequest, slug: str) -> HttpResponse:
    """Read the owners from HubSpot."""
    workspace = get_object_or_404(Workspace, slug=slug)
    try:
        found = reps.fetch(workspace, actor=actor(request))
    except FAILURES as failure:
        messages.error(request, f"The owners could not be read. {failure}")
        return HttpResponseRedirect(address(slug, VOICE.slug))
    return saved(request, workspace, VOICE, f"HubSpot has {found} owner{'s' if found != 1 else ''} of contacts.")


@page("settings/<slug:slug>/voice/reps/<int:pk>/", "settings_rep", "leads.view_workspace")
@require_http_methods(["GET", "POST"])
def rep_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show a rep's voice, or take what was entered."""
    if request.method == "POST" and not request.user.has_perm(CHANGE):
        raise PermissionDenied(takes(CHANGE))
    workspace = get_object_or_404(Workspace, slug=slug)
    rep = get_object_or_404(Rep.objects.select_related("workspace"), workspace=workspace, pk=pk)
    # A copy: a form writes what was entered into its instance, also where it refuses it.
    form, told = RepForm(request.POST if request.method == "POST" else None, instance=copy.copy(rep)), {}
    if form.is_valid():
        try:
            changed = reps.change(rep, form.cleaned_data, actor=actor(request), shown=shown(request))
        except Stale as stale:
            told = meanwhile(stale, form)
        else:
            return saved(request, workspace, VOICE, "Saved." if changed else "Nothing was changed.")
    return shown_page(request, "rep", workspace, rep, form=form, sent=sent_mail.of(workspace, rep), **told)


@page("settings/<slug:slug>/voice/learn/", "settings_learn", CHANGE)
@require_http_methods(["GET", "POST"])
def learn(request: HttpRequest, slug: str) -> HttpResponse:
    """What the workspace's own sent mail says about its voice."""
    return learned(request, get_object_or_404(Workspace, slug=slug), None)


@page("settings/<slug:slug>/voice/reps/<int:pk>/learn/", "settings_rep_learn", CHANGE)
@require_http_methods(["GET", "POST"])
def learn_rep(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What a rep's sent mail says about their voice."""
    rep = get_object_or_404(Rep.objects.select_related("workspace"), workspace__slug=slug, pk=pk)
    return learned(request, rep.workspace, rep)


def learned(request: HttpRequest, workspace: Workspace, rep: Rep | None) -> HttpResponse:
    sent = sent_mail.of(workspace, rep)
    if request.method == "POST":
        act(request, workspace, rep, sent)
        return HttpResponseRedirect(request.path)
    context: dict[str, Any] = {"sent": sent}
    if sent:
        context |= {"in_use": (rep or workspace).samples}
        context |= {"is_fresh": sent_mail.is_fresh(sent)}
        context |= {"manner": codec.decode(sent.manner, Manner), "proposals": sent_mail.proposals(sent)}
    return shown_page(request, "learned", workspace, rep, **context)


def act(request: HttpRequest, workspace: Workspace, rep: Rep | None, sent: SentMail | None) -> None:
    """Read, take over what was ticked, or delete; say what became of it."""
    match request.POST.get("act"), sent:
        case "read", _:
            try:
                sent_mail.learn(workspace, rep, actor=actor(request))
            except FAILURES as failure:
                messages.error(request, f"The sent mail could not be read. {failure}")
        case "accept", SentMail():
            chosen = request.POST.getlist("take")
            try:
                changed = sent_mail.accept(sent, chosen, actor=actor(request), shown=shown(request))
            except Stale:
                messages.error(request, "Somebody changed this voice meanwhile. Nothing was saved: look again.")
            else:
                messages.success(
                    request, "Taken over." if changed else "Nothing was ticked that would change anything."
                )
        case "unused", SentMail():
            sent_mail.drop_samples(sent, actor=actor(request))
        case "forget", SentMail():
            sent_mail.forget(sent, actor=actor(request))
            messages.success(
                request, "What was read is deleted, and the samples with it. What else was taken over stays."
            )


def shown_page(
    request: HttpRequest, template: str, workspace: Workspace, rep: Rep | None, **context: Any
) -> HttpResponse:
    trail = [("Settings", address(workspace.slug, VOICE.slug))]
    if template == "learned" and rep:
        trail.append((str(rep), reverse("admin:settings_rep", args=[workspace.slug, rep.pk])))
    common = {
        "workspace": workspace,
        "rep": rep,
        "tab": VOICE,
        "tabs": tabs_of(request, workspace.slug, VOICE.slug),
        "may_change": request.user.has_perm(CHANGE),
        "revision": workspace.revision,
    }
    title = f"Learn {rep or 'your'}{'’s' if rep else ''} voice" if template == "learned" else f"The voice of {rep}"
    return render(request, f"settings/{template}.html", title, trail=trail, **common | context)
