"""What a run needs of its workspace, read about once a second by each process instead of by each run."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings

from connectors.accounts import AccountsConfig
from leads.credentials import accounts_config
from leads.facts import Profile
from leads.models import Workspace
from leads.profiles import profile_of


@dataclass(frozen=True, slots=True)
class Equipment:
    """How to reach the workspace's accounts, and its settings as steps see them."""

    accounts: AccountsConfig
    profile: Profile


_known: dict[int, tuple[float, Equipment]] = {}  # by workspace, each with the time until which it will do


def equipment_of(workspace: Workspace) -> Equipment:
    """As it was stored SETTINGS_SECONDS ago at most. No lock is in it: the gate reads those before each write."""
    until, found = _known.get(workspace.pk, (0.0, None))
    if found is None or time.monotonic() >= until:
        found = Equipment(accounts_config(workspace), profile_of(workspace))
        _known[workspace.pk] = (time.monotonic() + settings.SETTINGS_SECONDS, found)
    return found
