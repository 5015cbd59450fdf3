"""Drafts that are sent without a reviewer: what a form must earn by its record, and a person must switch on.

The record is read again for each draft. Where it has fallen below, the form stops by itself, and drafts wait for
review as before. All that must hold at the instant of sending (`leads/conditions.py`) is asked of these drafts too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time
from operator import itemgetter

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from leads import audit, codec, offers, restores, seals, sending, workspaces
from leads.facts import Submitted
from leads.models import AllowedForm, Draft, DraftRevision, Event, Sending, WorkflowRun, Workspace
from leads.models.draft import DECIDED, GOOD
from leads.readable import zone_named
from leads.workspaces import NotPossible

NEEDED = 50  # drafts that people decided on
SHARE = 95  # per cent of them that were approved as they were written
LOOKED_AT = 100  # the newest ones
STOPPED = "auto_send_stopped"
SWITCHED_OFF = "Sending by itself was turned off before it was sent."
STOPS = 100  # newest events that are looked through
Status = Draft.Status

# What a person decided on, or a mail server; nobody's own verdict vouches for itself. One that was taken back is none.
JUDGED = DECIDED & (Q(reviewed_at__isnull=False) | Q(status=Status.BY_HAND) | Q(bounced_at__isnull=False))


@dataclass(frozen=True, slots=True)
class Record:
    """How many of a form's newest drafts people decided on, and how many of those they approved as they were."""

    reviewed: int
    unedited: int

    @property
    def share(self) -> int:
        """Per cent, rounded down."""
        return self.unedited * 100 // self.reviewed if self.reviewed else 0

    @property
    def why_not(self) -> str:
        """What is missing, as a sentence; nothing where it is good enough."""
        if self.reviewed < NEEDED:
            return f"{self.reviewed} of {NEEDED} reviewed drafts so far."
        if self.unedited * 100 < self.reviewed * SHARE:
            return f"{self.share} % of the newest {self.reviewed} were approved unedited; it takes {SHARE} %."
        return ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A form, its record, and when it last stopped by itself."""

    form: AllowedForm
    record: Record
    stopped_at: datetime | None


def record_of(form: AllowedForm) -> Record:
    """An edit that was put back was one; what was thrown away in Gmail, or bounced, speaks against it. Two queries."""
    drafts = Draft.objects.filter(workspace=form.workspace_id, run__submission__form=form).order_by("-created_at")
    edited = Exists(DraftRevision.objects.filter(draft=OuterRef("pk")))
    rows = drafts.annotate(edited=edited).values_list("created_at", "status", "kept", "edited", "bounced_at")
    judged = [*rows.filter(JUDGED)[:LOOKED_AT], *rows.filter(status=Status.DELETED)[:LOOKED_AT]]
    judged = sorted(judged, key=itemgetter(0))[-LOOKED_AT:]
    return Record(
        reviewed=len(judged),
        unedited=sum(
            status in GOOD and kept == 1.0 and not edited and bounced_at is None
            for _, status, kept, edited, bounced_at in judged
        ),
    )


def standings(workspace: Workspace) -> list[Standing]:
    """Of each form that is answered."""
    stops: dict[int, datetime] = {}
    events = Event.objects.filter(kind=STOPPED, workspace=workspace).order_by("-pk")[:STOPS]
    for event in events:
        stops.setdefault(event.facts.get("form", 0), event.at)
    forms = AllowedForm.objects.filter(workspace=workspace, enabled=True).order_by("name", "pk")
    return [Standing(form, record_of(form), stops.get(form.pk)) for form in forms]


def switch(form: AllowedForm, *, on: bool, reason: str, actor: str) -> bool:
    """Let a form send by itself, or not any more; whether anything changed. What it has scheduled goes to review."""
    # Race: what is being sent at this moment; it arrives before the switch is off.
    with transaction.atomic():
        if on and (why_not := record_of(form).why_not):
            raise NotPossible(f"“{form}” has not earned it. {why_not}")
        if not on:
            sending.wait_for_passing(form.workspace_id)
        changed = workspaces.change_form(form, {"auto_send": on}, actor=actor, reason=reason)
        if changed and not on:
            call_off(form, actor=actor)
    return changed


def call_off(form: AllowedForm, *, actor: str) -> None:
    """Put what the form has scheduled by itself into review."""
    by_itself = Q(run__submission__form=form, sending__isnull=False, sending__approved_by=None, reviewed_at=None)
    for draft in Draft.objects.filter(by_itself, status=Status.SCHEDULED).select_related("workspace", "run"):
        sending.give_back(draft, SWITCHED_OFF, cause="auto_send", status=[Status.SCHEDULED], actor=actor)


def stop(form: AllowedForm, record: Record) -> None:
    """The record has fallen below: from now on people review again, until one of them switches it on."""
    if workspaces.change_form(form, {"auto_send": False}, actor=""):
        audit.record(STOPPED, form.workspace, actor="", form=form.pk, **asdict(record))
        call_off(form, actor="")


def approve(run: WorkflowRun) -> bool:
    """Approve and schedule the run's draft, if its form may; within the transaction that finds it in the mailbox."""
    form = AllowedForm.objects.filter(submissions=run.submission_id, enabled=True, auto_send=True).first()
    if form is None or run.again_of_id:
        return False  # of one that a person started again, a person also sees the draft
    if restores.looks_first(run, codec.decode(run.submission.payload, Submitted)):
        return False  # so they may have done, or rejected this draft, before the database was restored
    record = record_of(form)
    if record.why_not:
        stop(form, record)
        return False
    # Race: a reviewer who has it open already. Whoever gets the draft's row first decides.
    drafts = Draft.objects.select_for_update(of=("self",)).select_related("workspace", "run")
    draft = drafts.filter(run=run, status=Status.READY, is_sound=True).first()
    if draft is None or not is_fit(draft):
        return False
    times = offers.on_offer([draft.pk]).get(draft.pk, ())
    Draft.objects.filter(pk=draft.pk).update(
        status=Status.APPROVED, version=F("version") + 1, approved_as=seals.seal_of(draft, times)
    )
    audit.record("draft_approved_by_itself", draft.workspace, actor="", run=run, draft=draft.pk, **asdict(record))
    sending.schedule(draft, by=None)
    return True


def is_fit(draft: Draft) -> bool:
    """It lacks nothing, every check passed, soft ones too, no lock is closed, its times are good, the day has room."""
    if draft.lacks or not all(check.get("passed") for check in draft.checks) or sending.lock_over(draft):
        return False
    return not offers.is_late(draft, timezone.now()) and has_room(draft.workspace)


def has_room(workspace: Workspace) -> bool:
    """Whether the daily cap leaves room beside what was sent today and what is on its way."""
    now = timezone.now().astimezone(zone_named(workspace.timezone))
    midnight = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
    sent = Draft.objects.filter(workspace=workspace, sent_at__gte=midnight, status=Status.SENT)[: workspace.daily_cap]
    return sent.count() + Sending.objects.filter(workspace=workspace).count() < workspace.daily_cap
