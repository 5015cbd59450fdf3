"""Which forms need no reviewer, on the tab “Sending”; and the page that asks before one is let."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from leads import autosend, releasing, workspaces
from leads.admin.settings_tabs import BY_SLUG, actor, address, saved, title_of
from leads.admin.workspace import in_words, list_of
from leads.admin.workspace_forms import SwitchForm
from leads.console.pages import page, render
from leads.models import AllowedForm, Workspace
from leads.roles import takes

MAY = "leads.switch_draft_only"


def standings_of(request: HttpRequest, workspace: Workspace) -> dict[str, Any]:
    """For the tab: each form's record, and what is still withheld where it can be released."""
    withheld = 0 if workspace.draft_only else releasing.count_in(workspace)
    return {
        "standings": autosend.standings(workspace),
        "needed": autosend.NEEDED,
        "share": autosend.SHARE,
        "may_switch": request.user.has_perm(MAY),
        "switch_takes": takes(MAY, what="Switching"),
        "withheld": in_words(withheld),
        "withheld_list": list_of(workspace),
    }


@page("settings/<slug:slug>/sending/<int:form_id>/", "settings_auto_send", "leads.view_workspace", MAY)
@require_http_methods(["GET", "POST"])
def auto_send(request: HttpRequest, slug: str, form_id: int) -> HttpResponse:
    """Ask, then let a form send by itself; or stop it, which asks nothing."""
    workspace, tab = get_object_or_404(Workspace, slug=slug), BY_SLUG["sending"]
    known = get_object_or_404(AllowedForm, workspace=workspace, pk=form_id)
    turn_on = request.POST.get("turn", "on") == "on"
    form = SwitchForm(request.POST if request.method == "POST" else None, turn_on=not turn_on)
    if form.is_valid():
        try:
            changed = autosend.switch(known, on=turn_on, reason=form.cleaned_data["reason"], actor=actor(request))
        except workspaces.NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            now = "sends by itself" if turn_on else "waits for reviewers"
            return saved(request, workspace, tab, f"“{known}” {now}{'' if changed else ' already'}.")
    record = autosend.record_of(known)
    return render(
        request,
        "settings/auto_send.html",
        f"Let “{known}” send by itself",
        trail=[(title_of(workspace, tab), address(slug, tab.slug))],
        workspace=workspace,
        known=known,
        form=form,
        record=record,
        share=autosend.SHARE,
    )
