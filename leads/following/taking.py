"""Takes over what a look at the mailbox found, within a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterable

from leads import connections
from leads.following import answers, departures, edits
from leads.following.findings import Edited, Finding, Heard, Left, SavedAgain
from leads.models import Workspace


def take(workspace: Workspace, findings: Iterable[Finding]) -> bool:
    """False if somebody was about to change one of the drafts: then it is to be looked at again.

    Each is taken once: a draft that is no longer as it was found is left alone, and so is a message that is known.
    """
    ordered = sorted(findings, key=lambda one: (one.draft, isinstance(one, Heard)))
    if not ordered:
        return True
    # Race: who closes a switch holds the workspace's row before it gives drafts back; so does this, in the same order.
    connections.hold(workspace).exists()
    taken = [take_one(one) for one in ordered]
    return all(taken)


def take_one(found: Finding) -> bool:
    match found:
        case Edited():
            return edits.take_over(found)
        case SavedAgain():
            return edits.follow(found)
        case Left():
            return departures.take_over(found)
        case _:
            answers.take_over(found)
            return True
