"""`manage.py show_run ID`: a run step by step, as text."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.models import WorkflowRun
from leads.terminal import run_lines


class Command(BaseCommand):
    help = "Show a run step by step, and its draft. Exits with 1 unless it is done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int)
        parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="Wait for it to end.")

    def handle(self, *args: Any, **options: Any) -> None:
        ends = time.monotonic() + options["wait"]
        while True:
            run = WorkflowRun.objects.filter(pk=options["run"]).first()
            if run is None:
                raise CommandError(f"There is no run {options['run']}.", returncode=2)
            if run.finished_at or time.monotonic() >= ends:
                break
            time.sleep(0.1)
        for line in run_lines(run):
            self.stdout.write(line)
        if run.state != WorkflowRun.State.DONE:
            sys.exit(1)
