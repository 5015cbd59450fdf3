"""`manage.py process_lead`: a lead from a file or the command line, on the same way as one from the webhook."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from leads import foreground, intake
from leads.models import AllowedForm, Delivery, WorkflowRun, Workspace
from leads.payloads import Arrived, BadItem, Unparseable, parse
from leads.terminal import outcome_lines, step_line
from leads.timeline import StepView

BAD_INPUT = 2
FIELDS = {
    "email": "email",
    "first_name": "firstname",
    "last_name": "lastname",
    "company": "company",
    "message": "message",
}


class Command(BaseCommand):
    help = "Process a lead: exit code 0 done, 1 failed or not done in time, 2 bad input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", help="JSON as the webhook takes it; - reads stdin.")
        parser.add_argument("--email")
        parser.add_argument("--first-name")
        parser.add_argument("--last-name")
        parser.add_argument("--company")
        parser.add_argument("--message")
        parser.add_argument("--form", help="Id or name of an allowed form. Default: the first one.")
        parser.add_argument("--workspace", default="default", metavar="SLUG")
        parser.add_argument("--queue", action="store_true", help="Leave it to the worker, and return at once.")
        parser.add_argument("--wait", type=float, default=120, metavar="SECONDS", help="How long to wait for the end.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of progress.")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            refuse(f"--workspace: there is no workspace “{options['workspace']}”.")
        arrival = read(workspace, options)
        if options["queue"]:
            item, claimed = intake.submit(workspace, arrival), None
        else:
            item, claimed = foreground.submit_claimed(workspace, arrival)
        if item.run is None or item.verdict == Delivery.Verdict.IGNORED:
            refuse(item.reason)
        if item.verdict == Delivery.Verdict.DUPLICATE and not options["json"]:
            self.stdout.write(f"It came before: {item.reason}. This is its run.")
        if options["queue"]:
            run = WorkflowRun.objects.get(pk=item.run)
        else:
            run = foreground.follow(item.run, claimed, options["wait"], lambda step: self.tell(step, options))
        self.report(run, options)
        if run.state != WorkflowRun.State.DONE and not options["queue"]:
            sys.exit(1)

    def tell(self, step: StepView, options: dict[str, Any]) -> None:
        if not options["json"]:
            self.stdout.write(step_line(step))
            self.stdout.flush()

    def report(self, run: WorkflowRun, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(as_json(run)))
        elif options["queue"]:
            self.stdout.write(f"Run {run.pk} is queued; `manage.py show_run {run.pk} --wait 60` shows it.")
        else:
            self.stdout.write("")
            for line in outcome_lines(run):
                self.stdout.write(line)


def read(workspace: Workspace, options: dict[str, Any]) -> Arrived:
    given = {field: options[option] for option, field in FIELDS.items() if options[option] is not None}
    if options["file"] and given:
        refuse("Give a FILE or the fields of a lead, not both.")
    if not options["file"] and not given:
        refuse("Give a FILE (- for stdin), or at least --email.")
    body = from_file(options["file"]) if options["file"] else json.dumps(typed(given)).encode()
    try:
        arrivals = parse(body, timezone.now())
    except Unparseable as error:
        refuse(f"{options['file'] or 'The lead'}: {error}")
    if len(arrivals) != 1:
        refuse(f"{options['file']}: it holds {len(arrivals)} leads; process_lead takes one.")
    if isinstance(arrivals[0], BadItem):
        refuse(f"{options['file'] or 'The lead'}: {arrivals[0]}")
    return with_form(foreground.by_command(arrivals[0]), workspace, options["form"])


def typed(given: dict[str, str]) -> dict[str, Any]:
    """What was typed twice was meant twice: the time makes each call a submission of its own."""
    return {**given, "timestamp": int(timezone.now().timestamp() * 1000)}


def from_file(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        refuse(f"{name}: {error.strerror}")


def with_form(arrival: Arrived, workspace: Workspace, wanted: str | None) -> Arrived:
    forms = AllowedForm.objects.filter(workspace=workspace, enabled=True).order_by("pk")
    if wanted:
        form = forms.filter(Q(form_id=wanted) | Q(name=wanted)).first()
        if form is None:
            known = ", ".join(f"“{name}”" for name in forms.values_list("name", flat=True)) or "none"
            refuse(f"--form: “{wanted}” is not an allowed form. Allowed: {known}.")
        return arrival.through(form.form_id)
    if arrival.form_id or not forms:
        return arrival
    return arrival.through(forms[0].form_id)


def as_json(run: WorkflowRun) -> dict[str, Any]:
    draft = getattr(run, "draft", None)
    return {
        "run": run.pk,
        "state": run.state,
        "outcome": run.outcome,
        "reason": run.reason,
        "error": run.error,
        "draft": draft
        and {
            "recipient": draft.recipient,
            "subject": draft.subject,
            "body": draft.body,
            "is_sound": draft.is_sound,
            "checks": draft.checks,
            "gmail_draft_id": draft.gmail_draft_id,
        },
    }


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=BAD_INPUT)
