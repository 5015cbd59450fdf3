"""What every page of the admin shows: the name, and whether DRAFT_ONLY holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest

from leads.models import Workspace

NAMED = 3  # workspaces that the banner names


@dataclass(frozen=True, slots=True)
class Mode:
    """The banner: whether DRAFT_ONLY holds everywhere, and a sentence on it."""

    is_draft_only: bool
    text: str


def mode() -> Mode:
    """What DRAFT_ONLY says now; asks the database only where the deployment allows more than drafts."""
    if settings.WORKFLOW_MODE != "SEND":
        return Mode(
            is_draft_only=True,
            text="This deployment is DRAFT_ONLY: nothing is written outside but drafts in the rep's own mailbox.",
        )
    sending = list(
        Workspace.objects.filter(draft_only=False).order_by("name").values_list("name", flat=True)[: NAMED + 1]
    )
    if not sending:
        return Mode(
            is_draft_only=True,
            text="DRAFT_ONLY is on: nothing is written outside but drafts in the rep's own mailbox.",
        )
    more = " and others" if len(sending) > NAMED else ""
    return Mode(
        is_draft_only=False,
        text=f"DRAFT_ONLY is off for {', '.join(sending[:NAMED])}{more}: what runs plan is written outside.",
    )


def dress(site: AdminSite) -> None:
    """Name the site, and put the mode into the context of every page of people who are logged in."""
    site.site_header = site.site_title = "Sales Agent"
    site.index_title = "Operations"
    site.site_url = None
    site.enable_nav_sidebar = False  # the list of runs needs the width
    plain = site.each_context

    def each_context(request: HttpRequest) -> dict[str, Any]:
        context = plain(request)
        return {**context, "mode": mode()} if context["has_permission"] else dict(context)

    site.each_context = each_context  # type: ignore[method-assign]
