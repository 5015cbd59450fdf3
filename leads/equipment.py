"""What a run needs of its workspace, read about once a second by each process instead of by each run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from connectors.accounts import AccountsConfig
from connectors.ports import TextModel
from leads.connections import ConnectionBroken, Service, broken_of
from leads.credentials import accounts_config
from leads.facts import Profile
from leads.model_account import model_of
from leads.models import AllowedForm, Workspace
from leads.momentary import Momentary
from leads.profiles import profile_of


@dataclass(frozen=True, slots=True)
class Equipment:
    """How to reach the workspace's accounts, its settings as steps see them, and the model that may write for it."""

    accounts: AccountsConfig
    profile: Profile
    model: TextModel | None
    send_themselves: frozenset[int]  # forms whose drafts may go without a reviewer; asked again for each draft
    broken: Mapping[str, str]  # accounts that refuse our credentials, and what they said

    def require_mailbox(self) -> None:
        """Raises `ConnectionBroken` if Google is: no draft can be put there. Without HubSpot one can be written."""
        if why := self.broken.get(Service.GOOGLE):
            raise ConnectionBroken(Service.GOOGLE, why)


_known = Momentary[tuple[int, int], Equipment]()


def equipment_of(workspace: Workspace) -> Equipment:
    """As it was when the row of `workspace` was read. No lock is in it: the gate reads those before each write.

    What people change counts from the next run on, since it changes the revision, and so does a connection that breaks
    or is mended; what is changed by other ways, after SETTINGS_SECONDS.
    """
    read = (workspace.pk, workspace.revision)
    return _known.recall(
        read,
        settings.SETTINGS_SECONDS,
        lambda: Equipment(
            accounts_config(workspace),
            profile_of(workspace),
            model_of(workspace),
            forms_that_send(workspace),
            broken_of(workspace),
        ),
    )


def forms_that_send(workspace: Workspace) -> frozenset[int]:
    sends = AllowedForm.objects.filter(workspace=workspace, enabled=True, auto_send=True)
    return frozenset(sends.values_list("pk", flat=True))
