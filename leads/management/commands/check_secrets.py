"""`manage.py check_secrets`: what is set, missing, malformed or failing; never what it is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from leads.secret_checks import check_all


class Command(BaseCommand):
    help = "List which secrets are set, missing or malformed, and which connections fail. No secret is printed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--strict", action="store_true", help="Exit with 1 unless every secret is ok.")
        parser.add_argument("--json", action="store_true", help="Print one JSON array.")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = check_all()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings]))
        else:
            for finding in findings:
                where = f" ({finding.workspace})" if finding.workspace else ""
                hint = f": {finding.hint}" if finding.hint else ""
                self.stdout.write(f"{finding.state:<10} {finding.name}{where}{hint}")
        if options["strict"] and any(finding.state != "ok" for finding in findings):
            sys.exit(1)
