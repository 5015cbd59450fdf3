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
from leads.admin.settings import tabs_of
from leads.console.errors import person
from leads.console.live import Viewer, region
from leads.console.pages import page, render
from leads.models import Notice, NoticeAddress, Workspace

SEE = "leads.view_noticeaddress"
ADD, CHANGE, REMOVE = "leads.add_noticeaddress", "leads.change_noticeaddress", "leads.delete_noticeaddress"
NEWEST = 30


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]
    """`url` goes in and never comes out again."""

    url = forms.CharField(
        label="Address",
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As Apprise writes it, for instance slack://TokenA/TokenB/TokenC or "
        "mailtos://user:password@host?to=you@example.com.",
    )

    class Meta:
        model = NoticeAddress
        fields = ("name", "url", "person", "on_draft_ready", "on_run_dead")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].empty_label = "nobody in particular"  # type: ignore[attr-defined]
        self.fields["person"].queryset = User.objects.filter(is_active=True, is_staff=True).order_by("username")  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["url"].required = False
            self.fields["url"].help_text = "Stored, and not shown. Leave it empty to keep it."

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            if url:
                notices.service_of(url)
        except notices.BadAddress as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return url

    def clean_name(self) -> str:
        """The workspace is not among the fields, so Django does not compare names within it."""
        name: str = self.cleaned_data["name"]
        others = NoticeAddress.objects.filter(workspace=self.instance.workspace_id, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is an address of this name already.")
        return name


@page("notifications/", "notifications", SEE)
@sensitive_post_parameters("url")
@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    workspace = chosen(request)
    may_add = request.user.has_perm(ADD)
    new = NoticeAddress(workspace=workspace)
    form = AddressForm(request.POST or None, instance=new) if may_add else None
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data
        address = notices.add(workspace, by=person(request), **data)
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
    number = int(argument) if argument.isascii() and argument.isdigit() and len(argument) < 19 else 0
    newest = Notice.objects.filter(workspace=number).select_related("address", "run__lead").order_by("-pk")[:NEWEST]
    may_see_runs = viewer.may("leads.view_workflowrun")
    return render_to_string("admin/leads/_notices.html", {"notices": newest, "may_see_runs": may_see_runs})


@page("notifications/<int:pk>/", "notification", SEE, CHANGE)
@sensitive_post_parameters("url")
@require_http_methods(["GET", "POST"])
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    address = get_object_or_404(NoticeAddress, pk=pk)
    form = AddressForm(request.POST or None, instance=address)
    if request.method == "POST" and form.is_valid():
        notices.change(address, by=person(request), **form.cleaned_data)
        messages.success(request, f"{address} is stored.")
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
        return get_object_or_404(Workspace, slug=slug.replace("\x00", ""))
    return Workspace.objects.order_by("pk")[0]


def address_of(workspace: Workspace) -> str:
    return f"{reverse('admin:notifications')}?workspace={workspace.slug}"
