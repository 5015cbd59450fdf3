"""Which drafts are followed: those that may still go out, and those that went out not long ago."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from leads.models import Draft, Event, MailboxUpdate, Workspace

Status = Draft.Status
Mailbox = MailboxUpdate.State

RECENT = timedelta(days=30)  # in which answers are expected
LATELY = timedelta(days=3)  # in which most of them come
UNDO = timedelta(minutes=2)  # Gmail's own undo: a mail is neither draft nor sent for as long
OPEN = (Status.READY, Status.APPROVED, Status.SCHEDULED)
UNDER_WAY = (Status.SENDING, Status.UNCERTAIN)


def open_drafts(workspace: Workspace) -> QuerySet[Draft]:
    """Those in the mailbox that a person may still edit, send or delete there."""
    return Draft.objects.filter(workspace=workspace, status__in=OPEN).exclude(gmail_draft_id="")


def awaiting(workspace: Workspace) -> QuerySet[Draft]:
    """Those whose prospect is listened for."""
    now = Q(status__in=[*OPEN, *UNDER_WAY]) | Q(sent_at__gt=timezone.now() - RECENT)
    return Draft.objects.filter(now, workspace=workspace)


def to(workspace: Workspace, people: Collection[str]) -> QuerySet[Draft]:
    """Those of them to any of these addresses."""
    lower = [one.strip().lower() for one in people]
    return awaiting(workspace).annotate(address=Lower("recipient")).filter(address__in=lower)


def in_threads(workspace: Workspace, threads: Collection[str]) -> dict[str, list[Draft]]:
    """Those of them in these threads, and those that have just been found gone."""
    known: dict[str, list[Draft]] = {}
    wanted = {one for one in threads if one}
    for draft in (awaiting(workspace) | deleted(workspace)).filter(gmail_thread_id__in=wanted).select_related("run"):
        known.setdefault(draft.gmail_thread_id, []).append(draft)
    return known


def deleted(workspace: Workspace) -> QuerySet[Draft]:
    """Those that seemed to be deleted a moment ago, while Gmail may have been sending them."""
    found = Event.objects.filter(workspace=workspace, kind="draft_deleted_by_hand", at__gt=timezone.now() - UNDO)
    return Draft.objects.filter(workspace=workspace, status=Status.DELETED, run__in=found.values("run"))


def doubtful(workspace: Workspace) -> QuerySet[Draft]:
    """Those that `leads.engine.mailbox` found to be edited or gone, and left so."""
    return open_drafts(workspace).filter(mailbox__state__in=[Mailbox.EDITED, Mailbox.GONE])


def is_busy(workspace: Workspace) -> bool:
    """Whether something is on its way out, or went out lately."""
    lately = Q(sent_at__gt=timezone.now() - LATELY)
    going = Q(status__in=[Status.SCHEDULED, Status.SENDING, Status.UNCERTAIN])
    drafts = Draft.objects.filter(workspace=workspace)
    return drafts.filter(going).exists() or drafts.filter(lately).exists()
