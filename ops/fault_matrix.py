"""The matrix of faults: the product's own code drives a lead for each cell, with one fault armed for one step's calls.

While the fault lasts the run is driven again and again, without the waiting between; then the vendor is well again, and
whoever the run waits for does what its page says: connects the account, or presses Retry. How it went is the cell's
word. In the end the sandbox is asked what was made: each thing once, whatever happened on the way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from connectors.sandbox import Control
from leads import connections, runs
from leads.engine.driver import drive
from leads.engine.leases import claim
from leads.engine.steps import REGISTRY
from leads.intake import Signed, receive
from leads.models import Connection, Draft, WorkflowRun, Workspace
from leads.payloads import parse
from leads.samples import FORMS

State = WorkflowRun.State
CLAIMS = 4  # for which a fault lasts
MOST = 12  # claims that it may take to the end afterwards
MADE = ("contacts", "companies", "drafts", "notes", "tasks", "labels")
WAITS_FOR_A_PERSON = ("ConnectionBroken", "NotConfigured", "Misconfigured")

# What each fault is to the sandbox. The slow answer comes in time, the one that times out does not.
FAULTS: Mapping[str, str] = {
    "429": "429:{}:retry_after=0.1",
    "500": "500:{}",
    "503": "503:{}",
    "timeout": "timeout:{}:seconds=0.8",
    "dropped before": "drop-before:{}",
    "dropped after": "drop-after:{}",
    "bad JSON": "html:{}",
    "401": "401:{}",
    "403": "403:{}",
    "404": "404:{}",
    "409": "409:{}",
    "slow": "slow:{}:seconds=0.3",
}
# What each step asks a vendor for, its writes and the looks before their repetition included.
CALLS: Mapping[str, tuple[str, ...]] = {
    "validate_submission": (),
    "resolve_contact": ("hubspot.contacts.get", "hubspot.contacts.create"),
    "resolve_company": ("hubspot.companies.search", "hubspot.companies.create"),
    "search_threads": ("gmail.threads.list",),
    "recall_patterns": (),
    "find_assets": ("drive.files.list",),
    "propose_slots": ("calendar.freebusy.query",),
    "load_thread": ("gmail.threads.get",),
    "plan_next_step": (),
    "write_draft": ("chat.completions.create",),
    "create_draft": ("gmail.drafts.create", "gmail.drafts.list"),
    "create_task": ("hubspot.notes.create", "hubspot.tasks.create", "hubspot.associations.list"),
    "label_thread": ("gmail.labels.list", "gmail.labels.create", "gmail.threads.modify"),
}


class Went(StrEnum):
    """How a run came through its fault; values are what is printed."""

    NO_CALL = "·"
    RECOVERED = "recovered"
    DEGRADED = "degraded"
    PERSON = "person"
    BOTH = "degraded, person"  # the draft is there, marked; what else is to be written waits for somebody


PASSING = ("500", "503", "timeout", "dropped before", "dropped after", "bad JSON")


def row(passing: Went, **others: Went) -> dict[str, Went]:
    """A row of the expectations: those that pass by themselves alike, the others by name."""
    cells = dict.fromkeys(("429", *PASSING), passing) | {"slow": Went.RECOVERED}
    return cells | {name.removeprefix("_"): went for name, went in others.items()}


REFUSED = ("_401", "_403", "_404", "_409")
R, D, P, B = Went.RECOVERED, Went.DEGRADED, Went.PERSON, Went.BOTH
NO_CALL = dict.fromkeys(FAULTS, Went.NO_CALL)
# As docs/architecture.md has it ("When something fails").
EXPECTED: Mapping[str, Mapping[str, Went]] = {
    **{step: NO_CALL for step, calls in CALLS.items() if not calls},
    # A contact that is not found is an answer; that its creation is not found is not.
    "resolve_contact": row(D, _401=B, _403=B, _404=P, _409=B),
    "resolve_company": row(D, _401=B, _403=B, _404=B, _409=B),
    # Gmail is waited for; a right that is missing is done without.
    "search_threads": row(R, _401=P, _403=D, _404=P, _409=P),
    # A thread that is gone is an answer.
    "load_thread": row(R, _401=P, _403=D, _404=R, _409=P),
    # Google refuses our credentials: Gmail would too.
    "find_assets": row(D, _401=P, _403=D, _404=D, _409=D),
    "propose_slots": row(D, _401=P, _403=D, _404=D, _409=D),
    "write_draft": row(D, **dict.fromkeys(REFUSED, D)),  # templates write
    "create_draft": row(R, **dict.fromkeys(REFUSED, P)),
    "create_task": row(R, **dict.fromkeys(REFUSED, P)),
    "label_thread": row(R, **dict.fromkeys(REFUSED, P)),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one run; `made` counts what the vendors have of it in the end."""

    step: str
    fault: str
    went: Went
    made: dict[str, int] = field(default_factory=dict)
    trouble: str = ""

    @property
    def effects(self) -> int:
        return sum(self.made.values())

    @property
    def wrong(self) -> str:
        """What is not as the design says; empty if all is."""
        expected = EXPECTED[self.step][self.fault]
        odd = [f"{number} {kind}" for kind, number in self.made.items() if number != 1]
        said = [self.trouble] if self.trouble else []
        said += [f"{self.went}, not {expected}"] if self.went != expected else []
        return "; ".join([*said, *odd])


class Matrix:
    """Makes cells, one after the other, of a workspace whose locks are open and whose accounts are a sandbox's."""

    def __init__(self, control: Control, workspace: Workspace) -> None:
        self.control = control
        self.workspace = workspace
        self.callers = ThreadPoolExecutor(12, thread_name_prefix="call")

    def cell(self, step: str, fault: str) -> Cell:
        if not CALLS[step]:
            return Cell(step, fault, Went.NO_CALL)
        self.begin(step)
        email = f"lee@{step.replace('_', '-')}-{fault.replace(' ', '-').lower()}.example"
        if step == "load_thread":
            self.control.mail(email, "We spoke last week.", subject="Our call")
        run = self.take_in(email)
        for endpoint in CALLS[step]:
            self.control.fault(FAULTS[fault].format(endpoint))
        run = self.while_it_lasts(run)
        asked = is_stuck(run)
        self.control.clear_faults()
        if asked:
            self.mend(run)
        run = self.to_the_end(run)
        made = {kind: len(things) for kind, things in self.control.created().items() if kind in MADE}
        trouble = "" if run.state == State.DONE else f"{run} is {run.state}: {run.error}"
        return Cell(step, fault, went(run, asked=asked), made, trouble)

    def begin(self, step: str) -> None:
        """A sandbox as new, all accounts connected, and the model writing if it is its turn."""
        self.control.reset()
        Connection.objects.filter(workspace=self.workspace).update(state=Connection.State.OK)
        writer = Workspace.Writer.MODEL if step == "write_draft" else Workspace.Writer.TEMPLATES
        mine = Workspace.objects.filter(pk=self.workspace.pk)
        mine.update(writer=writer, revision=F("revision") + 1)
        self.workspace.refresh_from_db()

    def take_in(self, email: str) -> WorkflowRun:
        values = {"email": email, "firstname": "Lee", "lastname": "Park", "company": email.split("@")[1]}
        values |= {"message": "What does it cost for a team of ten, and may we see a demo?"}
        form = {"portalId": 4242, "formId": next(iter(FORMS)), "formSubmissionId": f"faults-{email}"}
        fields = [{"name": name, "value": value} for name, value in values.items()]
        body = json.dumps(form | {"fieldValues": fields}).encode()
        [item] = receive(Signed([self.workspace], "v3", {}, body), parse(body, timezone.now()))
        if item.run is None:
            raise RuntimeError(f"the lead was not taken in: {item.reason}")
        return WorkflowRun.objects.get(pk=item.run)

    def while_it_lasts(self, run: WorkflowRun) -> WorkflowRun:
        for _ in range(CLAIMS):
            run = self.drive(run)
            if run.finished_at or is_stuck(run):
                break
        return run

    def to_the_end(self, run: WorkflowRun) -> WorkflowRun:
        for _ in range(MOST):
            if run.finished_at:
                break
            run = self.drive(run)
        return run

    def drive(self, run: WorkflowRun) -> WorkflowRun:
        """One claim, without the waiting before it."""
        with transaction.atomic():
            WorkflowRun.objects.filter(pk=run.pk).update(due_at=Now())
            [held] = claim(1, run.pk)
        drive(held, self.callers)
        return WorkflowRun.objects.select_related("workspace").get(pk=run.pk)

    def mend(self, run: WorkflowRun) -> None:
        """What a person does: connect the account that is broken, or let the run go on."""
        if run.state == State.DEAD:
            runs.retry(run, actor="faults")
            run.finished_at = None
        for connection in Connection.objects.filter(workspace=self.workspace, state=Connection.State.BROKEN):
            connections.mended(self.workspace, connection.service, actor="faults")


def is_stuck(run: WorkflowRun) -> bool:
    """It goes on when a person has done something, and not before."""
    return run.state == State.DEAD or (run.state == State.WAITING and run.error_kind in WAITS_FOR_A_PERSON)


def went(run: WorkflowRun, *, asked: bool) -> Went:
    draft = Draft.objects.filter(run=run).first()
    lacks = bool(draft and (draft.lacks or (draft.model_use or {}).get("fell_back")))
    return {(False, False): R, (True, False): D, (False, True): P, (True, True): B}[lacks, asked]


def printed(cells: Mapping[tuple[str, str], Cell]) -> str:
    """The matrix as a table: how each cell went, and how many things the vendors have of it in the end."""
    width = max(len(REGISTRY[step].title) for step in CALLS)
    lines = [" " * width + "  " + "".join(f"{fault:<15}" for fault in FAULTS)]
    for step in CALLS:
        row = [cells[step, fault] for fault in FAULTS]
        told = (f"{SHORT[one.went]} {one.effects or ''}".strip() + (" !" if one.wrong else "") for one in row)
        lines.append(f"{REGISTRY[step].title:<{width}}  " + "".join(f"{text:<15}" for text in told))
    return "\n".join(lines)


SHORT = {R: "recovered", D: "degraded", P: "person", B: "degr.+pers.", Went.NO_CALL: "·"}
