"""Whether DRAFT_ONLY holds, for the banner and the chip that every page shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from leads.console.live import Viewer, region
from leads.models import Workspace

NAMED = 3  # workspaces that are named
ONLY = "nothing goes outside but drafts in the rep's own mailbox, and messages to your team."


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether DRAFT_ONLY holds everywhere, a heading and a sentence on it, and whether the deployment locks it."""

    is_draft_only: bool
    is_locked: bool
    heading: str
    text: str


def mode() -> Mode:
    """What DRAFT_ONLY says now; asks the database only where the deployment allows more than drafts."""
    if settings.WORKFLOW_MODE != "SEND":
        return Mode(
            is_draft_only=True,
            is_locked=True,
            heading="Drafts only, locked by the deployment",
            text=f"This deployment is DRAFT_ONLY: {ONLY}",
        )
    sending = list(
        Workspace.objects.filter(draft_only=False).order_by("name").values_list("name", flat=True)[: NAMED + 1]
    )
    if not sending:
        return Mode(
            is_draft_only=True,
            is_locked=False,
            heading="Drafts only",
            text=f"DRAFT_ONLY is on: {ONLY}",
        )
    more = " and others" if len(sending) > NAMED else ""
    return Mode(
        is_draft_only=False,
        is_locked=False,
        heading="Live",
        text=f"DRAFT_ONLY is off for {', '.join(sending[:NAMED])}{more}: what is approved is sent, "
        "and what runs plan is written outside.",
    )


@region("mode", "")
def chip(_viewer: Viewer, _argument: str) -> str:
    """The chip in the header of every page: a switch that somebody else turns shows on all of them."""
    return render_to_string("admin/leads/_mode.html", {"mode": mode()})
