"""The first steps on an empty installation, ticked from the data. Reads only; see `leads.trial` for the fifth."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from connectors.errors import NotConfigured
from leads.credentials import KeyLost, secrets_of
from leads.models import AllowedForm, Draft, Submission, Workspace

_complete: set[int] = set()
"""Workspaces that are through with it, as this process knows."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, how to do it, and where."""

    title: str
    text: str
    address: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Guide:
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def guide() -> Guide | None:
    """What is left to do for the first workspace; None when nothing is. No query once that is known."""
    if _complete:
        return None
    workspace = Workspace.objects.order_by("pk").first()
    if workspace is None:
        return None
    found = Guide(tuple(steps(workspace)))
    if found.next is None:
        _complete.add(workspace.pk)
        return None
    return found


def forget() -> None:
    """Look again, in this process."""
    _complete.clear()


def steps(workspace: Workspace) -> list[Step]:
    """Six queries at most."""
    secrets = known_secrets(workspace)
    connections = reverse("admin:settings_tab", args=[workspace.slug, "connections"])
    reviewed = Draft.objects.filter(workspace=workspace, reviewed_at__isnull=False)
    return [
        Step(
            "Connect HubSpot",
            "Enter the access token and the client secret of a private app.",
            connections,
            bool(secrets.get("access_token") and secrets.get("client_secret")),
        ),
        Step(
            "Say whose drafts these are",
            "The rep's name and mailbox, and how a draft begins and ends.",
            reverse("admin:settings_tab", args=[workspace.slug, "voice"]),
            bool(workspace.sender_email),
        ),
        Step(
            "Connect Google",
            "The mailbox that drafts are made in, its calendar and its files.",
            connections,
            bool(secrets.get("credentials")),
        ),
        Step(
            "Allow a form",
            "Only forms on the list are answered. One that was filled in is offered there with one click.",
            reverse("admin:settings_tab", args=[workspace.slug, "forms"]),
            AllowedForm.objects.filter(workspace=workspace, enabled=True).exists(),
        ),
        Step(
            "Send a test lead",
            "A signed form with an address of yours, taken in as HubSpot's are. A real one that is accepted does too.",
            reverse("admin:test_lead"),
            # What a command brought says nothing of HubSpot's signature.
            Submission.objects.filter(workspace=workspace).exclude(source=Submission.Source.COMMAND).exists(),
        ),
        Step(
            "Review the first draft",
            "Read it, then approve or reject it. Nothing is sent by that.",
            reverse("admin:review"),
            reviewed.exists(),
        ),
    ]


def known_secrets(workspace: Workspace) -> dict[str, str]:
    try:
        return secrets_of(workspace)
    except (KeyLost, NotConfigured):
        return {}
