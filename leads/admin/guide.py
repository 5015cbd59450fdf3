"""The page that sends a test lead."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from leads import trial
from leads.admin.base import address_of
from leads.console.pages import page, render
from leads.models import Workspace

ASKS = "Hello, we are a team of twelve. What does it cost, and could we see a demo next week?"


class TestLeadForm(forms.Form):
    email = forms.EmailField(
        label="Your address", max_length=254, help_text="A private one. The draft is made to it, and not sent."
    )
    first_name = forms.CharField(max_length=120, required=False)
    message = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


@page("guide/test-lead/", "test_lead", "leads.change_workspace")
@require_http_methods(["GET", "POST"])
def test_lead(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and send a form in its name."""
    workspace = get_object_or_404(Workspace, pk=Workspace.objects.order_by("pk").values("pk")[:1])
    me: Any = request.user
    form = TestLeadForm(
        request.POST if request.method == "POST" else None,
        initial={"email": me.email, "first_name": me.first_name, "message": ASKS},
    )
    if form.is_valid():
        try:
            run = trial.send(workspace, **form.cleaned_data, actor=me.get_username())
        except trial.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The form is taken in. Its run is on the way to a draft.")
            return redirect(address_of(run))
    return render(request, "test_lead.html", "Send a test lead", form=form)
