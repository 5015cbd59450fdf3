"""Drills, where the sandbox stands for all accounts: trouble switched on, to see how the product takes it.

`SANDBOX_URL` alone decides whether there are any; the settings refuse it beside real accounts and in production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from leads import audit, offers
from leads.models import Draft

if TYPE_CHECKING:
    from connectors.sandbox import Control

KINDS = {
    "500": "answers 500",
    "503": "answers 503",
    "429": "answers 429, too many requests",
    "401": "answers 401, credentials refused",
    "403": "answers 403, not allowed",
    "timeout": "never answers",
    "slow": "answers slowly",
    "drop-before": "drops the connection before the work",
    "drop-after": "does the work and drops the answer",
    "bad-json": "answers half of its JSON",
}
SERVICES = {
    "hubspot": "HubSpot",
    "gmail": "Gmail",
    "drive": "Drive",
    "calendar": "Calendar",
    "oauth": "Google’s tokens",
    "chat": "The language model",
}
EVERYWHERE = "*"
SHARES = {1.0: "every call", 0.5: "half of the calls", 0.2: "every fifth call", 0.05: "every twentieth call"}
MINUTES = (1, 2, 5, 15)
OPEN = (Draft.Status.READY, Draft.Status.APPROVED, Draft.Status.SCHEDULED)
REPLY = "Thanks, that was quick! Could we make it next week instead? And please send the price list."
EDITED = "\n\nPS: I have added this line by hand."


class NotPossible(Exception):
    """The drill can't be held; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One that is on: what it does to which calls, how often it did so, and until when."""

    number: int
    title: str
    share: str
    fired: int
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill that is ready: `hold` does what the title says and returns what it did it to."""

    slug: str
    title: str
    watch: str
    hold: Callable[[Control], str]


def are_possible() -> bool:
    return bool(settings.SANDBOX_URL)


def endpoints() -> dict[str, list[str]]:
    """The endpoints of each service that can go wrong."""
    from connectors.sandbox.server import ENDPOINTS  # noqa: PLC0415  the server is loaded for this page alone

    found: dict[str, list[str]] = {}
    for name in ENDPOINTS:
        found.setdefault(name.partition(".")[0], []).append(name)
    return found


@contextmanager
def sandbox() -> Iterator[Control]:
    """A means to steer it; its refusals and its absence are `NotPossible`."""
    from connectors.sandbox import Control  # noqa: PLC0415  as above

    try:
        with Control(settings.SANDBOX_URL) as control:
            yield control
    except requests.RequestException:
        raise NotPossible(f"The sandbox does not answer at {settings.SANDBOX_URL}.") from None
    except ValueError as refusal:
        raise NotPossible(f"The sandbox refuses it: {refusal}") from None


def faults() -> list[Fault]:
    """Those that are on, also those that somebody armed by other means."""
    with sandbox() as control:
        return [read(one) for one in control.faults()]


def read(armed: dict[str, object]) -> Fault:
    kind, *rest = str(armed["spec"]).split(":")
    where = next((part for part in rest if part[:1].isalpha() and "=" not in part and part[:1] != "x"), EVERYWHERE)
    share = next((float(part) for part in rest if part.replace(".", "", 1).isdecimal()), 1.0)
    seconds = armed["seconds_left"]
    return Fault(
        number=int(str(armed["number"])),
        title=f"{place(where)} {KINDS.get(kind, f'fails: {kind}')}",
        share=SHARES.get(share, f"{share:.0%} of the calls"),
        fired=int(str(armed["fired"])),
        ends_at=timezone.now() + timedelta(seconds=seconds) if isinstance(seconds, int | float) else None,
    )


def place(where: str) -> str:
    """A service, one of its endpoints, or all of them, in words."""
    service, _, endpoint = where.partition(".")
    name = "Every account" if where == EVERYWHERE else SERVICES.get(service, service)
    return f"{name} ({endpoint})" if endpoint else name


def switch_on(kind: str, where: str, share: float, minutes: int, *, by: User) -> None:
    """Let calls fail in a way for a while; it ends by itself."""
    spec = f"{kind}:{where}:{share}:for={minutes * 60}"
    with sandbox() as control:
        control.fault(spec)
    audit.record("fault_switched_on", None, actor=by.get_username(), fault=kind, where=where, share=share, min=minutes)


def switch_off(number: int | None, *, by: User) -> None:
    """Switch one off, or all of them."""
    with sandbox() as control:
        control.clear_faults(number)
    audit.record("fault_switched_off", None, actor=by.get_username(), fault=number or "all")


def hold(slug: str, *, by: User) -> str:
    """Hold a drill that is ready; what it was done to. Raises `NotPossible`."""
    drill = next((one for one in READY if one.slug == slug), None)
    if drill is None:
        raise NotPossible("There is no such drill.")
    with sandbox() as control:
        done = drill.hold(control)
    audit.record("drill_held", None, actor=by.get_username(), drill=slug)
    return done


def newest_draft() -> Draft:
    """The newest one in the mailbox that nobody has sent or thrown away."""
    drafts = Draft.objects.filter(status__in=OPEN).exclude(gmail_draft_id="").select_related("workspace")
    found = drafts.order_by("-pk").first()
    if found is None:
        raise NotPossible("There is no open draft in the mailbox. Wait for one, or send a test lead.")
    return found


def reply(control: Control) -> str:
    draft = newest_draft()
    control.mail(draft.recipient, REPLY, thread_id=draft.gmail_thread_id)
    return f"{draft.recipient} has written in the thread of their draft."


def take_slot(control: Control) -> str:
    draft = newest_draft()
    times = offers.on_offer([draft.pk]).get(draft.pk, ())
    if not times:
        raise NotPossible(f"The newest draft, to {draft.recipient}, offers no times.")
    calendars = draft.workspace.calendar_ids or [draft.workspace.sender_email]
    control.busy(calendars[0], times[0].start, times[0].end)
    return f"The first time on offer to {draft.recipient} is taken in the calendar."


def edit_by_hand(control: Control) -> str:
    draft = newest_draft()
    control.by_hand("edit", draft.gmail_draft_id, text=draft.body + EDITED)
    return f"The draft to {draft.recipient} has one more line in Gmail."


def send_by_hand(control: Control) -> str:
    draft = newest_draft()
    control.by_hand("send", draft.gmail_draft_id)
    return f"The draft to {draft.recipient} was sent in Gmail."


READY = (
    Drill("reply", "The prospect writes", "A newer mail in the newest draft’s thread: nothing pending may go.", reply),
    Drill("slot", "A time gets taken", "The newest draft’s first time: it may not be offered any more.", take_slot),
    Drill("edit", "The rep edits in Gmail", "The newest draft: what the rep wrote is kept.", edit_by_hand),
    Drill("send", "The rep sends from Gmail", "The newest draft: it counts as sent by hand.", send_by_hand),
)
