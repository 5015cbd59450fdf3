"""History of any size, written quickly: deliveries, runs and everything they left, drafts and their reviews."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.db.models import Model

from leads import codec, intake
from leads.history import cast, rows, simulation, week
from leads.history.accounts import Clock
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
from leads.payloads import Arrived, Unparseable, parse
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
AGENT = "HubSpot Connect 2.0 (http://dev.hubspot.com/) (namespace: webhooks-nio-http-client)"


def write(workspace: Workspace, number: int, now: datetime) -> bool:
    """Give `workspace` about so many runs of the past, unless it has been given a history before."""
    if Event.objects.filter(workspace=workspace, kind=MARK).exists():
        return False
    with transaction.atomic():
        prepare(workspace)
        times = -(-number // MOST)
        Past(workspace, -(-number // times), now).write(times)
        Event.objects.create(kind=MARK, workspace=workspace, facts={"runs": number})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the first pages are planned for empty tables
    return True


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
        self.forms = {(workspace.pk, form.form_id): form for form in workspace.forms.all()}
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
        delivery, arrived, form = self.delivered(asked, at)
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
        delivery.items = [{"verdict": Verdict.ACCEPTED, "reason": "", "run": run.pk}]
        self.deliveries += [delivery, *self.others(delivery, submission, run)]
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

    def delivered(self, asked: cast.Enquiry, at: datetime) -> tuple[Delivery, Arrived, AllowedForm]:
        """A signed request with this enquiry; some are in HubSpot's older format."""
        sent = int((at - timedelta(seconds=self.dice.uniform(0.8, 6))).timestamp() * 1000)
        is_old = self.dice.random() < 0.12
        payload = cast.form_submission(asked, str(self.uuid()), sent)
        body = json.dumps(cast.older(payload) if is_old else payload).encode()
        arrived = parse(body, at)[0]
        if not isinstance(arrived, Arrived):
            raise arrived
        delivery = self.delivery(body, at, Verdict.ACCEPTED, is_old=is_old)
        return delivery, arrived, self.forms[self.workspace.pk, arrived.form_id]

    def delivery(self, body: bytes, at: datetime, verdict: str, reason: str = "", *, is_old: bool = False) -> Delivery:
        version = {"X-HubSpot-Signature-Version": "v2"}
        if not is_old:
            version = {"X-HubSpot-Request-Timestamp": str(int(at.timestamp() * 1000) - self.dice.randint(40, 400))}
        return Delivery(
            workspace=self.workspace,
            received_at=at,
            signature="v2" if is_old else "v3",
            headers={"Content-Type": "application/json", "User-Agent": AGENT, **version},
            body=body,
            verdict=verdict,
            reason=reason[:300],
            items=[],
        )

    def others(self, before: Delivery, submission: Submission, run: WorkflowRun) -> Iterator[Delivery]:
        """What came beside the enquiries: some of them again, forms that nobody allowed, and what can't be read."""
        at = before.received_at + timedelta(seconds=self.dice.uniform(20, 400))
        if at > self.now:
            return
        if self.dice.random() < 0.05:
            reason = f"submission {submission.pk} came before"
            again = self.delivery(bytes(before.body), at, Verdict.DUPLICATE, reason, is_old=before.signature == "v2")
            again.items = [{"verdict": Verdict.DUPLICATE, "reason": reason, "run": run.pk}]
            yield again
        if self.dice.random() < 0.07:
            yield self.ignored(at)
        if self.dice.random() < 0.008:
            body = bytes(before.body)[: self.dice.randint(20, 200)]
            try:
                parse(body, at)
            except Unparseable as error:
                yield self.delivery(body, at, Verdict.REFUSED, str(error))

    def ignored(self, at: datetime) -> Delivery:
        form_id = cast.WEBINAR if self.dice.random() < 0.8 else cast.OLD
        asked = cast.Enquiry(self.cast.prospect(), form_id, "")
        body = json.dumps(cast.form_submission(asked, str(self.uuid()), int(at.timestamp() * 1000))).encode()
        item, _, _ = intake.judge(parse(body, at)[0], [self.workspace], self.forms)
        delivery = self.delivery(body, at, item.verdict, item.reason)
        delivery.items = [{"verdict": item.verdict, "reason": item.reason, "run": None}]
        return delivery

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
        if at > self.now or (not draft.is_sound and self.dice.random() < 0.3):
            return
        is_good = draft.is_sound and self.dice.random() < 0.86
        draft.status = Draft.Status.APPROVED if is_good else Draft.Status.REJECTED
        draft.rejected_because = "" if is_good else self.dice.choice(REJECTIONS if draft.is_sound else UNSOUND)
        draft.reviewed_by, draft.reviewed_at = self.dice.choice(self.reviewers), at

    def returning(self) -> cast.Prospect | None:
        """Now and then somebody who wrote before."""
        if self.recent and self.dice.random() < 0.06:
            return self.dice.choice(self.recent)
        return None

    def uuid(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)


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
