"""All addresses."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from leads.approve_page import approve
from leads.health import health, workers
from leads.webhook import FormLeadWebhook

handler403 = "leads.console.failures.not_allowed"
handler404 = "leads.console.failures.not_found"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health", health),
    path("health/workers", workers),
    re_path(r"^webhook/formlead/?$", FormLeadWebhook.as_view(), name="webhook"),
    path("approve/<str:token>/", approve, name="approve"),
    path("admin/", admin.site.urls),
]
