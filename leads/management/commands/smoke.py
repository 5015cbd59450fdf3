"""`manage.py smoke`: one run end to end, to see that everything works together."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import override_settings
from django.utils import timezone

from connectors import sandbox
from leads import credentials, foreground, northwind
from leads.models import WorkflowRun, Workspace
from leads.payloads import BadItem, parse
from leads.samples import sample
from leads.terminal import outcome_lines, step_line


class Command(BaseCommand):
    help = "Run a made-up lead end to end: against sandbox accounts, or with --live against the configured ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--live", action="store_true", help="The configured accounts; writes one Gmail draft only.")
        parser.add_argument("--workspace", default="default", metavar="SLUG", help="With --live: whose accounts.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["live"]:
            workspace = Workspace.objects.filter(slug=options["workspace"]).first()
            if workspace is None:
                raise CommandError(f"There is no workspace “{options['workspace']}”.", returncode=2)
            passed, run = self.go(workspace, f"smoke-test+{uuid.uuid4().hex[:8]}@example.com")
            self.stdout.write(f"\nLive accounts of {workspace}: read HubSpot, Gmail, Drive and Calendar.")
            draft = getattr(run, "draft", None)
            if draft and draft.gmail_draft_id:
                self.stdout.write(f"Wrote one draft into {workspace.sender_email}: delete “{draft.subject}” there.")
        else:
            with sandbox_workspace() as workspace:
                passed, _ = self.go(workspace, "smoke-test@brightfreight.example")
                self.stdout.write("\nSandbox accounts; nothing was kept. --live uses the configured ones.")
        if not passed:
            sys.exit(1)

    def go(self, workspace: Workspace, email: str) -> tuple[bool, WorkflowRun]:
        """Drafts only, whatever the switches say; whether it ended in a draft that passes every hard check."""
        data = sample(uuid.uuid4().hex)
        answers = {entry["name"]: entry["value"] for entry in data["fieldValues"]} | {"email": email}
        arrival = parse(json.dumps(answers).encode(), timezone.now())[0]
        if isinstance(arrival, BadItem):
            raise CommandError(str(arrival))
        with override_settings(WORKFLOW_MODE="DRAFT_ONLY"):
            item, claimed = foreground.submit_claimed(workspace, foreground.by_command(arrival))
            run = foreground.follow(item.run, claimed, 0, lambda step: self.stdout.write(step_line(step)))
        if run.state == WorkflowRun.State.WAITING:
            # Nobody waits for a made-up lead.
            WorkflowRun.objects.filter(pk=run.pk, state=run.state).update(
                state=WorkflowRun.State.CANCELLED, reason="smoke test", finished_at=timezone.now()
            )
        self.stdout.write("")
        for line in outcome_lines(run):
            self.stdout.write(line)
        draft = getattr(run, "draft", None)
        return run.state == WorkflowRun.State.DONE and draft is not None and draft.is_sound, run


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
