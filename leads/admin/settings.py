"""The settings of a workspace, a tab each with an address of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from leads import people, preview, sent_mail, ways, workspaces
from leads.admin import writer_tab
from leads.admin.auto_send import standings_of
from leads.admin.settings_connections import connections
from leads.admin.settings_forms import (
    AllowedFormForm,
    AllowFormForm,
    AnswersForm,
    PersonForm,
    RolesForm,
)
from leads.admin.settings_screening import rows_of as rows_of_rules
from leads.admin.settings_stale import meanwhile
from leads.admin.settings_tabs import BY_SLUG, Tab, actor, address, number, saved, shown, tab_page
from leads.admin.settings_wording import words
from leads.admin.workspace_forms import SwitchForm
from leads.console.pages import page
from leads.console.pages import person as me
from leads.meanwhile import Stale
from leads.models import AllowedForm, Rep, Workspace
from leads.roles import takes
from leads.seen_forms import seen_forms, who_waited

WAITED_TAKES = ("leads.view_delivery", "leads.replay_delivery")


@page("settings/", "settings", "leads.view_workspace")
def first(request: HttpRequest) -> HttpResponse:
    """The only workspace's settings, or the list to choose from."""
    slugs = list(Workspace.objects.order_by("pk").values_list("slug", flat=True)[:2])
    if len(slugs) == 1:
        return redirect(address(slugs[0], "organisation"))
    return redirect("admin:leads_workspace_changelist")


@page("people/", "people", "leads.manage_people")
def people_page(request: HttpRequest) -> HttpResponse:
    """People are the same in all workspaces."""
    return redirect(address(Workspace.objects.order_by("pk").values_list("slug", flat=True)[0], "people"))


@page("settings/<slug:slug>/<slug:tab>/", "settings_tab", "leads.view_workspace")
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, slug: str, tab: str) -> HttpResponse:
    """Show a tab, or take what was entered in it."""
    workspace = get_object_or_404(Workspace, slug=slug)
    chosen = BY_SLUG.get(tab)
    if chosen is None:
        raise Http404(f"The settings have no part “{tab}”.")
    if request.method == "POST" and not request.user.has_perm(chosen.permission):
        raise PermissionDenied(takes(chosen.permission))
    if chosen.to_see and not request.user.has_perm(chosen.to_see):
        raise PermissionDenied(takes(chosen.to_see))
    answer = VIEWS.get(tab, one_form)(request, workspace, chosen)
    if isinstance(answer, HttpResponse):
        return answer
    return tab_page(request, workspace, chosen, tab if tab in OWN_TEMPLATES else "form", **answer)


PEOPLE_SHOWN = 200

type Answer = dict[str, Any] | HttpResponse


def one_form(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    """A tab that is a form over the workspace's own fields."""
    if tab.form is None:
        raise Http404
    # A copy: a form writes what was entered into its instance, also where it refuses it.
    form = tab.form(request.POST if request.method == "POST" else None, instance=copy.copy(workspace))
    told: dict[str, Any] = {}
    if form.is_valid():
        try:
            changed = workspaces.change(workspace, form.cleaned_data, actor=actor(request), shown=shown(request))
        except Stale as stale:
            told = meanwhile(stale, form)
        else:
            return saved(request, workspace, tab, "Saved." if changed else "Nothing was changed.")
    return {"form": form, **links(request, workspace, tab), **told}


def links(request: HttpRequest, workspace: Workspace, tab: Tab) -> dict[str, Any]:
    if tab.slug == "meetings":
        as_saved = Workspace.objects.get(pk=workspace.pk)
        return {"offers": preview.offers(as_saved), "days_off": preview.days_off(as_saved)}
    if tab.slug == "voice":
        reps = Rep.objects.filter(workspace=workspace).order_by("-speaks", "name")[:PEOPLE_SHOWN]
        return {"reps": reps, "sent": sent_mail.of(workspace, None)}
    if tab.slug == "writer":
        return writer_tab.account(Workspace.objects.get(pk=workspace.pk))
    if tab.slug == "organisation":
        return {"may_switch": request.user.has_perm("leads.switch_draft_only")}
    return {}


def screening(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    answer = one_form(request, workspace, tab)
    return answer if isinstance(answer, HttpResponse) else answer | rows_of_rules(workspace, answer["form"])


def sending(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    answer = one_form(request, workspace, tab)
    return answer if isinstance(answer, HttpResponse) else answer | standings_of(request, workspace)


def answers(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    form = AnswersForm(request.POST if request.method == "POST" else None, workspace=workspace)
    told: dict[str, Any] = {}
    if form.is_valid():
        try:
            changed = workspaces.say(workspace, form.said(), actor=actor(request), shown=shown(request))
        except Stale as stale:
            told = meanwhile(stale, form)
        else:
            return saved(request, workspace, tab, "Saved." if changed else "Nothing was changed.")
    return {"form": form, **told}


def allowed_forms(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    posted = request.POST if request.method == "POST" else None
    if posted and posted.get("act") == "change":
        return change_form(request, workspace, tab)
    form = AllowFormForm(posted)
    if form.is_valid():
        if not request.user.has_perm("leads.add_allowedform"):
            raise PermissionDenied(takes("leads.add_allowedform"))
        allowed = workspaces.allow_form(workspace, **form.cleaned_data, actor=actor(request))
        return saved(request, workspace, tab, f"“{allowed.name}” is answered from now on.")
    return {"form": form, "rows": rows_of(request, workspace), "seen": seen_forms(workspace), "days": ways.DAYS}


def change_form(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    if not request.user.has_perm("leads.change_allowedform"):
        raise PermissionDenied(takes("leads.change_allowedform"))
    known = get_object_or_404(AllowedForm, workspace=workspace, pk=number(request.POST.get("form")))
    form, told = row_of(request, known, request.POST), {}
    sure = SwitchForm(request.POST, turn_on=False)
    if form.is_valid():
        reason = sure.cleaned_data["reason"] if sure.is_valid() else ""
        try:
            changed = workspaces.change_form(
                known, form.cleaned_data, actor=actor(request), shown=shown(request), reason=reason
            )
        except Stale as stale:
            told = meanwhile(stale, form)
        except workspaces.ReasonNeeded:
            form.sure = sure if "phrase" in request.POST else SwitchForm(None, turn_on=False)
        else:
            return saved(request, workspace, tab, f"“{known}” is saved." if changed else "Nothing was changed.")
    rows = [form if row.instance.pk == known.pk else row for row in rows_of(request, workspace)]
    return {"form": AllowFormForm(), "rows": rows, "seen": seen_forms(workspace), "days": ways.DAYS, **told}


def rows_of(request: HttpRequest, workspace: Workspace) -> list[AllowedFormForm]:
    known = AllowedForm.objects.filter(workspace=workspace).select_related("poll").order_by("-enabled", "name")
    rows = [row_of(request, form, None) for form in known]
    came = ways.ways_of([workspace], ways.start())
    waited = who_waited(workspace) if request.user.has_perms(WAITED_TAKES) else {}
    for row in rows:
        row.waited = len(waited.get(row.instance.form_id, ()))
        row.ways = came.get(row.instance.pk, ways.Ways())
        row.poll = ways.poll_state(row.instance)
    return rows


def row_of(request: HttpRequest, form: AllowedForm, data: Any) -> AllowedFormForm:
    row = AllowedFormForm(data, instance=copy.copy(form), prefix=f"form-{form.pk}")
    # A form's own lock is a lock: it takes the same right as the workspace's.
    row.fields["draft_only"].disabled = not request.user.has_perm("leads.switch_draft_only")
    if not request.user.has_perm("leads.change_allowedform"):
        for field in row.fields.values():
            field.disabled = True
    return row


def everybody(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    act = request.POST.get("act", "")
    if request.method == "POST" and act in PERSON_ACTS:
        return change_person(request, workspace, tab, PERSON_ACTS[act])
    form = PersonForm(request.POST if request.method == "POST" else None)
    told: dict[str, Any] = {}
    if form.is_valid():
        try:
            person, password = people.add(workspace, **form.cleaned_data, by=me(request))
        except people.NotPossible as refusal:
            form.add_error("username", str(refusal))
        else:
            form, told = PersonForm(), {"added": person, "password": password}
    shown = User.objects.prefetch_related("groups").order_by("-is_active", "username")[:PEOPLE_SHOWN]
    rows = [
        (person, RolesForm(initial={"roles": people.roles_of(person)}, auto_id=f"{person.pk}_%s")) for person in shown
    ]
    return {"form": form, "rows": rows, **told}


type PersonAct = Callable[[HttpRequest, Workspace, User], str]


def change_person(request: HttpRequest, workspace: Workspace, tab: Tab, act: PersonAct) -> HttpResponse:
    person = get_object_or_404(User, pk=number(request.POST.get("person")))
    try:
        said = act(request, workspace, person)
    except people.NotPossible as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(address(workspace.slug, tab.slug))
    return saved(request, workspace, tab, said)


def give_roles(request: HttpRequest, workspace: Workspace, person: User) -> str:
    form = RolesForm(request.POST)
    if not form.is_valid():
        raise people.NotPossible("That is not a role.")
    changed = people.set_roles(workspace, person, form.cleaned_data["roles"], by=me(request))
    return f"The roles of {person} are saved." if changed else "Nothing was changed."


def lock_out(request: HttpRequest, workspace: Workspace, person: User) -> str:
    people.switch(workspace, person, on=False, by=me(request))
    return f"{person} can't log in any more."


def let_in(request: HttpRequest, workspace: Workspace, person: User) -> str:
    people.switch(workspace, person, on=True, by=me(request))
    return f"{person} can log in again."


PERSON_ACTS: dict[str, PersonAct] = {"roles": give_roles, "deactivate": lock_out, "activate": let_in}
VIEWS: dict[str, Callable[[HttpRequest, Workspace, Tab], Answer]] = {
    "connections": connections,
    "forms": allowed_forms,
    "answers": answers,
    "wording": words,
    "people": everybody,
    "screening": screening,
    "sending": sending,
}
OWN_TEMPLATES = {"answers", "forms", "people", "screening", "sending", "voice", "wording"}
