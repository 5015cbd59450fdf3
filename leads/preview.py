"""What settings would mean today: the times that somebody would be offered now, if all calendars were empty."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from connectors.errors import NotConfigured
from leads import slots
from leads.models import Workspace
from leads.profiles import profile_of

ELSEWHERE = ("America/New_York", "Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a prospect is, and the lines that a draft would hold for them."""

    place: str
    lines: tuple[str, ...]


def offers(workspace: Workspace) -> list[Offer]:
    """For a prospect at home, and for one elsewhere. Nothing before the mailbox is set."""
    try:
        profile = profile_of(workspace)
    except NotConfigured:
        return []
    zones = (profile.timezone, next(zone for zone in ELSEWHERE if zone != profile.timezone))
    proposed = [slots.propose((), profile, zone, False, timezone.now()) for zone in zones]  # noqa: FBT003
    return [Offer(slots.city(one.zone), slots.lines(one.times, one)) for one in proposed]
