"""Roles: groups with the permissions that go with a job. `migrate` makes them, and completes them when they grow."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

OPERATOR, REVIEWER, MANAGER = "Operator", "Reviewer", "Manager"
ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    OPERATOR: (
        "retries, restarts, cancels and overrides runs, releases what was withheld, replays webhooks, corrects forms, "
        "deals with errors, alerts and discrepancies, answers older forms",
        (
            "retry_run",
            "restart_run",
            "release_run",
            "override_run",
            "change_submission",
            "cancel_run",
            "replay_delivery",
            "run_backfill",
            "triage_errorgroup",
            "acknowledge_alert",
            "switch_breaker",
            "repair_discrepancy",
        ),
    ),
    REVIEWER: ("approves, edits and rejects drafts", ("review_draft", "change_draft")),
    MANAGER: (
        "changes settings and connections, turns DRAFT_ONLY off and on, gives people their roles",
        (
            "change_workspace",
            "add_allowedform",
            "change_allowedform",
            "add_answer",
            "change_answer",
            "delete_answer",
            "add_noticeaddress",
            "change_noticeaddress",
            "delete_noticeaddress",
            "change_alertrule",
            "add_connection",
            "change_connection",
            "switch_draft_only",
            "release_run",
            "manage_people",
            "export_event",
        ),
    ),
}
"""By name: what one with it does, and with which permissions. All of them may look at everything of ours."""


def takes(*permissions: str, what: str = "It") -> str:
    """Which role lets people do what takes all of these, as a sentence; empty where no role does."""
    names = {name.removeprefix("leads.") for name in permissions}
    names = {name for name in names if not name.startswith("view_")}
    roles = [role for role, (_text, codenames) in ROLES.items() if names <= {*codenames}]
    return f"{what} takes the role {' or '.join(roles)}." if roles else ""


def make_groups(**_: Any) -> None:
    """Make what is missing; what somebody added to a group stays."""
    ours = Permission.objects.filter(content_type__app_label="leads")
    for name, (_text, codenames) in ROLES.items():
        group = Group.objects.get_or_create(name=name)[0]
        group.permissions.add(*ours.filter(Q(codename__startswith="view_") | Q(codename__in=codenames)))
