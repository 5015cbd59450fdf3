"""How the following of a mailbox is doing, for the card of its connection. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leads.following import follower
from leads.models import MailboxWatch, Workspace

ADVICE = {
    "AuthFailed": "Google refuses the credentials. Connect it again here.",
    "ConnectionBroken": "Google refuses the credentials. Connect it again here.",
    "KeyLost": "The credentials were stored with a key that is lost. Connect Google again here.",
    "NotConfigured": "There are no credentials that can be used. Connect Google here.",
    "PermissionDenied": "The credentials may not read the mailbox. Test the connection: it names the scope.",
    "Misconfigured": "Google has to be set up for it first. What it says is below.",
    "RateLimited": "Google asked for time. It goes on by itself.",
    "Transient": "Google did not answer as it should. It goes on by itself.",
    "BudgetSpent": "The calls that may be made to Gmail are used up for now. It goes on by itself.",
    "CircuitOpen": "Gmail failed too often and is left alone for a while. It goes on by itself.",
}
OTHERWISE = "It is tried again by itself. If it stays so, the worker's log says more."


@dataclass(frozen=True, slots=True)
class Followed:
    """When Gmail last answered, when all was compared, and what is wrong. `is_resting`: no draft of ours is there."""

    is_on: bool
    is_resting: bool = False
    looked_at: datetime | None = None
    reconciled_at: datetime | None = None
    failing_since: datetime | None = None
    advice: str = ""
    error: str = ""


def followed(workspace: Workspace) -> Followed:
    """One query."""
    watch = MailboxWatch.objects.filter(pk=workspace.pk).first()
    if not follower.is_on() or watch is None:
        return Followed(is_on=follower.is_on() and bool(workspace.sender_email))
    return Followed(
        is_on=True,
        # Its history is forgotten where nothing is followed, and is read from somewhere once Gmail has answered.
        is_resting=not watch.point and watch.failing_since is None,
        looked_at=watch.looked_at,
        reconciled_at=watch.reconciled_at,
        failing_since=watch.failing_since,
        advice=ADVICE.get(watch.error_kind, OTHERWISE) if watch.failing_since else "",
        error=watch.error,
    )
