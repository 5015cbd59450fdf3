"""What the page of the connections shows: each account, what is entered, and what its last test found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from leads import budgets, checkups, connecting, connections, credentials
from leads.budgets import InUse
from leads.checkups import Line
from leads.following.standing import Followed, followed
from leads.models import Checkup, Connection, Workspace

Service = Connection.Service
LABELS = {
    "access_token": "Access token",
    "client_secret": "Client secret",
    "credentials": "Credentials",
    "subject": "Acts for",
}
NEEDED = {Service.HUBSPOT: "access_token", Service.GOOGLE: "credentials"}


@dataclass(frozen=True, slots=True)
class Card:
    """One account. `tone` colours `verdict`; `secrets` has (label, state) and never a secret."""

    service: str
    title: str
    verdict: str
    tone: str
    secrets: list[tuple[str, str]]
    is_entered: bool
    is_set: bool
    is_lost: bool
    checkup: Checkup | None
    lines: list[Line]
    limits: list[InUse]
    followed: Followed | None = None

    @property
    def wrong(self) -> list[Line]:
        return [line for line in self.lines if line.tone != checkups.GOOD]

    @property
    def fine(self) -> list[Line]:
        return [line for line in self.lines if line.tone == checkups.GOOD]


def cards(workspace: Workspace) -> list[Card]:
    """HubSpot, then Google. Five queries."""
    entered = {row.service: row for row in Connection.objects.filter(workspace=workspace)}
    tested = checkups.known(workspace)
    limits: dict[str, list[InUse]] = defaultdict(list)
    for one in budgets.in_use(workspace.pk):
        limits[connections.ACCOUNT_OF[one.meter.service]].append(one)
    found = (card(workspace, one, entered.get(one), tested.get(one), limits[one]) for one in Service)
    google, watched = Service.GOOGLE, followed(workspace)
    return [replace(one, followed=watched) if one.service == google and one.is_set else one for one in found]


def card(
    workspace: Workspace,
    service: Service,
    entered: Connection | None,
    tested: tuple[Checkup, list[Line]] | None,
    limits: list[InUse],
) -> Card:
    states = {name: connecting.secret_state(workspace, entered, name) for name in connecting.SECRETS[service]}
    is_set = states[NEEDED[service]] != connecting.NOT_SET
    if states.get("subject") == connecting.NOT_SET and workspace.sender_email:
        states["subject"] = f"{workspace.sender_email}, the sender"
    is_lost = entered is not None and is_sealed_with_another_key(entered)
    checkup, lines = tested or (None, [])
    verdict, tone = judge(entered, checkup, is_set=is_set, is_lost=is_lost)
    is_entered = entered is not None and bool(entered.sealed)
    return Card(
        service.value,
        service.label,
        verdict,
        tone,
        [(LABELS[name], state) for name, state in states.items()],
        is_entered,
        is_set,
        is_lost,
        checkup,
        lines,
        limits,
    )


def judge(entered: Connection | None, checkup: Checkup | None, *, is_set: bool, is_lost: bool) -> tuple[str, str]:
    if is_lost:
        return "Key lost", "bad"
    if not is_set:
        return "Not connected", ""
    if entered is not None and entered.state == Connection.State.BROKEN:
        return "Broken", "bad"
    if checkup is None:
        return "Not tested", "warn"
    if entered is not None and entered.sealed and entered.changed_at > checkup.at:
        return "Changed since it was tested", "warn"
    return ("Works", "good") if checkup.passed else ("Something is missing", "bad")


def is_sealed_with_another_key(entered: Connection) -> bool:
    try:
        credentials.unseal(entered)
    except credentials.KeyLost:
        return True
    return False
