"""Notes and tasks in HubSpot that bear the mark of the same run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from connectors.ports import Crm
from leads import call_log, policy, runs
from leads.effects import CreateNote, CreateTask, RemoveDouble
from leads.engine import ledger
from leads.models import Effect, WorkflowRun, Workspace
from leads.reconciliation.finding import Check, Finding, accounts_of, in_time

SINCE = timedelta(days=2)
READ = 200  # notes and tasks, the newest; each costs two small calls, at the pace of what is beside the runs
NAMES = {CreateNote.kind: "note", CreateTask.kind: "task"}
KINDS = {name: kind for kind, name in NAMES.items()}


def doubles(workspace: Workspace) -> Iterator[Finding]:
    made = Effect.objects.filter(
        workspace=workspace,
        kind__in=NAMES,
        state=Effect.State.DONE,
        done_at__gte=timezone.now() - SINCE,
        run__again=None,
    ).exclude(run__lead=None)
    newest = list(made.select_related("run__lead").order_by("-pk")[:READ])
    if not newest:
        return
    with call_log.noted(workspace, "reconciliation"):
        crm = accounts_of(workspace).crm
        found = [(effect, others(crm, effect)) for effect in in_time(newest)]
    for effect, ids in found:
        name = NAMES[effect.kind]
        for one in ids:
            words = f"Run {effect.run_id} left this {name} twice in HubSpot: {one} would be removed, the other kept."
            yield Finding(f"{effect.run_id}/{name}/{one}", words, effect.run_id)


def others(crm: Crm, effect: Effect) -> tuple[str, ...]:
    """All but the one that our row names; of none that it names, all but the oldest."""
    contact = effect.run.lead.hubspot_contact_id if effect.run.lead else ""
    if not contact:
        return ()
    name = NAMES[effect.kind]
    marked = crm.notes_marked if effect.kind == CreateNote.kind else crm.tasks_marked
    found = marked(str(effect.run.key), contact)
    kept = effect.result.get(name, "")
    kept = kept if kept in found else min(found, key=int, default="")
    return tuple(one for one in found if one != kept)


def remove(workspace: Workspace, subject: str, _actor: str) -> None:
    """If it is a double still, and DRAFT_ONLY lets it."""
    pk, name, record_id = subject.split("/")
    run = WorkflowRun.objects.select_related("lead").get(pk=pk, workspace=workspace)

    def withheld() -> str:
        return policy.withheld_by(RemoveDouble, **ledger.switches(run))

    if why := withheld():
        raise runs.NotPossible(f"Nothing is written to HubSpot: {why}. Remove it there, by hand.")
    with call_log.noted(workspace, "reconciliation", run, may_write=lambda: not withheld()):
        accounts = accounts_of(workspace)
        effect = Effect.objects.select_related("run__lead").get(run=run, kind=KINDS[name])
        if record_id not in others(accounts.crm, effect):
            raise runs.NotPossible("It is no double any more.")
        RemoveDouble(name, record_id).perform(accounts, {})


DOUBLES = Check(
    "Notes and tasks that are in HubSpot twice",
    f"With the mark of the same run, of the last {SINCE.days} days.",
    "Remove the double",
    doubles,
    remove,
    removes=True,
)
