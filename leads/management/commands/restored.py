"""`manage.py restored`: say that the database was restored from a backup, before web and workers start again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from leads import restores


class Command(BaseCommand):
    help = "After the database was restored from a backup: have runs look for what was done before they do it again."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(restores.said(restores.declare(actor="manage.py restored")))
