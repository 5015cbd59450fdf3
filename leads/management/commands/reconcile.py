"""`manage.py reconcile`: look now whether our tables, the mailbox and HubSpot agree, and say what does not."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leads.models import Discrepancy, Reconciliation, Workspace
from leads.reconciliation import report
from leads.reconciliation.checks import CHECKS

ACTOR = "manage.py reconcile"


class Command(BaseCommand):
    help = (
        "Look whether our tables, the mailbox and HubSpot agree, and say what does not. What mends itself is mended; "
        "--repair mends the rest, and removes nothing: that takes a person's click. Ends with 1 if something is left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", metavar="SLUG", help="Only this one; otherwise all.")
        parser.add_argument("--repair", action="store_true", help="Repair what is found; nothing is removed.")

    def handle(self, *args: Any, workspace: str | None, repair: bool, **options: Any) -> None:
        chosen = Workspace.objects.order_by("pk")
        if workspace:
            chosen = chosen.filter(slug=workspace)
            if not chosen:
                raise CommandError(f"There is no workspace {workspace}.")
        left = sum([self.look_over(one, repair=repair) for one in chosen])
        if left:
            raise CommandError(f"{left} left, see above.", returncode=1)

    def look_over(self, workspace: Workspace, *, repair: bool) -> int:
        """Report one workspace; how much of it is left, with the checks that could not look."""
        report.look_now(workspace)
        for kind in [kind for kind, check in CHECKS.items() if repair and not check.removes]:
            report.repair_all(workspace, kind, actor=ACTOR)
        trouble = Reconciliation.objects.get(workspace=workspace).trouble
        found = list(Discrepancy.objects.filter(workspace=workspace).order_by("pk"))
        self.stdout.write(f"{workspace}: {len(found)} found.")
        for one in found:
            how = CHECKS[one.kind].done.lower() if one.repaired_at else one.trouble or "open"
            self.stdout.write(f"  {CHECKS[one.kind].title}: {one.words} ({how})")
        for entry in trouble:
            self.stdout.write(f"  {CHECKS[entry['kind']].title}: could not look: {entry['why']}")
        return sum(one.repaired_at is None for one in found) + len(trouble)
