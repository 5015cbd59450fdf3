"""The words of messages to the team. They leave the house: a first name, a company, and links to the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.urls import reverse

from leads import approval, causes, letters, timeline
from leads.advice import advice_for
from leads.alerts.findings import cause_of
from leads.alerts.places import place_of
from leads.alerts.rules import RULES
from leads.models import Alert, AlertRule, Draft, Lead, Notice, WorkflowRun, Workspace
from leads.readable import span

LONGEST = 60
# What a prospect typed must not become a link, a mention or the markup of some service.
NOT_PLAIN = re.compile(r"[^\w\s&',+-]|_")


class Tone(StrEnum):
    """How a service may mark a message; the values are Apprise's."""

    INFO = "info"
    BAD = "failure"
    GOOD = "success"


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    body: str
    tone: Tone = Tone.INFO


def message(notice: Notice) -> Message | None:
    """What to say of one notice, or None if it is no news any more."""
    match notice.kind, notice.run or notice.alert:
        case Notice.Kind.DRAFT_READY, WorkflowRun() as run:
            draft: Draft | None = getattr(run, "draft", None)
            return draft_ready(notice, run, draft) if draft and draft.status == Draft.Status.READY else None
        case ((Notice.Kind.DRAFT_RETURNED | Notice.Kind.SEND_UNCERTAIN), WorkflowRun() as run):
            return of_sending(run, getattr(run, "draft", None))
        case Notice.Kind.ALERT, Alert() as alert:
            return alerted(alert) if alert.resolved_at is None else None
        case Notice.Kind.RESOLVED, Alert() as alert:
            return resolved(alert) if was_told(notice, alert) else None
        case Notice.Kind.TEST, None:
            return tested(notice)
        case _:
            return None


def alerted(alert: Alert) -> Message | None:
    if alert.kind in {AlertRule.Kind.DEAD_LETTER, AlertRule.Kind.UNKNOWN_ERROR}:
        cause = cause_of(alert.workspace_id, alert.subject)
        if cause in causes.muted(alert.workspace_id):
            return None
    if alert.kind == AlertRule.Kind.DEAD_LETTER:
        dead = list(letters.all_of().filter(cause.failed_runs).select_related("lead")[:2])
        if len(dead) == 1:
            return run_dead(dead[0])
    lines = [alert.detail, f"{settings.PUBLIC_URL}{place_of(alert)}"]
    return Message(f"{alert.title}{of(alert.workspace)}", "\n".join(filter(None, lines)), Tone.BAD)


def resolved(alert: Alert) -> Message:
    lasted = f"It lasted for {span(alert.resolved_at - alert.opened_at)}." if alert.resolved_at else ""
    lines = [f"{RULES[alert.kind].over} {lasted}", console("admin:alerts")]
    return Message(f"Over: {alert.title}{of(alert.workspace)}", "\n".join(lines), Tone.GOOD)


def was_told(notice: Notice, alert: Alert) -> bool:
    """Whether this address heard of the alert, and not of a later one of the same, whose end is told as well."""
    heard = alert.notices.filter(address=notice.address_id, kind=Notice.Kind.ALERT, state=Notice.State.SENT).exists()
    same = {"workspace": alert.workspace_id, "kind": alert.kind, "subject": alert.subject}
    return heard and not Alert.objects.filter(resolved_at=None, told_at__isnull=False, **same).exists()


def tested(notice: Notice) -> Message:
    if notice.rule in RULES:
        rule = AlertRule.Kind(notice.rule)
        said = f"Nothing happened. The alert “{rule.label}” would come here. {RULES[rule].about}"
        return Message(f"A test of the alert “{rule.label}”", f"{said}\n{console('admin:alerts')}", Tone.BAD)
    return Message("This is a test", f"Messages of {notice.workspace} arrive here.\n{console('admin:index')}")


def of(workspace: Workspace) -> str:
    """Whose it is, where there are several."""
    return f" ({plain(workspace.name)})" if Workspace.objects.count() > 1 else ""


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
    return Message(f"No draft: {who(run.lead)}", "\n".join(lines), Tone.BAD)


def digest(kind: str, number: int) -> Message:
    """Many of a kind at once, as one message."""
    if kind == Notice.Kind.ALERT:
        return Message(f"{number} new alerts", f"What they are, and what to do: {console('admin:alerts')}", Tone.BAD)
    if kind == Notice.Kind.RESOLVED:
        return Message(f"{number} alerts are over", f"What is still open: {console('admin:alerts')}", Tone.GOOD)
    if kind == Notice.Kind.TEST:
        return Message(f"{number} tests", f"Nothing happened. Messages arrive here.\n{console('admin:alerts')}")
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
