"""History of any size, written quickly: deliveries, runs and everything they left, drafts and their reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.db.models import Model

from leads import codec, intake, problems
from leads.causes import Cause
from leads.history import cast, rows, simulation, week
from leads.history.accounts import Clock
from leads.history.post import Post
from leads.history.simulation import Memory
from leads.models import (
    AllowedForm,
    Delivery,
    Draft,
    Event,
    Lead,
    Submission,
    WorkflowRun,
    Workspace,
)
from leads.profiles import profile_of

Verdict = Delivery.Verdict
MARK = "history_written"
MOST = 500  # runs that are composed; a longer history repeats them
REVIEWERS = ("nora", "ines")
REVIEWED_WITHIN = 5.0  # working hours, at most, mostly much less
REJECTIONS = (
    "Asks for something that we do not sell.",
    "The prospect is a customer already: support should answer.",
    "Too long for a two-line question.",
    "I know her; I write myself.",
    "A reseller of a competitor.",
    "The price does not fit a team of this size.",
)
UNSOUND = ("Not in the language of the prospect.", "A check failed, and I agree with it.")
UNREVIEWED = 20  # of the newest runs


def write(workspace: Workspace, number: int, now: datetime) -> bool:
    """Give `workspace` about so many runs of the past, unless it has been given a history before."""
    if Event.objects.filter(workspace=workspace, kind=MARK).exists():
        return False
    with transaction.atomic():
        prepare(workspace)
        times = -(-number // MOST)
        Past(workspace, -(-number // times), now).write(times)
        triage(workspace)
        Event.objects.create(kind=MARK, workspace=workspace, facts={"runs": number})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the first pages are planned for empty tables
    return True


def triage(workspace: Workspace) -> None:
    """What operators decided about the failures: some are over, one is noise, one is somebody's."""
    ines, jonas = (User.objects.get(username=name) for name in week.OPERATORS)
    met = Event.objects.filter(workspace=workspace, kind__in=["run_waits", "run_died"])
    seen = met.values_list("facts__error", "facts__step", "facts__service").order_by().distinct()
    for error, step, service in seen:
        cause = Cause(workspace.pk, error, step, service)
        match error, step:
            case ("ConnectionBroken", _) | ("Transient", "search_threads"):
                problems.resolve(cause, by=ines)
            case "Transient", "propose_slots":
                problems.mute(cause, until=None, by=jonas)
            case "PermissionDenied", "create_draft":
                problems.assign(cause, to=jonas, by=ines)


def prepare(workspace: Workspace) -> None:
    """The forms and people that history tells of."""
    for form_id, name in cast.MORE_FORMS.items():
        AllowedForm.objects.get_or_create(
            workspace=workspace, form_id=form_id, defaults={"name": name, "enabled": form_id != cast.OLD}
        )
    for name, first, last, group in PEOPLE:
        user, is_new = User.objects.get_or_create(
            username=name, defaults={"first_name": first, "last_name": last, "is_staff": True}
        )
        if is_new:
            user.set_unusable_password()
            user.save()
            user.groups.set(Group.objects.filter(name__in=group))


PEOPLE = (
    ("nora", "Nora", "Winther", ("Reviewer",)),
    ("ines", "Inês", "Carvalho", ("Operator", "Reviewer")),
    ("jonas", "Jonas", "Bech", ("Operator",)),
)


class Past:
    """Draws everything from the same dice, so that two histories of one size are alike."""

    def __init__(self, workspace: Workspace, number: int, now: datetime) -> None:
        self.workspace = workspace
        self.now = now
        self.dice = Random(number)  # noqa: S311  repeatable, not secret
        self.cast = cast.Cast(self.dice)
        self.times = week.arrivals(now, number, self.dice)
        self.week = week.Week(self.times, self.dice)
        self.profile = profile_of(workspace)
        forms = {(workspace.pk, form.form_id): form for form in workspace.forms.all()}
        self.post = Post(workspace, forms, self.cast, now)
        self.reviewers = list(User.objects.filter(username__in=REVIEWERS).order_by("pk"))
        self.recent: list[cast.Prospect] = []
        self.deliveries: list[Delivery] = []
        self.leads: dict[str, Lead] = {}
        for email in Lead.objects.filter(workspace=workspace).values_list("email", flat=True):
            self.cast.seen[email] = 1  # history brings people of its own

    def write(self, times: int) -> None:
        memories = [self.arrival(place, at) for place, at in enumerate(self.times)]
        keep(sorted(self.deliveries, key=lambda row: row.received_at), list(self.leads.values()), memories, times)

    def arrival(self, place: int, at: datetime) -> Memory:
        """One form that was filled in, and all that came of it."""
        asked = self.cast.enquiry(self.returning())
        self.recent = [*self.recent[-150:], asked.who]
        delivery, arrived, form = self.post.accepted(asked, at)
        lead = self.lead_of(asked.who.email, at)
        submitted = replace(arrived.submitted, form_name=form.name)
        submission = Submission(
            pk=place + 1,
            workspace=self.workspace,
            dedupe_key=arrived.dedupe_key,
            source=arrived.source,
            delivery=delivery,
            form=form,
            lead=lead,
            payload=codec.builtins(submitted),
            received_at=at,
        )
        run = WorkflowRun(
            pk=place + 1, workspace=self.workspace, submission=submission, lead=lead, created_at=at, due_at=at
        )
        delivery.items = [intake.Item(Verdict.ACCEPTED, run=run.pk, form=form.form_id).noted()]
        self.deliveries += [delivery, *self.post.others(delivery, submission, run)]
        clock = Clock(self.now, self.dice)
        memory = simulation.live(
            run,
            submitted,
            self.profile,
            clock,
            self.week.troubles(place, asked.who.email, clock),
            lambda so_far: self.week.desk(so_far, place),
        )
        memory.events.insert(
            0, Event(at=at, kind="run_accepted", workspace=self.workspace, run=run, facts={"submission": submission.pk})
        )
        for column, value in memory.said.items():
            setattr(lead, column, value)
        if memory.draft_row is not None:
            self.review(memory, memory.draft_row)
        return memory

    def lead_of(self, email: str, at: datetime) -> Lead:
        if email not in self.leads:
            self.leads[email] = Lead(pk=len(self.leads) + 1, workspace=self.workspace, email=email, created_at=at)
        return self.leads[email]

    def review(self, memory: Memory, draft: Draft) -> None:
        """Most drafts are reviewed within the hour, many once somebody is in the office; the newest still wait."""
        if memory.run.drafted_at is None or memory.run.pk > len(self.times) - UNREVIEWED:
            return
        waited = min(self.dice.lognormvariate(2.7, 1.0), 60 * REVIEWED_WITHIN)
        at = memory.run.drafted_at + timedelta(minutes=waited)
        if self.dice.random() < 0.6:
            at = week.in_office(at, self.dice)
        if at > self.now:
            return
        is_good = draft.is_sound and self.dice.random() < 0.86
        draft.status = Draft.Status.APPROVED if is_good else Draft.Status.REJECTED
        draft.rejected_because = "" if is_good else self.dice.choice(REJECTIONS if draft.is_sound else UNSOUND)
        draft.version = 2
        draft.reviewed_by, draft.reviewed_at = self.dice.choice(self.reviewers), at

    def returning(self) -> cast.Prospect | None:
        """Now and then somebody who wrote before."""
        if self.recent and self.dice.random() < 0.06:
            return self.dice.choice(self.recent)
        return None


def keep(deliveries: Sequence[Delivery], leads: Sequence[Lead], memories: Sequence[Memory], times: int) -> None:
    """Write it all in the order of its time, `times` over."""
    drafts = sorted((memory.draft_row for memory in memories if memory.draft_row), key=lambda row: row.created_at)
    events = [event for memory in memories for event in memory.events]
    rows.number(drafts)
    events += [reviewed(draft, draft.reviewed_at) for draft in drafts if draft.reviewed_at]
    calls = sorted((call for memory in memories for call in memory.calls), key=lambda row: row.at)
    events.sort(key=lambda row: row.at)
    everything: tuple[Sequence[Model], ...] = (
        deliveries,
        leads,
        [memory.run.submission for memory in memories],
        [memory.run for memory in memories],
        [step for memory in memories for step in memory.steps.values()],
        [effect for memory in memories for effect in memory.effect_rows()],
        drafts,
        calls,
        events,
    )
    for kept in everything:
        rows.number(kept)
        rows.stage(kept)
    rows.publish({type(kept[0]): len(kept) for kept in everything if kept}, times)


def reviewed(draft: Draft, at: datetime) -> Event:
    """What the audit has of a review, as `leads.drafts` leaves it."""
    return Event(
        at=at,
        kind=f"draft_{draft.status}",
        workspace_id=draft.workspace_id,
        run_id=draft.run_id,
        actor=draft.reviewed_by.get_username() if draft.reviewed_by else "",
        facts={"draft": draft.pk},
    )
