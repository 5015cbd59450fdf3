"""Sending all drafts that were approved while DRAFT_ONLY was on: first what would happen, then a piece at a time.

What is done to one is `drafts.send`. Taking many back at once is here, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils import timezone

from leads import drafts, offers, policy
from leads.bulk import Done
from leads.effects import SendDraft
from leads.models import Draft, Sending, Workspace

AT_ONCE = 500  # drafts that one order may take
CHUNK = 25  # of them, done in one request
Status = Draft.Status


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of what was approved: those that go, those whose times have passed, and what stays and why."""

    possible: list[Draft]
    late: int
    """Of those that go, how many will be stopped, since a time that they offer has passed or is too near."""
    refused: list[tuple[str, int]]
    is_capped: bool

    @property
    def count(self) -> int:
        return len(self.possible)


def plan(workspace: Workspace | None) -> Plan:
    """Of one workspace, or of all; the oldest approvals first. Two queries."""
    approved = Draft.objects.filter(status=Status.APPROVED, **({"workspace": workspace} if workspace else {}))
    related = ("workspace", "lead", "run__workspace", "run__submission__form")
    loaded = approved.select_related(*related).defer("body", "checks", "run__submission__payload")
    rows = list(loaded.order_by("reviewed_at", "pk")[: AT_ONCE + 1])
    locks = [(draft, policy.lock_over(SendDraft, draft.run)) for draft in rows[:AT_ONCE]]
    possible = [draft for draft, lock in locks if not lock]
    times, now = offers.on_offer([draft.pk for draft in possible]), timezone.now()
    late = sum(bool(offers.late(times.get(one.pk, ()), one.workspace.notice_hours, now)) for one in possible)
    refused = Counter(lock for _, lock in locks if lock)
    return Plan(possible, late, refused.most_common(), is_capped=len(rows) > AT_ONCE)


def send(chosen: Sequence[tuple[int, int]], *, by: User) -> Done:
    """Send a piece of them, each as the person saw it: (id, version). One that has changed since is refused."""
    versions = dict(chosen[:CHUNK])
    done, refused = 0, []
    for draft in Draft.objects.filter(pk__in=versions).select_related("workspace", "run").order_by("reviewed_at", "pk"):
        try:
            drafts.send(draft, version=versions[draft.pk], by=by)
        except drafts.NotPossible as refusal:
            refused.append(str(refusal))
        else:
            done += 1
    return Done(done, refused)


def undo_all(workspace: Workspace, *, by: User) -> Done:
    """Take back whatever of a workspace is scheduled, the soonest first. What is faster than this has left."""
    done, refused = 0, []
    scheduled = Sending.objects.filter(workspace=workspace, draft__status=Status.SCHEDULED).order_by("due_at")
    for sending in scheduled.select_related("draft__workspace", "draft__run")[:AT_ONCE]:
        try:
            drafts.reopen(sending.draft, version=sending.draft.version, by=by)
        except drafts.NotPossible as refusal:
            refused.append(str(refusal))
        else:
            done += 1
    return Done(done, refused)
