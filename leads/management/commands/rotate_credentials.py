"""`manage.py rotate_credentials`: seal all that is stored with the newest key."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from leads.rotation import rotate


class Command(BaseCommand):
    help = "Seal all stored credentials with the first of CREDENTIALS_KEYS. Exits with 1 if no key opens some of them."

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate()
        self.stdout.write(f"{done.resealed} sealed with the newest key, {done.current} were already.")
        for name in done.lost:
            self.stdout.write(f"{name}: no key in CREDENTIALS_KEYS opens it. Put its key back, or enter it again.")
        if done.lost:
            sys.exit(1)
        self.stdout.write("All others can be taken out of CREDENTIALS_KEYS, once each process has been restarted.")
