"""`manage.py prepare_demo`: the default workspace as the sandbox's Northwind, and a user to look at it with."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from leads.history.past import write as write_history
from leads.history.restocking import restock
from leads.models import Workspace
from leads.northwind import prepare


class Command(BaseCommand):
    help = "Set the default workspace up for the sandbox accounts. Refuses one that was set up for somebody else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", default="admin")
        parser.add_argument("--password", help="Default: the user is not touched.")
        parser.add_argument("--history", type=int, default=0, metavar="RUNS", help="Also write a past of so many runs.")
        parser.add_argument("--restock", action="store_true", help="Put open drafts into a sandbox that just began.")
        parser.add_argument("--effects", action="store_true", help="Turn the workspace's DRAFT_ONLY switch off.")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.get(slug="default")
        if workspace.sender_email and not workspace.sender_email.endswith(".example"):
            raise CommandError(f"The default workspace is {workspace}'s; the demo does not overwrite it.")
        prepare(workspace, draft_only=not options["effects"])
        workspace.refresh_from_db()
        if options["history"] and write_history(workspace, options["history"], timezone.now()):
            self.stdout.write(f"a history of {options['history']} runs is written")
        if options["restock"]:
            self.stdout.write(f"{restock(workspace)} open drafts are in the mailbox")
        if options["password"]:
            user, _ = get_user_model().objects.get_or_create(
                username=options["user"], defaults={"is_staff": True, "is_superuser": True}
            )
            user.set_password(options["password"])
            user.save()
            self.stdout.write(f"the password of {user} is set")
