"""The words of messages to the team. They leave the house: a first name, a company, and links to the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from leads import approval, timeline
from leads.advice import advice_for
from leads.causes import Cause, is_muted
from leads.models import Connection, Draft, Lead, Notice, WorkflowRun, Workspace

State = Connection.State
LONGEST = 60
# What a prospect typed must not become a link, a mention or the markup of some service.
NOT_PLAIN = re.compile(r"[^\w\s&',+-]|_")


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    body: str


def message(notice: Notice) -> Message | None:
    """What to say of one notice, or None if it is no news any more."""
    match notice.kind, notice.run or notice.connection:
        case Notice.Kind.DRAFT_READY, WorkflowRun() as run:
            draft: Draft | None = getattr(run, "draft", None)
            return draft_ready(notice, run, draft) if draft and draft.status == Draft.Status.READY else None
        case ((Notice.Kind.DRAFT_RETURNED | Notice.Kind.SEND_UNCERTAIN), WorkflowRun() as run):
            return of_sending(run, getattr(run, "draft", None))
        case Notice.Kind.RUN_DEAD, WorkflowRun() as run:
            return run_dead(run) if run.state == WorkflowRun.State.DEAD and not is_muted(Cause.of(run)) else None
        case Notice.Kind.BROKEN, Connection() as connection:
            return broken(connection) if connection.state == State.BROKEN else None
        case Notice.Kind.MENDED, Connection() as connection:
            return mended(connection) if connection.state == State.OK else None
        case _:
            return of_workspace(notice)


def of_workspace(notice: Notice) -> Message | None:
    match notice.kind:
        case Notice.Kind.MODEL_BUDGET:
            return budget_used_up(notice.workspace)
        case Notice.Kind.TEST:
            return Message("This is a test", f"Messages of {notice.workspace} arrive here.\n{console('admin:index')}")
        case _:
            return None


def draft_ready(notice: Notice, run: WorkflowRun, draft: Draft) -> Message:
    lines = [f"Review it: {console('admin:review_draft', draft.pk)}"]
    person = notice.address.person
    if person is not None and draft.is_sound and approval.may_review(person):
        lines += [f"Approve it, within 72 hours: {approval.link(notice, draft, person)}"]
    return Message(f"Draft ready: {who(run.lead)}", "\n".join(lines))


def of_sending(run: WorkflowRun, draft: Draft | None) -> Message | None:
    """A draft that was to be sent and needs a person; what stopped it stands in the console, for it may be private."""
    if draft is not None and draft.status == Draft.Status.UNCERTAIN:
        lines = [
            "Gmail's answer was lost. It is not sent again before a person has looked.",
            f"Say what you find: {console('admin:review_draft', draft.pk)}",
        ]
        return Message(f"May have been sent: {who(run.lead)}", "\n".join(lines))
    if draft is not None and draft.status == Draft.Status.READY and draft.returned_because:
        lines = ["It was approved, and was not sent.", f"See why: {console('admin:review_draft', draft.pk)}"]
        return Message(f"Back in review: {who(run.lead)}", "\n".join(lines))
    return None


def run_dead(run: WorkflowRun) -> Message:
    where = f"at “{timeline.title_of(run.failed_step)}”" if run.failed_step else "before its first step"
    lines = [
        f"Run {run.pk} gave up {where}: {run.error_kind}.",
        f"What to do: {advice_for(run)}",
        console("admin:leads_workflowrun_change", run.pk),
    ]
    return Message(f"No draft: {who(run.lead)}", "\n".join(lines))


def broken(connection: Connection) -> Message:
    lines = [
        f"The vendor said: {connection.why}",
        "Runs that need it wait, and go on by themselves when it is connected again. Nothing is lost.",
        f"Connect it again: {console('admin:settings_tab', connection.workspace.slug, 'connections')}",
    ]
    return Message(f"{account(connection)} is not connected any more", "\n".join(lines))


def mended(connection: Connection) -> Message:
    return Message(f"{account(connection)} is connected again", f"What waited goes on.\n{console('admin:index')}")


def account(connection: Connection) -> str:
    return f"{connection.get_service_display()} of {plain(connection.workspace.name)}"


def budget_used_up(workspace: Workspace) -> Message:
    lines = [
        "Templates write the drafts until the month is over, or until the budget is raised.",
        console("admin:settings_tab", workspace.slug, "writer"),
    ]
    return Message(f"The model's budget of {workspace} is used up", "\n".join(lines))


def digest(kind: str, number: int) -> Message:
    """Many of a kind at once, as one message."""
    if kind == Notice.Kind.RUN_DEAD:
        letters = f"{console('admin:errors')}"
        return Message(f"{number} runs are dead", f"What failed, and why: {letters}")
    if kind in {Notice.Kind.BROKEN, Notice.Kind.MENDED}:
        return Message("Connections broke and were mended", f"How they stand now: {console('admin:index')}")
    if kind == Notice.Kind.DRAFT_RETURNED:
        return Message(f"{number} drafts are back in review", f"See why: {console('admin:review')}")
    if kind == Notice.Kind.SEND_UNCERTAIN:
        return Message(f"{number} drafts may have been sent", f"Say what you find: {console('admin:review')}")
    return Message(f"{number} drafts are ready", f"Review them: {console('admin:review')}")


def who(lead: Lead | None) -> str:
    """First name and company, as far as they are known, and as plain words."""
    first, company = (plain(lead.first_name), plain(lead.company)) if lead else ("", "")
    return " at ".join(part for part in (first or "a prospect", company) if part)


def plain(said: str) -> str:
    return " ".join(NOT_PLAIN.sub(" ", said).split())[:LONGEST]


def console(view: str, *args: object) -> str:
    return f"{settings.PUBLIC_URL}{reverse(view, args=args)}"
