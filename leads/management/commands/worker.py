"""`manage.py worker`: drives the runs. One command, supervised."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from leads import cluster
from leads.supervisor import Supervisor


class Command(BaseCommand):
    help = "Drive the runs: starts the workers, replaces them when they die, drains on SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cluster", metavar="NAME", help="Used by the supervisor for its child.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cluster"]:
            cluster.run(options["cluster"])
        else:
            Supervisor().run()
