"""`manage.py backfill`: have older submissions of a form answered. It says how many that is, and asks."""

from __future__ import annotations

import uuid
from argparse import ArgumentTypeError
from datetime import date
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from leads import backfill
from leads.models import AllowedForm, Backfill, Workspace

BAD_INPUT = 2
ACTOR = "manage.py backfill"
State = Backfill.State


class Command(BaseCommand):
    help = "Answer older submissions of a form: exit code 0 done or declined, 1 failed, 2 bad input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--form", required=True, help="Id or name of an allowed form.")
        parser.add_argument("--from", required=True, type=day, dest="since", metavar="YYYY-MM-DD")
        parser.add_argument("--to", required=True, type=day, dest="until", metavar="YYYY-MM-DD")
        parser.add_argument("--workspace", default="default", metavar="SLUG")
        parser.add_argument("--yes", action="store_true", help="Don't ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        form = form_of(options["workspace"], options["form"])
        lease = uuid.uuid4()
        try:
            since, until = backfill.stretch(form.workspace, options["since"], options["until"])
            asked = backfill.ask(form, since, until, actor=ACTOR, lease=lease)
        except backfill.NotPossible as refusal:
            refuse(str(refusal))
        counted = work(asked, lease)
        self.stdout.write(f"{counted.wanted} would be answered.")
        self.stdout.write(f"{counted.known} came before, {counted.unusable} have no address to answer to.")
        for line in counted.first:
            self.stdout.write(f"  {line['at'][:16]}  {line['who']}  {line['said'][:60]}")
        if not counted.wanted or not (options["yes"] or said_yes()):
            backfill.cancel(counted, actor=ACTOR)
            self.stdout.write("Nothing was started.")
            return
        if not backfill.confirm(counted, actor=ACTOR, lease=lease):
            refuse(f"{counted} has moved on meanwhile.")
        self.stdout.write(f"{work(counted, lease).started} runs were started. A worker drives them.")


def day(entered: str) -> date:
    try:
        return date.fromisoformat(entered)
    except ValueError:
        raise ArgumentTypeError(f"“{entered}” is not a day. Write it like 2026-11-30.") from None


def form_of(slug: str, wanted: str) -> AllowedForm:
    forms = AllowedForm.objects.filter(workspace__slug=slug).select_related("workspace")
    form = forms.filter(Q(form_id=wanted) | Q(name=wanted)).order_by("pk").first()
    if form is None:
        if not Workspace.objects.filter(slug=slug).exists():
            refuse(f"--workspace: there is no workspace “{slug}”.")
        known = ", ".join(f"“{name}”" for name in forms.values_list("name", flat=True)) or "none"
        refuse(f"--form: “{wanted}” is not an allowed form. Allowed: {known}.")
    return form


def work(asked: Backfill, lease: uuid.UUID) -> Backfill:
    """Count it or take it in, here and now."""
    backfill.work(backfill.Held(asked.pk, lease))
    now = Backfill.objects.select_related("form__workspace").get(pk=asked.pk)
    if now.state == State.FAILED:
        raise CommandError(now.error)
    if now.state in Backfill.WORKED_ON:
        raise CommandError(f"{now.error} A worker goes on with {now} by itself, which the console shows.")
    return now


def said_yes() -> bool:
    try:
        return input("Answer them? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False  # there is nobody to ask


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=BAD_INPUT)
