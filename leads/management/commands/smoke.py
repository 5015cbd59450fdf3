"""`manage.py smoke`: one run end to end, to see that everything works together."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import override_settings
from django.utils import timezone

from connectors import sandbox
from leads import checkups, credentials, foreground, northwind, runs
from leads.models import Connection, Draft, WorkflowRun, Workspace
from leads.payloads import BadItem, parse
from leads.samples import sample
from leads.terminal import outcome_lines, step_line


class Command(BaseCommand):
    help = "Run a made-up lead end to end: against sandbox accounts, or with --live against the configured ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--live",
            action="store_true",
            help="Test the configured accounts call by call, then write one Gmail draft only.",
        )
        parser.add_argument("--workspace", metavar="SLUG", help="With --live: whose accounts (default: default).")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["live"]:
            passed = self.live(options["workspace"] or "default")
        elif options["workspace"]:
            raise CommandError("--workspace says whose accounts --live uses; give both, or neither.", returncode=2)
        else:
            with sandbox_workspace() as workspace:
                passed, _ = self.go(workspace, "smoke-test@brightfreight.example")
                self.stdout.write("\nSandbox accounts; nothing was kept. --live uses the configured ones.")
        if not passed:
            sys.exit(1)

    def live(self, slug: str) -> bool:
        workspace = Workspace.objects.filter(slug=slug).first()
        if workspace is None:
            raise CommandError(f"There is no workspace “{slug}”.", returncode=2)
        passed = [self.tried(workspace, service) for service in Connection.Service]  # both, whatever the first finds
        if not all(passed):
            self.stdout.write("\nMend this first; then the run itself is tried.")
            return False
        sound, run = self.go(workspace, f"smoke-test+{uuid.uuid4().hex[:8]}@example.com")
        if run.state == WorkflowRun.State.DONE:
            self.stdout.write(f"\nThe live accounts of {workspace}: read HubSpot, Gmail, Drive and Calendar.")
        draft = Draft.objects.filter(run=run).exclude(gmail_draft_id="").first()
        if draft is not None:
            self.stdout.write(f"Wrote one draft into {workspace.sender_email}: delete “{draft.subject}” there.")
        return sound

    def tried(self, workspace: Workspace, service: Connection.Service) -> bool:
        """Test one account as its page does, and say what was found; whether nothing is missing."""
        checkup = checkups.run(workspace, service, actor="smoke")
        for line in checkup.lines:
            add = f" [{line['add']}]" if line["add"] else ""
            said = f": {line['says']}{add}" if line["says"] else ""
            self.stdout.write(f"{line['tone']:<5} {service.label}: {line['title']}{said}")
        return checkup.passed

    def go(self, workspace: Workspace, email: str) -> tuple[bool, WorkflowRun]:
        """Drafts only, whatever the switches say; whether it ended in a draft that passes every hard check."""
        data: dict[str, Any] = sample(uuid.uuid4().hex)
        answers = {entry["name"]: entry["value"] for entry in data["fieldValues"]} | {"email": email}
        arrival = parse(json.dumps(answers).encode(), timezone.now())[0]
        if isinstance(arrival, BadItem):
            raise CommandError(str(arrival))
        # Stored with the submission, so that it holds whoever goes on with the run.
        arrival = replace(foreground.by_command(arrival), draft_only=True)
        item, claimed = foreground.submit_claimed(workspace, arrival)
        if item.run is None:
            raise CommandError(item.reason)
        run = foreground.follow(item.run, claimed, 0, lambda step: self.stdout.write(step_line(step)))
        self.stdout.write("")
        if run.state == WorkflowRun.State.WAITING:
            # Nobody waits for a made-up lead.
            with suppress(runs.NotPossible):
                runs.cancel(run, reason="smoke test", actor="smoke")
            self.stdout.write(f"Run {run.pk} failed at {run.failed_step or 'starting'}: {run.error}")
        else:
            for line in outcome_lines(run):
                self.stdout.write(line)
        return run.state == WorkflowRun.State.DONE and Draft.objects.filter(run=run, is_sound=True).exists(), run


@contextmanager
def sandbox_workspace() -> Iterator[Workspace]:
    """A workspace of its own with the sandbox as its accounts, gone afterwards."""
    with sandbox.running(seed=sandbox.Seed.demo()) as box:
        workspace = Workspace.objects.create(slug=f"smoke-{uuid.uuid4().hex[:8]}", name="Northwind")
        try:
            northwind.prepare(workspace)
            credentials.seal(workspace, "hubspot", {"access_token": "sandbox-token"})
            google = {
                "type": "authorized_user",
                "client_id": "sandbox",
                "client_secret": "sandbox",
                "refresh_token": "sandbox",
                "token_uri": f"{box.url}/token",
            }
            credentials.seal(workspace, "google", {"credentials": json.dumps(google)})
            workspace.refresh_from_db()
            with override_settings(HUBSPOT_API_URL=box.url, GOOGLE_API_URL=box.url):
                yield workspace
        finally:
            workspace.delete()
