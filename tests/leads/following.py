"""A draft in Gmail that is followed, by a test that decides when the mailbox is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now

from leads import drafts, editing
from leads.following import follower
from leads.models import Draft, MailboxWatch, Workspace
from tests.leads.driving import drive_to_the_end, take_in
from tests.leads.test_drafts import wording_of

Make = Callable[..., dict[str, Any]]


def drafted(payload: dict[str, Any], workspace: Workspace) -> Draft:
    """A draft in Gmail whose mailbox has been looked at once."""
    draft = Draft.objects.get(run=drive_to_the_end(take_in(payload, workspace)))
    look()
    return draft


def look(times: int = 1) -> MailboxWatch:
    """As many looks, without the waiting between them; the last watch that was held."""
    for _ in range(times):
        MailboxWatch.objects.update(due_at=Now())
        while held := follower.claim():
            follower.look(held)
    return MailboxWatch.objects.order_by("-looked_at")[0]


def compare() -> MailboxWatch:
    """A look at everything, whatever the history says."""
    MailboxWatch.objects.update(reconcile_at=Now())
    return look()


def now(draft: Draft) -> Draft:
    return Draft.objects.select_related("workspace", "run").get(pk=draft.pk)


def approve(draft: Draft, by: User) -> Draft:
    draft = now(draft)
    drafts.approve(draft, version=draft.version, by=by)
    return now(draft)


def edit_here(draft: Draft, by: User, **changes: Any) -> Draft:
    draft = now(draft)
    wording, dossier = wording_of(draft)
    editing.save(draft, replace(wording, **changes), dossier, version=draft.version, by=by)
    return now(draft)
