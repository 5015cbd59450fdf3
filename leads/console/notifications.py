"""The page of messages to the team: who is told of what, a test, and what could not be sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from leads import notices
from leads.admin.settings_tabs import tabs_of
from leads.console.live import Viewer, region
from leads.console.pages import page, person, render
from leads.console.scope import called
from leads.identifiers import identifier
from leads.models import AlertRule, Notice, NoticeAddress, Workspace

SEE = "leads.view_noticeaddress"
ADD, CHANGE, REMOVE = "leads.add_noticeaddress", "leads.change_noticeaddress", "leads.delete_noticeaddress"
NEWEST = 30


class AddressForm(forms.Form):
    """`url` goes in and never comes out again. Nobody can say that an address is somebody else's."""

    name = forms.CharField(max_length=80, help_text="How you call it: the address itself is never shown again.")
    url = forms.CharField(
        label="Address",
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As Apprise writes it, for instance slack://TokenA/TokenB/TokenC or "
        "mailtos://user:password@host?to=you@example.com.",
    )

    mine = forms.BooleanField(
        label="It is mine alone",
        required=False,
        help_text="“Draft ready” then has a link by which you approve without logging in. Leave it off for anything "
        "that others read too.",
    )
    on_draft_ready = forms.BooleanField(label="Draft ready", required=False, initial=True)
    on_sending = forms.BooleanField(label="Draft not sent, or perhaps sent", required=False, initial=True)
    alerts = forms.MultipleChoiceField(
        choices=AlertRule.Kind.choices,
        required=False,
        initial=AlertRule.Kind.values,
        widget=forms.CheckboxSelectMultiple,
        help_text="What each is about, and from when on it is told, stands on the page Alerts.",
    )

    def __init__(self, data: Any, *, address: NoticeAddress, me: User) -> None:
        super().__init__(data, initial=stored(address, me) if address.pk else None)
        self.address, self.me = address, me
        if address.pk:
            self.fields["url"].required = False
            self.fields["url"].help_text = "Stored, and not shown. Leave it empty to keep it."
        if address.person and address.person != me:
            self.fields[
                "mine"
            ].help_text = f"It is {address.person}’s now, and stays so unless another address is entered."

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            if url:
                notices.service_of(url)
        except notices.BadAddress as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return url

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = NoticeAddress.objects.filter(workspace=self.address.workspace_id, name=name)
        if others.exclude(pk=self.address.pk).exists():
            raise forms.ValidationError(notices.NAME_TAKEN)
        return name

    def entered(self) -> dict[str, Any]:
        """The fields as `notices` takes them. An address that is somebody else's is not taken away by an empty box."""
        fields = dict(self.cleaned_data)
        wanted = fields.pop("alerts")
        fields["alerts_off"] = [kind for kind in AlertRule.Kind.values if kind not in wanted]
        if fields.pop("mine"):
            return fields | {"person": self.me}
        return fields | {"person": None if self.address.person == self.me else self.address.person}


def stored(address: NoticeAddress, me: User) -> dict[str, Any]:
    wanted = [kind for kind in AlertRule.Kind.values if kind not in address.alerts_off]
    shown = {name: getattr(address, name) for name in ("name", "on_draft_ready", "on_sending")}
    return shown | {"alerts": wanted, "mine": address.person == me}


@page("notifications/", "notifications", SEE)
@sensitive_post_parameters("url")
@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    workspace = chosen(request)
    may_add = request.user.has_perm(ADD)
    new = NoticeAddress(workspace=workspace)
    form = AddressForm(request.POST or None, address=new, me=person(request)) if may_add else None
    if form is not None and form.is_valid():
        try:
            address = notices.add(workspace, by=person(request), **form.entered())
        except notices.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{address} is told from now on. Send a test to see it arrive.")
            return HttpResponseRedirect(address_of(workspace))
    return render(
        request,
        "notifications.html",
        "Notifications",
        trail=[("Settings", reverse("admin:settings_tab", args=[workspace.slug, "organisation"]))],
        tabs=tabs_of(request, workspace.slug, "notifications"),
        workspace=workspace,
        workspaces=list(Workspace.objects.order_by("name")[:50]),
        addresses=list(workspace.notice_addresses.select_related("person").order_by("name")),
        form=form,
        may_change=request.user.has_perm(CHANGE),
        may_remove=request.user.has_perm(REMOVE),
        failed=list(failed(workspace)),
    )


def failed(workspace: Workspace) -> Any:
    return Notice.objects.filter(workspace=workspace, state=Notice.State.FAILED).select_related("address")[:NEWEST]


@region("notices", SEE)
def draw(viewer: Viewer, argument: str) -> str:
    """The newest messages of a workspace."""
    newest = (
        Notice.objects.filter(workspace=identifier(argument) or 0)
        .select_related("address", "run__lead", "alert")
        .order_by("-pk")[:NEWEST]
    )
    may_see_runs = viewer.may("leads.view_workflowrun")
    return render_to_string("admin/leads/_notices.html", {"notices": newest, "may_see_runs": may_see_runs})


@page("notifications/<int:pk>/", "notification", SEE, CHANGE)
@sensitive_post_parameters("url")
@require_http_methods(["GET", "POST"])
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    address = get_object_or_404(NoticeAddress.objects.select_related("person", "workspace"), pk=pk)
    form = AddressForm(request.POST or None, address=address, me=person(request))
    if form.is_valid():
        try:
            notices.change(address, by=person(request), **form.entered())
        except notices.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{form.cleaned_data['name']} is stored.")
            return HttpResponseRedirect(address_of(address.workspace))
    trail = [("Notifications", address_of(address.workspace))]
    return render(request, "notification.html", address.name, trail=trail, form=form, address=address)


@page("notifications/<int:pk>/test/", "notification_test", SEE, CHANGE)
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    address = get_object_or_404(NoticeAddress.objects.select_related("workspace"), pk=pk)
    notices.send_test(address, by=person(request))
    messages.success(request, f"A test is on its way to {address}; what became of it shows up below.")
    return HttpResponseRedirect(address_of(address.workspace))


@page("notifications/<int:pk>/remove/", "notification_remove", SEE, REMOVE)
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    address = get_object_or_404(NoticeAddress.objects.select_related("workspace"), pk=pk)
    notices.remove(address, by=person(request))
    messages.success(request, f"{address} is told nothing any more.")
    return HttpResponseRedirect(address_of(address.workspace))


@page("notifications/again/<int:pk>/", "notification_again", SEE, CHANGE)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(Notice.objects.select_related("workspace"), pk=pk)
    try:
        notices.send_again(notice, by=person(request))
    except notices.NotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "It is tried again.")
    return HttpResponseRedirect(address_of(notice.workspace))


def chosen(request: HttpRequest) -> Workspace:
    """The workspace that the address names, or the first one."""
    slug = request.GET.get("workspace", "")
    if slug:
        return get_object_or_404(called(slug))
    return Workspace.objects.order_by("pk")[0]


def address_of(workspace: Workspace) -> str:
    return f"{reverse('admin:notifications')}?workspace={workspace.slug}"
