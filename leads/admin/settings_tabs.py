"""The tabs of the settings: what each is about, where it is, what it takes to change it; and what all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from leads.admin.meetings_form import MeetingsForm
from leads.admin.screening_form import ScreeningForm
from leads.admin.settings_forms import (
    DiscretionForm,
    DocumentsForm,
    OrganisationForm,
    SendingForm,
    TargetsForm,
    VoiceForm,
)
from leads.admin.writer_tab import WriterForm
from leads.console.pages import render
from leads.identifiers import ID, identifier
from leads.models import Workspace


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the settings: what it is about, and what it takes to change it; to see it, if it is not for all."""

    slug: str
    title: str
    about: str
    permission: str
    form: type[forms.ModelForm[Workspace]] | None = None
    to_see: str | None = None


CHANGE, CONNECT = "leads.change_workspace", "leads.change_connection"
TABS = (
    Tab("organisation", "Organisation", "Who you are, in HubSpot and in drafts.", CHANGE, OrganisationForm),
    Tab(
        "connections",
        "Connections",
        "The accounts that are read and drafted in. Credentials are kept encrypted, and never shown again.",
        CONNECT,
        to_see=CONNECT,
    ),
    Tab("forms", "Forms", "Which HubSpot forms are answered. All others are recorded, and ignored.", CHANGE),
    Tab(
        "voice", "Voice", "Whose drafts these are, how they begin and end, and what they never say.", CHANGE, VoiceForm
    ),
    Tab("writer", "Writer", "Who words the drafts, and what that may cost.", CHANGE, WriterForm),
    Tab(
        "answers",
        "Answers",
        "What your team says on each subject, in one to three plain sentences. A draft claims nothing else; on a "
        "subject without words in its language it says that you will talk about it.",
        "leads.change_answer",
    ),
    Tab(
        "wording",
        "Wording",
        "What drafts say, and in which order. Of several ways to say one thing, one per line, the same lead always "
        "gets the same one.",
        CHANGE,
    ),
    Tab(
        "sending",
        "Sending",
        "How approved drafts leave once DRAFT_ONLY is off, and which forms need no reviewer.",
        CHANGE,
        SendingForm,
    ),
    Tab("meetings", "Meetings", "When meetings are offered, in the workspace's own time zone.", CHANGE, MeetingsForm),
    Tab(
        "documents",
        "Documents and links",
        "What a draft may point to. Nothing else is ever offered.",
        CHANGE,
        DocumentsForm,
    ),
    Tab(
        "screening",
        "Screening",
        "Who gets no draft, before any work is done. The run says why, and one click drafts it anyway.",
        CHANGE,
        ScreeningForm,
    ),
    Tab("discretion", "Discretion", "Who is never written to, and who is never named.", CHANGE, DiscretionForm),
    Tab(
        "people",
        "People",
        "Who may use this console, for all workspaces, and what for.",
        "leads.manage_people",
        to_see="leads.manage_people",
    ),
    Tab("targets", "Targets", "How fast a lead should have a draft.", CHANGE, TargetsForm),
)
BY_SLUG = {tab.slug: tab for tab in TABS}


def tabs_of(request: HttpRequest, slug: str, current: str) -> list[tuple[str, str, bool]]:
    """The parts of the settings: title, address, and whether it is the current one. Some are pages of their own."""
    may_see = [one for one in TABS if one.to_see is None or request.user.has_perm(one.to_see)]
    shown = [(one.title, address(slug, one.slug), one.slug == current) for one in may_see]
    if request.user.has_perm("leads.view_noticeaddress"):
        where = f"{reverse('admin:notifications')}?workspace={slug}"
        shown.append(("Notifications", where, current == "notifications"))
    return shown


def tab_page(request: HttpRequest, workspace: Workspace, tab: Tab, template: str, **shown: Any) -> TemplateResponse:
    """A tab in the frame that all of them have."""
    return render(
        request,
        f"settings/{template}.html",
        title_of(workspace, tab),
        workspace=workspace,
        tab=tab,
        tabs=tabs_of(request, workspace.slug, tab.slug),
        may_change=request.user.has_perm(tab.permission),
        **{"revision": workspace.revision, **shown},
    )


def title_of(workspace: Workspace, tab: Tab) -> str:
    """People are the same in all workspaces; whoever has one workspace never meets the word."""
    if tab.slug == "people":
        return tab.title
    return f"Settings of {workspace}" if Workspace.objects.count() > 1 else "Settings"


def address(slug: str, tab: str) -> str:
    return reverse("admin:settings_tab", args=[slug, tab])


def saved(request: HttpRequest, workspace: Workspace, tab: Tab, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(address(workspace.slug, tab.slug))


def actor(request: HttpRequest) -> str:
    return request.user.get_username()


def shown(request: HttpRequest) -> int:
    """The revision of the settings that the sender's page shows; a page that says none has seen nothing."""
    return number(request.POST.get("revision"))


def number(entered: object) -> int:
    return identifier(entered, ID - 1) or 0
