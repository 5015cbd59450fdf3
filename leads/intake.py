"""A delivery becomes submissions, runs and a bell, in one transaction: what is acknowledged is never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from leads import restores
from leads.acceptance import Wanted, accept
from leads.engine.bell import ring
from leads.models import AllowedForm, Delivery, Lead, Submission, Workspace
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
    signed: Signed,
    arrivals: Sequence[Arrived | BadItem],
    verdict: Verdict,
    reason: str = "",
    *,
    items: Sequence[Item] = (),
    size: int | None = None,
    pk: int | None = None,
) -> Delivery:
    """The delivery as it came, and what became of it; `size` if its body is not kept."""
    forms = {arrival.form_id for arrival in arrivals if isinstance(arrival, Arrived)}
    delivery = Delivery(
        pk=pk,
        workspace=whose(signed.workspaces, arrivals),
        signature=signed.signature,
        target=signed.target,
        headers=signed.headers,
        body=signed.body,
        size=len(signed.body) if size is None else size,
        verdict=verdict,
        reason=reason[:300],
        form_id=forms.pop() if len(forms) == 1 else "",
        items=[item.noted() for item in items],
        replay_of=signed.replay_of,
    )
    delivery.save(force_insert=True)
    return delivery


def refuse(signed: Signed, reason: str, size: int | None = None) -> None:
    """Keep a delivery that can't be read at all."""
    keep(signed, [], Verdict.REFUSED, reason, size=size)


def receive(signed: Signed, arrivals: Sequence[Arrived | BadItem]) -> list[Item]:
    """Keep the delivery, and start a run for each submission that is new and wanted."""
    return take_in(signed, arrivals)[1]


def take_in(signed: Signed, arrivals: Sequence[Arrived | BadItem]) -> tuple[Delivery, list[Item]]:
    # Race: HubSpot sends the same delivery again, at the same moment, to another process. `accept` settles it.
    with transaction.atomic():
        pk, items = submit_all(signed.workspaces, arrivals, is_delivered=True)
        verdict, reason = summary(items)
        return keep(signed, arrivals, verdict, reason, items=items, pk=pk), items


def submit_all(
    workspaces: Sequence[Workspace], arrivals: Sequence[Arrived | BadItem], *, is_delivered: bool
) -> tuple[int | None, list[Item]]:
    """What became of each, and the id that its delivery must get, if any waits for one. Inside a transaction."""
    forms = allowed_forms(workspaces, arrivals)
    items: list[Item] = []
    wanted: list[tuple[Item, Wanted]] = []
    for arrival in arrivals:
        item, workspace, form = judge(arrival, workspaces, forms)
        item.form = arrival.form_id if isinstance(arrival, Arrived) else ""
        items.append(item)
        if isinstance(arrival, Arrived) and workspace is not None and item.verdict == Verdict.ACCEPTED:
            wanted.append((item, wanted_of(arrival, workspace, form)))
    return start_runs(wanted, is_delivered=is_delivered), items


def wanted_of(arrival: Arrived, workspace: Workspace, form: AllowedForm | None) -> Wanted:
    return Wanted(
        workspace_id=workspace.pk,
        dedupe_key=arrival.dedupe_key,
        email=arrival.email,
        source=arrival.source,
        via=arrival.via,
        form_id=form.pk if form else None,
        draft_only=arrival.draft_only,
        payload=replace(arrival.submitted, form_name=form.name) if form else arrival.submitted,
        key=restores.key_of(workspace.pk, arrival.dedupe_key, 1),
    )


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


def start_runs(wanted: Sequence[tuple[Item, Wanted]], *, is_delivered: bool) -> int | None:
    """Keep what is new with a run each, say what was not, and ring once. The id that the delivery must get."""
    if not wanted:
        return None
    delivery, kept = accept([each for _, each in wanted], is_delivered=is_delivered)
    begun: set[int] = set()
    for item, each in wanted:
        found = kept[each.workspace_id, each.dedupe_key]
        item.submission, item.run = found.submission, found.run
        if not found.is_new or found.submission in begun:  # the second of a batch is no other than the first
            item.verdict, item.reason = Verdict.DUPLICATE, f"submission {found.submission} came before"
        begun.add(found.submission)
    doubles = [item.submission for item, _ in wanted if item.submission and item.verdict == Verdict.DUPLICATE]
    if delivery is not None and doubles:
        note_late_webhook(delivery, doubles)
    first = min((item.run for item, _ in wanted if item.run and item.verdict == Verdict.ACCEPTED), default=None)
    if first is not None:
        ring(first)
    return delivery


def note_late_webhook(delivery: int, submissions: Sequence[int]) -> None:
    """The webhook of what was polled came after all."""
    polled = Submission.objects.filter(pk__in=submissions, via__in=Submission.LISTED, delivery=None)
    polled.update(delivery_id=delivery)


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
        return submit_all([workspace], [arrival], is_delivered=False)[1][0]
