"""What the rules find. Each looks at what stands now, in a few bounded queries, and names no prospect."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from connectors.errors import Unknown
from leads import breakers, causes, heartbeat, letters, model_account
from leads.breakers import CircuitOpen
from leads.causes import Cause
from leads.connections import ConnectionBroken, waiting
from leads.engine.retries import known_kinds
from leads.engine.turns import Contended
from leads.hours import week_of
from leads.models import AlertRule, Breaker, Connection, Delivery, Draft, Submission, WorkflowRun, Workspace
from leads.permits import BudgetSpent
from leads.readable import span

State = WorkflowRun.State
MOST = 1000  # rows that are looked at, or counted
LATELY = timedelta(minutes=15)  # of the error rate
ENOUGH = 10  # runs, for a rate to mean something
FURTHEST = timedelta(days=60)  # working time is reckoned over
# Waiting for one's turn, or for room, is no failure; a broken connection and an open circuit are rules of their own.
NO_FAILURE = (Contended.__name__, BudgetSpent.__name__, ConnectionBroken.__name__, CircuitOpen.__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule finds. `number` is what it concerns, capped where it is counted.

    It is told once it has held for `patience`. One that `is_muted` is not told, and opens no alert.
    """

    title: str
    detail: str = ""
    subject: str = ""
    number: int = 1
    patience: timedelta = timedelta()
    is_muted: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """All that a rule finds; unless it `is_all`, what is missing may still hold."""

    findings: Sequence[Finding] = ()
    is_all: bool = True


def subject_of(cause: Cause) -> str:
    return "/".join((cause.error, cause.step, cause.service))


def cause_of(workspace_id: int, subject: str) -> Cause:
    return Cause(workspace_id, *subject.split("/"))


def dead_letters(rule: AlertRule) -> Found:
    """By cause, as on the Errors page."""
    dead = letters.all_of().filter(workspace=rule.workspace_id)
    if AlertRule.objects.filter(workspace=rule.workspace_id, kind=AlertRule.Kind.UNKNOWN_ERROR, is_on=True).exists():
        dead = dead.filter(error_kind__in=["", *known_kinds()])  # the others are told as what they are
    newest = dead.order_by("-finished_at", "-pk").values("pk")[:MOST]
    counted = causes_among(rule, WorkflowRun.objects.filter(pk__in=newest))
    muted = causes.muted(rule.workspace_id)
    findings = [
        Finding(f"{runs(number)} dead: {cause}", cause.advice, subject_of(cause), number, is_muted=cause in muted)
        for cause, number in counted.items()
        if number >= rule.threshold
    ]
    return Found(findings, is_all=sum(counted.values()) < MOST)


def causes_among(rule: AlertRule, stopped: QuerySet[WorkflowRun]) -> dict[Cause, int]:
    """How many of these runs each cause stopped."""
    counted = stopped.order_by().values_list("error_kind", "failed_step", "failed_service").annotate(Count("pk"))
    return {Cause(rule.workspace_id, *named): number for *named, number in counted}


def unknown_errors(rule: AlertRule) -> Found:
    """Answers that no vendor is known to give, and faults of our own: somebody must look what they are, also while the
    runs still try.
    """
    stopped = WorkflowRun.objects.filter(
        workspace=rule.workspace_id, state__in=[State.DEAD, State.WAITING], again=None
    ).exclude(error_kind__in=["", *known_kinds()])
    counted = causes_among(rule, WorkflowRun.objects.filter(pk__in=stopped.values("pk")[:MOST]))
    muted = causes.muted(rule.workspace_id)
    return Found(
        [
            Finding(
                unknown(cause),
                f"{runs(number)} stopped by it. {cause.advice}",
                subject_of(cause),
                number,
                is_muted=cause in muted,
            )
            for cause, number in counted.items()
        ],
        is_all=sum(counted.values()) < MOST,
    )


def unknown(cause: Cause) -> str:
    """As it is told: a vendor's answer, or a fault of our own."""
    if cause.error == Unknown.__name__:
        return f"An answer that nobody knows, at “{cause.title}” from {cause.service or 'somewhere'}"
    return f"{cause.error}, a fault that nobody knows, at “{cause.title}”"


def runs(number: int) -> str:
    said = str(number) if number < MOST else f"{MOST:,} or more"
    return f"{said} run{'s are' if number > 1 else ' is'}"


def connections(rule: AlertRule) -> Found:
    broken = Connection.objects.filter(workspace=rule.workspace_id, state=Connection.State.BROKEN)
    return Found(
        [
            Finding(
                f"{one.get_service_display()} is not connected any more",
                f"The vendor said: {one.why} Runs that need it wait, and go on by themselves when it is connected "
                "again. Nothing is lost.",
                one.service,
                max(waiting(one).values("pk")[:MOST].count(), 1),
            )
            for one in broken
        ]
    )


def circuits(rule: AlertRule) -> Found:
    open_ones = Breaker.objects.filter(workspace=rule.workspace_id).exclude(state=Breaker.State.CLOSED)
    return Found(
        [
            Finding(
                f"{one.get_service_display()} is left alone",
                f"{one.why} What needs it waits, or does without. Nothing is lost.",
                one.service,
                max(breakers.waiting(rule.workspace_id, one.service).values("pk")[:MOST].count(), 1),
            )
            for one in open_ones
        ]
    )


def error_rate(rule: AlertRule) -> Found:
    """The share of the newest runs that have failed and not recovered."""
    lately = WorkflowRun.objects.filter(workspace=rule.workspace_id, created_at__gte=timezone.now() - LATELY)
    newest = lately.order_by("-created_at").values("pk")[:MOST]
    fails = ~Q(error_kind__in=["", *NO_FAILURE]) & ~Q(state=State.CANCELLED)
    counted = WorkflowRun.objects.filter(pk__in=newest).aggregate(all=Count("pk"), bad=Count("pk", filter=fails))
    if counted["all"] < ENOUGH:
        return Found()
    percent = round(100 * counted["bad"] / counted["all"])
    if percent < rule.threshold:
        return Found()
    said = f"{counted['bad']} of the {counted['all']} runs of the last {span(LATELY)} failed and have not recovered."
    return Found([Finding(f"{percent} % of runs fail", said, number=percent)])


def backlog(rule: AlertRule) -> Found:
    """Runs that are due and that nobody takes."""
    edge = timezone.now() - timedelta(minutes=rule.threshold)
    overdue = WorkflowRun.objects.filter(workspace=rule.workspace_id, state__in=WorkflowRun.CLAIMABLE, due_at__lte=edge)
    oldest = overdue.order_by("due_at").values_list("due_at", flat=True).first()
    if oldest is None:
        return Found()
    number = overdue.values("pk")[:MOST].count()
    said = f"The oldest has been due for {span(timezone.now() - oldest)}. More workers, or slower sources, would help."
    return Found([Finding(f"{runs(number)} due, and nobody takes {'them' if number > 1 else 'it'}", said, "", number)])


def no_worker(rule: AlertRule) -> Found:
    if heartbeat.alive().exists():
        return Found()
    said = "Submissions are still accepted and kept, but none is answered. Start `manage.py worker`."
    return Found([Finding("No worker is alive", said, patience=timedelta(minutes=rule.threshold))])


def no_deliveries(rule: AlertRule) -> Found:
    """Nothing came, by webhook or by poll, in so many working hours; of who never had any, nothing is expected."""
    came = Delivery.objects.filter(workspace=rule.workspace_id).exclude(verdict=Delivery.Verdict.REFUSED)
    taken = Submission.objects.filter(workspace=rule.workspace_id)
    newest = [
        came.order_by("-received_at").values_list("received_at", flat=True).first(),
        taken.order_by("-received_at").values_list("received_at", flat=True).first(),
    ]
    last = max((at for at in newest if at is not None), default=None)
    if last is None:
        return Found()
    hours = worked(rule.workspace, last) // timedelta(hours=1)
    if hours < rule.threshold:
        return Found()
    said = "Nothing came by webhook or by poll. Submit one of your forms, and see whether it shows up under Webhooks."
    return Found([Finding(f"No submission for {hours} working hours", said, number=hours)])


def waiting_drafts(rule: AlertRule) -> Found:
    ready = Draft.objects.filter(workspace=rule.workspace_id, status=Draft.Status.READY)
    number = overdue(rule.workspace, list(oldest(ready, "created_at")), timedelta(hours=rule.threshold))
    if not number:
        return Found()
    said = f"Ready and not reviewed for {hours_of(rule.threshold)}."
    title = f"{number} draft{'s' if number > 1 else ''} wait{'' if number > 1 else 's'} for review"
    return Found([Finding(title, said, number=number)])


def slow_leads(rule: AlertRule) -> Found:
    """Runs on their way that are over their target. Those that are dead or wait for an account have their own rule."""
    on_their_way = WorkflowRun.objects.filter(workspace=rule.workspace_id, state__in=WorkflowRun.CLAIMABLE).exclude(
        error_kind=ConnectionBroken.__name__
    )
    minutes = rule.workspace.target_minutes
    came = list(oldest(on_their_way, "submission__received_at"))
    number = overdue(rule.workspace, came, timedelta(minutes=minutes))
    if number < rule.threshold:
        return Found()
    said = f"The target is {minutes} minute{'s' if minutes > 1 else ''} in working hours, from the form to the draft."
    title = f"{number} lead{'s have' if number > 1 else ' has'} no draft in time"
    return Found([Finding(title, said, number=number)])


def budget(rule: AlertRule) -> Found:
    if rule.workspace.writer != Workspace.Writer.MODEL or not model_account.statement(rule.workspace).is_used_up:
        return Found()
    said = "Templates write the drafts until the month is over, or until the budget is raised."
    return Found([Finding(f"The model’s budget of {rule.workspace} is used up", said)])


def oldest(rows: QuerySet[Draft] | QuerySet[WorkflowRun], moment: str) -> QuerySet[Draft, datetime]:
    return rows.order_by(moment).values_list(moment, flat=True)[:MOST]  # type: ignore[return-value]


def overdue(workspace: Workspace, moments: Sequence[datetime], allowed: timedelta) -> int:
    """How many of these moments, oldest first, lie further back than so much working time."""
    return bisect_left(moments, x=True, key=lambda at: worked(workspace, at) <= allowed)


def worked(workspace: Workspace, since: datetime) -> timedelta:
    now = timezone.now()
    return week_of(workspace).between(max(since, now - FURTHEST), now)


def hours_of(number: int) -> str:
    return f"{number} working hour{'s' if number > 1 else ''}"
