"""The way round: the pages that the sidebar and the search offer, to those who may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from leads import drills


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its title, the theme's name of its icon, its URL name, what it takes to see it, its live badge."""

    title: str
    icon: str
    name: str
    permission: str
    badge: str = ""
    counted: str = ""
    """What the badge counts, in plural."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as one person sees it from where they are."""

    title: str
    icon: str
    address: str
    badge: str
    counted: str
    count: int
    is_current: bool


PLACES = {
    "Every day": (
        Place("Home", "space_dashboard", "index", ""),
        Place("Review", "rate_review", "review", "leads.view_draft", "review", "drafts to review"),
        Place("Outbox", "outbox", "outbox", "leads.view_draft", "outbox", "drafts on their way out"),
        Place("Leads", "group", "leads_lead_changelist", "leads.view_lead"),
    ),
    "Runs and health": (
        Place("Runs", "account_tree", "leads_workflowrun_changelist", "leads.view_workflowrun"),
        Place("Errors", "error", "errors", "leads.view_workflowrun", "errors", "dead letters"),
        Place("Alerts", "notifications_active", "alerts", "leads.view_alert", "alerts", "open alerts"),
        Place("Reconciliation", "fact_check", "reconciliation", "leads.view_discrepancy"),
        Place("Limits and circuits", "speed", "circuits", "leads.view_apicall"),
    ),
    "Look up": (
        Place("Webhooks", "webhook", "leads_delivery_changelist", "leads.view_delivery"),
        Place("API calls", "swap_horiz", "leads_apicall_changelist", "leads.view_apicall"),
        Place("Events", "history", "leads_event_changelist", "leads.view_event"),
    ),
    "Set up and try": (
        Place("Settings", "tune", "settings", "leads.view_workspace"),
        Place("People", "badge", "people", "leads.manage_people"),
        Place("Replay lab", "science", "replay", "leads.view_workflowrun"),
        Place("Drills", "sports", "drills", "leads.view_workflowrun"),
    ),
}


def navigation(request: HttpRequest, counts: Mapping[str, int] | None = None) -> list[tuple[str, list[Entry]]]:
    """The groups of places that this person may see, the current one marked."""
    groups = []
    for title, places in PLACES.items():
        entries = [entry for place in places if (entry := seen(place, request, counts or {}))]
        if entries:
            groups.append((title, entries))
    return groups


def seen(place: Place, request: HttpRequest, counts: Mapping[str, int]) -> Entry | None:
    if place.permission and not request.user.has_perm(place.permission):
        return None
    if place.name == "drills" and not drills.are_possible():
        return None
    try:
        address = reverse(f"admin:{place.name}")
    except NoReverseMatch:
        return None
    count = counts.get(place.badge, 0)
    is_current = is_at(request.path, place, address)
    return Entry(place.title, place.icon, address, place.badge, place.counted, count, is_current)


def is_at(path: str, place: Place, address: str) -> bool:
    """Whether a page is the place, or below it. Some pages of the settings have addresses of their own."""
    if path.startswith(reverse("admin:settings")):
        return place.name == ("people" if path.endswith("/people/") else "settings")
    if path.startswith((reverse("admin:notifications"), reverse("admin:leads_workspace_changelist"))):
        return place.name == "settings"
    return path == address if place.name == "index" else path.startswith(address)
