"""The connections of a workspace: what is entered, whether it works, and the way to Google's consent and back."""

from __future__ import annotations

from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from leads import checkups, connecting, google_consent, webhook_log
from leads.admin.settings_tabs import CONNECT, Tab, actor, address, tab_page
from leads.admin.workspace_forms import ConnectionsForm
from leads.connection_cards import cards
from leads.console.pages import page
from leads.models import Connection, Workspace

Service = Connection.Service


@sensitive_post_parameters()
def connections(request: HttpRequest, workspace: Workspace, tab: Tab) -> HttpResponse:
    """Show the accounts, or do with one of them what was pressed."""
    forms = {service.value: ConnectionsForm(None, names=connecting.SECRETS[service]) for service in Service}
    if request.method == "POST":
        chosen = request.POST.get("service", "")
        if chosen not in forms:
            raise Http404("There is no such connection.")
        service = Service(chosen)
        form = forms[chosen] = ConnectionsForm(request.POST, names=connecting.SECRETS[service])
        if form.is_valid():
            return act(request, workspace, service, form.cleaned_data)
    shown = tab_page(
        request,
        workspace,
        tab,
        "connections",
        cards=[(card, forms[card.service]) for card in cards(workspace)],
        webhook_url=webhook_log.webhook_url(),
        redirect_uri=google_consent.redirect_uri(),
        consent_is_offered=google_consent.is_offered(),
    )
    # A form of this page leads to Google, which the policy of all others forbids.
    csp_update({"form-action": [google_consent.origin()]})(lambda _: shown)(request)
    return shown


def act(request: HttpRequest, workspace: Workspace, service: Service, entered: dict[str, str]) -> HttpResponse:
    match request.POST.get("act"):
        case "store":
            return store(request, workspace, service, entered)
        case "test":
            return try_out(request, workspace, service)
        case "forget":
            return forget(request, workspace, service)
        case "ask":
            return ask_google(request, workspace)
        case _:
            raise Http404("There is nothing of this kind to do to a connection.")


def store(request: HttpRequest, workspace: Workspace, service: Service, entered: dict[str, str]) -> HttpResponse:
    if connecting.connect(workspace, service, entered, actor=actor(request)):
        messages.success(request, f"The credentials for {service.label} are stored.")
        return try_out(request, workspace, service)
    messages.info(request, "Nothing was entered, so nothing was changed.")
    return back(workspace)


def try_out(request: HttpRequest, workspace: Workspace, service: Service) -> HttpResponse:
    workspace.refresh_from_db()
    if checkups.run(workspace, service, actor=actor(request)).passed:
        messages.success(request, f"{service.label} answers, and nothing is missing.")
    else:
        messages.warning(request, f"{service.label} was tested: something is missing. See below.")
    return back(workspace)


def forget(request: HttpRequest, workspace: Workspace, service: Service) -> HttpResponse:
    if connecting.forget(workspace, service, actor=actor(request)):
        messages.success(request, f"The credentials for {service.label} are forgotten.")
    return back(workspace)


def ask_google(request: HttpRequest, workspace: Workspace) -> HttpResponse:
    try:
        return HttpResponseRedirect(google_consent.begin(workspace, request.session, request.get_host()))
    except google_consent.Refused as refusal:
        messages.error(request, str(refusal))
        return back(workspace)


@page("connections/google/", "google_returned", CONNECT)
@require_safe
def google_returned(request: HttpRequest) -> HttpResponse:
    """Where Google sends the browser after the consent."""
    workspace = google_consent.asked_for(request.session)
    try:
        workspace = google_consent.finish(request.session, request.GET, actor=actor(request))
    except google_consent.Refused as refusal:
        messages.error(request, str(refusal))
        return back(workspace) if workspace else redirect("admin:settings")
    messages.success(request, f"Google is connected: drafts are made in {workspace.sender_email}.")
    return try_out(request, workspace, Service.GOOGLE)


def back(workspace: Workspace) -> HttpResponse:
    return redirect(address(workspace.slug, "connections"))
