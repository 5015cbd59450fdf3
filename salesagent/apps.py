"""Django's admin, with the console as its site."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "leads.console.site.ConsoleSite"
