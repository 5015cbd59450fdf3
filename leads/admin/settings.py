"""The settings of a workspace, a tab each with an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from leads import people, preview, workspaces
from leads.admin.settings_forms import (
    AllowedFormForm,
    AllowFormForm,
    AnswersForm,
    DiscretionForm,
    DocumentsForm,
    MeetingsForm,
    OrganisationForm,
    PersonForm,
    RolesForm,
    TargetsForm,
    VoiceForm,
)
from leads.console.pages import page, render
from leads.models import AllowedForm, Workspace
from leads.seen_forms import seen_forms


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the settings: what it is about, and what it takes to change it."""

    slug: str
    title: str
    about: str
    permission: str
    form: type[forms.ModelForm[Workspace]] | None = None


CHANGE = "leads.change_workspace"
TABS = (
    Tab("organisation", "Organisation", "Who you are, in HubSpot and in drafts.", CHANGE, OrganisationForm),
    Tab("forms", "Forms", "Which HubSpot forms are answered. All others are recorded, and ignored.", CHANGE),
    Tab(
        "voice", "Voice", "Whose drafts these are, how they begin and end, and what they never say.", CHANGE, VoiceForm
    ),
    Tab(
        "answers",
        "Answers",
        "What your team says on each subject, in one to three plain sentences. A draft claims nothing else; "
        "on a subject without words it says that you will talk about it.",
        "leads.change_answer",
    ),
    Tab("meetings", "Meetings", "When meetings are offered, in the workspace's own time zone.", CHANGE, MeetingsForm),
    Tab(
        "documents",
        "Documents and links",
        "What a draft may point to. Nothing else is ever offered.",
        CHANGE,
        DocumentsForm,
    ),
    Tab("discretion", "Discretion", "Who is never written to, and who is never named.", CHANGE, DiscretionForm),
    Tab("people", "People", "Who may use this console, for all workspaces, and what for.", "leads.manage_people"),
    Tab("targets", "Targets", "How fast a lead should have a draft.", CHANGE, TargetsForm),
)
BY_SLUG = {tab.slug: tab for tab in TABS}
PEOPLE_SHOWN = 200


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
        raise PermissionDenied
    context = VIEWS.get(tab, one_form)(request, workspace, chosen)
    if isinstance(context, HttpResponse):
        return context
    return render(
        request,
        f"settings/{tab if tab in OWN_TEMPLATES else 'form'}.html",
        f"Settings of {workspace}" if Workspace.objects.count() > 1 else "Settings",
        workspace=workspace,
        tab=chosen,
        tabs=tabs_of(request, slug, tab),
        may_change=request.user.has_perm(chosen.permission),
        **context,
    )


def tabs_of(request: HttpRequest, slug: str, current: str) -> list[tuple[str, str, bool]]:
    """The parts of the settings: title, address, and whether it is the current one. Some are pages of their own."""
    shown = [(one.title, address(slug, one.slug), one.slug == current) for one in TABS]
    if request.user.has_perm("leads.view_noticeaddress"):
        where = f"{reverse('admin:notifications')}?workspace={slug}"
        shown.append(("Notifications", where, current == "notifications"))
    return shown


def address(slug: str, tab: str) -> str:
    return reverse("admin:settings_tab", args=[slug, tab])


def saved(request: HttpRequest, workspace: Workspace, tab: Tab, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(address(workspace.slug, tab.slug))


type Answer = dict[str, Any] | HttpResponse


def one_form(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    """A tab that is a form over the workspace's own fields."""
    if tab.form is None:
        raise Http404
    form = tab.form(request.POST if request.method == "POST" else None, instance=workspace)
    if form.is_valid():
        entered = {name: form.cleaned_data[name] for name in form.changed_data}
        workspaces.change(workspace, entered, actor=actor(request))
        return saved(request, workspace, tab, "Saved." if entered else "Nothing was changed.")
    return {"form": form, **links(request, workspace, tab)}


def links(request: HttpRequest, workspace: Workspace, tab: Tab) -> dict[str, Any]:
    if tab.slug == "meetings":
        return {"offers": preview.offers(Workspace.objects.get(pk=workspace.pk))}
    if tab.slug == "organisation":
        may = request.user.has_perms
        return {
            "may_switch": may(["leads.switch_draft_only"]),
            "may_connect": may(["leads.add_connection", "leads.change_connection"]),
        }
    return {}


def answers(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    known = dict(workspace.answers.values_list("intent", "text"))
    form = AnswersForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_valid():
        changed = workspaces.say(workspace, form.cleaned_data, actor=actor(request))
        return saved(request, workspace, tab, "Saved." if changed else "Nothing was changed.")
    return {"form": form}


def allowed_forms(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    posted = request.POST if request.method == "POST" else None
    if posted and posted.get("act") == "change":
        return change_form(request, workspace, tab)
    form = AllowFormForm(posted)
    if form.is_valid():
        if not request.user.has_perm("leads.add_allowedform"):
            raise PermissionDenied
        allowed = workspaces.allow_form(workspace, **form.cleaned_data, actor=actor(request))
        return saved(request, workspace, tab, f"“{allowed.name}” is answered from now on.")
    return {"form": form, "rows": rows_of(request, workspace), "seen": seen_forms(workspace)}


def change_form(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    if not request.user.has_perm("leads.change_allowedform"):
        raise PermissionDenied
    known = get_object_or_404(AllowedForm, workspace=workspace, pk=number(request.POST.get("form")))
    form = row_of(request, known, request.POST)
    if not form.is_valid():
        rows = [form if row.instance.pk == known.pk else row for row in rows_of(request, workspace)]
        return {"form": AllowFormForm(), "rows": rows, "seen": seen_forms(workspace)}
    changes = {name: (form.initial.get(name), form.cleaned_data[name]) for name in form.changed_data}
    changed = workspaces.change_form(known, changes, actor=actor(request))
    return saved(request, workspace, tab, f"“{known}” is saved." if changed else "Nothing was changed.")


def rows_of(request: HttpRequest, workspace: Workspace) -> list[AllowedFormForm]:
    known = AllowedForm.objects.filter(workspace=workspace).order_by("-enabled", "name")
    return [row_of(request, form, None) for form in known]


def row_of(request: HttpRequest, form: AllowedForm, data: Any) -> AllowedFormForm:
    row = AllowedFormForm(data, instance=form, prefix=f"form-{form.pk}")
    # A form's own lock is a lock: it takes the same right as the workspace's.
    row.fields["draft_only"].disabled = not request.user.has_perm("leads.switch_draft_only")
    return row


def everybody(request: HttpRequest, workspace: Workspace, tab: Tab) -> Answer:
    if not request.user.has_perm(tab.permission):
        raise PermissionDenied
    act = request.POST.get("act", "")
    if request.method == "POST" and act in PERSON_ACTS:
        return change_person(request, workspace, tab, PERSON_ACTS[act])
    form = PersonForm(request.POST if request.method == "POST" else None)
    told: dict[str, Any] = {}
    if form.is_valid():
        person, password = people.add(workspace, **form.cleaned_data, by=me(request))
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
    "forms": allowed_forms,
    "answers": answers,
    "people": everybody,
}
OWN_TEMPLATES = {"forms", "people"}


def me(request: HttpRequest) -> User:
    return User.objects.get(username=actor(request))


def actor(request: HttpRequest) -> str:
    return request.user.get_username()


def number(entered: object) -> int:
    text = str(entered)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
