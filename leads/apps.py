"""The app that decides."""

from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Sales Agent"

    def ready(self) -> None:
        from leads import checks  # noqa: F401  registers the system checks
