"""The app that decides."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Sales Agent"

    def ready(self) -> None:
        # The first registers the system checks; the second makes the tzdata package win over the system's.
        from leads import checks, roles, zones  # noqa: F401, PLC0415

        # After Django's own receiver, which makes the permissions.
        post_migrate.connect(roles.make_groups, sender=self)
