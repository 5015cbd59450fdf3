"""A delivery becomes submissions, runs and a bell, in one transaction: what is acknowledged is never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from leads import codec
from leads.engine.bell import ring
from leads.models import AllowedForm, Delivery, Event, Lead, Submission, WorkflowRun, Workspace
from leads.payloads import Arrived, BadItem

Verdict = Delivery.Verdict
NEEDS_NO_FORM = {Submission.Source.EVENT, Submission.Source.COMMAND}


@dataclass(slots=True)
class Item:
    """What became of one submission of a delivery."""

    verdict: Verdict
    reason: str = ""
    run: int | None = None
    submission: int | None = None
    form: str = ""

    def noted(self) -> dict[str, Any]:
        """What the delivery keeps of it."""
        return {"verdict": self.verdict, "reason": self.reason, "run": self.run, "form": self.form}


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature was good: the workspaces that its secret signs for, and the request as it came."""

    workspaces: Sequence[Workspace]
    signature: str
    headers: dict[str, str]
    body: bytes
    target: str = ""
    replay_of: Delivery | None = None


def keep(
    signed: Signed, arrivals: Sequence[Arrived | BadItem], verdict: Verdict, reason: str = "", size: int | None = None
) -> Delivery:
    """The delivery as it came, with this verdict for now; `size` if its body is not kept."""
    forms = {arrival.form_id for arrival in arrivals if isinstance(arrival, Arrived)}
    return Delivery.objects.create(
        workspace=whose(signed.workspaces, arrivals),
        signature=signed.signature,
        target=signed.target,
        headers=signed.headers,
        body=signed.body,
        size=len(signed.body) if size is None else size,
        verdict=verdict,
        reason=reason[:300],
        form_id=forms.pop() if len(forms) == 1 else "",
        replay_of=signed.replay_of,
    )


def refuse(signed: Signed, reason: str, size: int | None = None) -> None:
    """Keep a delivery that can't be read at all."""
    keep(signed, [], Verdict.REFUSED, reason, size)


def receive(signed: Signed, arrivals: Sequence[Arrived | BadItem]) -> list[Item]:
    """Keep the delivery, and start a run for each submission that is new and wanted."""
    return take_in(signed, arrivals)[1]


def take_in(signed: Signed, arrivals: Sequence[Arrived | BadItem]) -> tuple[Delivery, list[Item]]:
    # Race: HubSpot sends the same delivery again, at the same moment, to another process. `submit` settles it.
    with transaction.atomic():
        delivery = keep(signed, arrivals, Verdict.IGNORED)
        items = submit_all(signed.workspaces, arrivals, delivery)
        delivery.verdict, delivery.reason = summary(items)
        Delivery.objects.filter(pk=delivery.pk).update(
            verdict=delivery.verdict, reason=delivery.reason, items=[item.noted() for item in items]
        )
    return delivery, items


def submit_all(
    workspaces: Sequence[Workspace], arrivals: Sequence[Arrived | BadItem], delivery: Delivery | None
) -> list[Item]:
    forms = allowed_forms(workspaces, arrivals)
    items: list[Item] = []
    wanted: list[tuple[Item, Arrived, Workspace, AllowedForm | None]] = []
    for arrival in arrivals:
        item, workspace, form = judge(arrival, workspaces, forms)
        item.form = arrival.form_id if isinstance(arrival, Arrived) else ""
        items.append(item)
        if isinstance(arrival, Arrived) and workspace is not None and item.verdict == Verdict.ACCEPTED:
            wanted.append((item, arrival, workspace, form))
    start_runs(wanted, delivery)
    return items


def allowed_forms(
    workspaces: Sequence[Workspace], arrivals: Sequence[Arrived | BadItem]
) -> dict[tuple[int, str], AllowedForm]:
    form_ids = {arrival.form_id for arrival in arrivals if isinstance(arrival, Arrived) and arrival.form_id}
    if not form_ids:
        return {}
    found = AllowedForm.objects.filter(workspace__in=workspaces, form_id__in=form_ids)
    return {(form.workspace_id, form.form_id): form for form in found}


def judge(  # noqa: PLR0911  one line per reason
    arrival: Arrived | BadItem, workspaces: Sequence[Workspace], forms: dict[tuple[int, str], AllowedForm]
) -> tuple[Item, Workspace | None, AllowedForm | None]:
    """Whether a submission is wanted, by whom, and why not."""
    if isinstance(arrival, BadItem):
        return Item(Verdict.IGNORED, str(arrival)[:300]), None, None
    workspace = owner_of(arrival.portal_id, workspaces)
    if workspace is None:
        return (
            Item(Verdict.IGNORED, f"portalId: no workspace has the portal {arrival.portal_id or '(none)'}"),
            None,
            None,
        )
    if arrival.submitted.contact_id and is_known(workspace, arrival.submitted.contact_id):
        reason = f"objectId: contact {arrival.submitted.contact_id} is a lead already, perhaps created by this product"
        return Item(Verdict.IGNORED, reason), workspace, None
    if arrival.source in NEEDS_NO_FORM and not arrival.form_id:
        return Item(Verdict.ACCEPTED), workspace, None
    form = forms.get((workspace.pk, arrival.form_id))
    if form is None:
        return Item(Verdict.IGNORED, f"formId: {arrival.form_id or '(none)'} is not an allowed form"), workspace, None
    if not form.enabled:
        return Item(Verdict.IGNORED, f"formId: the form “{form.name}” is switched off"), workspace, form
    return Item(Verdict.ACCEPTED), workspace, form


def whose(workspaces: Sequence[Workspace], arrivals: Sequence[Arrived | BadItem]) -> Workspace | None:
    """Whose a delivery is: the one whose portals it names; of unknown portals, only if just one can be meant."""
    portals = {arrival.portal_id for arrival in arrivals if isinstance(arrival, Arrived)}
    owners = {owner for portal_id in portals if (owner := owner_of(portal_id, workspaces)) is not None}
    if len(owners) == 1:
        return owners.pop()
    return workspaces[0] if len(workspaces) == 1 else None


def is_known(workspace: Workspace, contact_id: str) -> bool:
    """HubSpot tells of every new contact, also of those that our own runs create."""
    return Lead.objects.filter(workspace=workspace, hubspot_contact_id=contact_id).exists()


def owner_of(portal_id: str, workspaces: Sequence[Workspace]) -> Workspace | None:
    """The workspace of the portal; one without a portal id takes whatever its secret signed."""
    exact = next((workspace for workspace in workspaces if portal_id and workspace.portal_id == portal_id), None)
    return exact or next((workspace for workspace in workspaces if not workspace.portal_id), None)


def start_runs(wanted: list[tuple[Item, Arrived, Workspace, AllowedForm | None]], delivery: Delivery | None) -> None:
    """Insert what is new, find out what was not, and ring once. Call it inside a transaction."""
    if not wanted:
        return
    leads = keep_leads({(workspace.pk, arrival.email) for _, arrival, workspace, _ in wanted if arrival.email})
    rows = [
        Submission(
            workspace=workspace,
            dedupe_key=arrival.dedupe_key,
            source=arrival.source,
            delivery=delivery,
            form=form,
            lead=leads.get((workspace.pk, arrival.email)),
            draft_only=arrival.draft_only,
            payload=codec.builtins(replace(arrival.submitted, form_name=form.name) if form else arrival.submitted),
        )
        for _, arrival, workspace, form in wanted
    ]
    Submission.objects.bulk_create(rows, ignore_conflicts=True)
    kept = {
        (workspace_id, dedupe_key): (pk, key)
        for pk, key, workspace_id, dedupe_key in Submission.objects.filter(
            workspace__in={row.workspace_id for row in rows}, dedupe_key__in={row.dedupe_key for row in rows}
        ).values_list("pk", "key", "workspace_id", "dedupe_key")
    }
    runs: dict[int, WorkflowRun] = {}
    for (item, *_), row in zip(wanted, rows, strict=True):
        item.submission, key = kept[row.workspace_id, row.dedupe_key]
        # The random key tells ours from one that another delivery had inserted before.
        if key == row.key:
            runs[item.submission] = WorkflowRun(
                workspace_id=row.workspace_id, submission_id=item.submission, lead_id=row.lead_id
            )
        else:
            item.verdict, item.reason = Verdict.DUPLICATE, f"submission {item.submission} came before"
    begin(list(runs.values()))
    for item, *_ in wanted:
        item.run = first_run(item.submission, runs)


def first_run(submission_id: int | None, begun: dict[int, WorkflowRun]) -> int | None:
    """The run of a submission: begun just now, or by an earlier delivery."""
    if submission_id in begun:
        return begun[submission_id].pk
    first = WorkflowRun.objects.filter(submission=submission_id).order_by("pk").first()
    return first.pk if first else None


def begin(runs: list[WorkflowRun]) -> None:
    if not runs:
        return
    WorkflowRun.objects.bulk_create(runs)
    Event.objects.bulk_create(
        Event(kind="run_accepted", workspace_id=run.workspace_id, run=run, facts={"submission": run.submission_id})
        for run in runs
    )
    ring(runs[0].pk)


def keep_leads(wanted: set[tuple[int, str]]) -> dict[tuple[int, str], Lead]:
    if not wanted:
        return {}
    rows = [Lead(workspace_id=workspace_id, email=email) for workspace_id, email in sorted(wanted)]
    # Updating the address to itself makes a known lead answer with its id, as a new one does.
    Lead.objects.bulk_create(rows, update_conflicts=True, unique_fields=["workspace", "email"], update_fields=["email"])
    return {(lead.workspace_id, lead.email): lead for lead in rows}


def summary(items: Sequence[Item]) -> tuple[Verdict, str]:
    """The delivery's own verdict: the best of its items; and the reason when there is one to give."""
    for verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.IGNORED):
        if any(item.verdict == verdict for item in items):
            reasons = {item.reason for item in items if item.reason}
            return verdict, "; ".join(sorted(reasons))[:300]
    return Verdict.IGNORED, "an empty batch"


def submit(workspace: Workspace, arrival: Arrived) -> Item:
    """The way in for commands: the same as a delivery's, without one."""
    with transaction.atomic():
        return submit_all([workspace], [arrival], None)[0]
