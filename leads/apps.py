"""The app that decides."""

from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Sales Agent"

    def ready(self) -> None:
        # The first registers the system checks; the second makes the tzdata package win over the system's.
        from leads import checks, zones  # noqa: F401, PLC0415
