"""`manage.py evaluate`: a writer over a set of leads, judged check by check."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.evaluation import page, report
from leads.evaluation.judge import judge
from leads.evaluation.leadset import BadLeads, Lead, load
from leads.evaluation.tally import Tally, tally
from leads.evaluation.writers import TEMPLATES, UNDER_ATTACK, UnknownWriter, writer_named

BAD_INPUT = 2
SETS = Path("tests") / "evaluation"


class Command(BaseCommand):
    help = (
        "Run a writer over a set of leads and judge what it wrote: exit code 0 good enough, 1 below a threshold, "
        "2 bad input. docs/evaluation.md describes the format of the leads."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--leads", metavar="FILE", help="Leads in TOML or as JSON lines, or a folder of them.")
        parser.add_argument("--injection", action="store_true", help="The attacks instead of the ordinary leads.")
        parser.add_argument("--only", metavar="TEXT", help="Only leads with this in their id or category.")
        parser.add_argument(
            "--writer",
            metavar="NAME",
            help=f"templates, a template set, model, or model:MODE of the sandbox's. Default: {TEMPLATES}; "
            f"with --injection {', '.join(UNDER_ATTACK)}, one after the other.",
        )
        parser.add_argument("--against", metavar="WRITER", help="Another writer to compare with.")
        parser.add_argument("--html", metavar="FILE", help="Write a page with the drafts side by side.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of tables.")

    def handle(self, *args: Any, **options: Any) -> None:
        leads = chosen(options)
        names = [options["writer"]] if options["writer"] else UNDER_ATTACK if options["injection"] else [TEMPLATES]
        results = [run(name, leads) for name in names]
        other = run(options["against"], leads) if options["against"] else None
        if options["html"]:
            save(options["html"], page.html(results[0], other or (results[1] if len(results) > 1 else None)))
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(results, other), ensure_ascii=False))
        else:
            for result in results:
                for line in report.lines(result, other):
                    self.stdout.write(line)
        if not all(result.is_enough for result in results):
            sys.exit(1)


def chosen(options: dict[str, Any]) -> list[Lead]:
    if options["leads"] and options["injection"]:
        refuse("Give --leads FILE or --injection, not both: a file says for each lead whether it is an attack.")
    folder = settings.BASE_DIR / SETS / ("injection" if options["injection"] else "leads")
    try:
        leads = load(Path(options["leads"]) if options["leads"] else folder)
    except BadLeads as error:
        refuse(str(error))
    wanted = (options["only"] or "").lower()
    found = [lead for lead in leads if wanted in f"{lead.id}\n{lead.category}".lower()]
    return found or refuse(f"--only: no lead has “{options['only']}” in its id or category.")


def run(name: str, leads: Iterable[Lead]) -> Tally:
    try:
        with writer_named(name) as writer:
            return tally(name, [judge(lead, writer) for lead in leads])
    except UnknownWriter as error:
        refuse(str(error))


def save(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"--html: {name}: {error.strerror}.")


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=BAD_INPUT)
