"""The operators' screens: Django admin, themed. They show, ask and call use cases; they decide nothing."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin

from leads.admin import (
    api_call,
    backfill,
    delivery,
    draft,
    effect,
    event,
    guide,
    lead,
    outbox_page,
    people,
    replay,
    review,
    run,
    settings,
    settings_voice,
    submission,
    workspace,
)

__all__ = [
    "api_call",
    "backfill",
    "delivery",
    "draft",
    "effect",
    "event",
    "guide",
    "lead",
    "outbox_page",
    "people",
    "replay",
    "review",
    "run",
    "settings",
    "settings_voice",
    "submission",
    "workspace",
]

# Jobs are only doorbells: to delete or repeat one here changes nothing, and looks as if it did.
for job in apps.get_app_config("django_q").get_models():
    if admin.site.is_registered(job):
        admin.site.unregister(job)
