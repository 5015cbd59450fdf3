"""`manage.py sandbox`: HubSpot, Gmail, Drive, Calendar and a chat endpoint on this machine, for demo and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors import sandbox


class Command(BaseCommand):
    help = "Serve the sandbox accounts until interrupted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8100, help="0 takes a free one.")
        parser.add_argument("--seed", type=Path, metavar="FILE", help="JSON; default: the demo's accounts.")
        parser.add_argument("--latency", type=float, default=0, metavar="MS", help="Wait before each answer.")
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="KIND[:WHERE][:RATE|xN]",
            help="For example 429:hubspot:0.02 or drop-after:gmail.drafts.create:x1. May be repeated.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seed = sandbox.Seed.load(options["seed"]) if options["seed"] else sandbox.Seed.demo()
        except OSError as error:
            raise CommandError(f"--seed {options['seed']}: {error.strerror}", returncode=2) from None
        except ValueError as error:
            raise CommandError(f"--seed: {error}", returncode=2) from None
        try:
            sandbox.serve(
                port=options["port"],
                seed=seed,
                latency_ms=options["latency"],
                faults=options["fault"],
                announce=lambda url: self.stdout.write(f"sandbox accounts at {url}"),
            )
        except (OSError, OverflowError, ValueError) as error:
            raise CommandError(str(error), returncode=2) from None
