"""From settings to connected accounts, opened once per process."""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.errors import NotConfigured
from connectors.ports import Accounts, FormsReader

_MOST_OPEN = 16


@dataclass(frozen=True, slots=True)
class AccountsConfig:
    """What it takes to open a workspace's accounts. Empty URLs mean the vendors' own; timeouts are in seconds."""

    hubspot_token: str = field(repr=False)
    google_credentials: str = field(repr=False)
    google_subject: str = ""
    hubspot_url: str = ""
    google_url: str = ""
    connect_timeout: float = 5.0
    read_timeout: float = 10.0

    @property
    def opens_any_mailbox(self) -> bool:
        """A service account acts for whomever it names; what a person consented to is their own mailbox."""
        try:
            return bool(json.loads(self.google_credentials).get("type") == "service_account")
        except (AttributeError, ValueError):
            return False


class _Opened:
    """The accounts of this process. Connections must not be shared over a fork: a child starts with none."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        # A new lock too: another thread of the parent may have held the old one.
        self._lock = threading.Lock()
        self._accounts: OrderedDict[AccountsConfig, Accounts] = OrderedDict()

    def get(self, config: AccountsConfig) -> Accounts:
        with self._lock:
            accounts = self._accounts.get(config) or _opened(config)
            self._accounts[config] = accounts
            self._accounts.move_to_end(config)
            if len(self._accounts) > _MOST_OPEN:
                self._accounts.popitem(last=False)
            return accounts


_accounts = _Opened()
os.register_at_fork(after_in_child=_accounts.forget)


def open_accounts(config: AccountsConfig) -> Accounts:
    """The accounts that `config` describes; NotConfigured names every setting that is missing."""
    return _accounts.get(config)


def open_forms(config: AccountsConfig) -> FormsReader:
    """The forms of the CRM, for who asks now and then: a connection of its own, and no need of Google."""
    _require(config, {"HUBSPOT_ACCESS_TOKEN": config.hubspot_token})
    from connectors.hubspot_client import HubSpotClient  # noqa: PLC0415
    from connectors.hubspot_forms import HubSpotForms  # noqa: PLC0415

    timeout = (config.connect_timeout, config.read_timeout)
    return HubSpotForms(HubSpotClient(config.hubspot_token, config.hubspot_url, timeout))


def _opened(config: AccountsConfig) -> Accounts:
    _require(config, {"HUBSPOT_ACCESS_TOKEN": config.hubspot_token, "GOOGLE_CREDENTIALS": config.google_credentials})
    # A second of imports and 47 MB of vendors' code, for those who call vendors only.
    from connectors.calendar import GoogleCalendar  # noqa: PLC0415
    from connectors.drive import DriveFiles  # noqa: PLC0415
    from connectors.gmail import GmailMailbox  # noqa: PLC0415
    from connectors.google import GoogleClient  # noqa: PLC0415
    from connectors.hubspot import HubSpotCrm  # noqa: PLC0415
    from connectors.hubspot_client import HubSpotClient  # noqa: PLC0415

    timeout = (config.connect_timeout, config.read_timeout)
    google = GoogleClient(config.google_credentials, config.google_subject, config.google_url, timeout)
    own_addresses = frozenset(filter(None, (config.google_subject,)))
    return Accounts(
        crm=HubSpotCrm(HubSpotClient(config.hubspot_token, config.hubspot_url, timeout)),
        mail=GmailMailbox(google, own_addresses),
        files=DriveFiles(google),
        calendar=GoogleCalendar(google),
    )


def _require(config: AccountsConfig, needed: Mapping[str, str]) -> None:
    missing = [name for name, value in needed.items() if not value.strip()]
    if missing:
        raise NotConfigured(f"{' and '.join(missing)} not set: put it into the environment or .env")
    check_token(config.hubspot_token)
    for name, url in (("HUBSPOT_API_URL", config.hubspot_url), ("GOOGLE_API_URL", config.google_url)):
        if url and not url.startswith(("https://", "http://")):
            raise NotConfigured(f"{name} is not a URL: leave it empty for the vendor's own, or begin it with https://")


def check_token(token: str) -> None:
    """Raise `NotConfigured` for what can't be a token: the client would refuse it too, but with it in its words."""
    if not token.strip():
        raise NotConfigured("HUBSPOT_ACCESS_TOKEN not set: enter the token of a private app")
    if not all("!" <= letter <= "~" for letter in token):
        raise NotConfigured(
            "HUBSPOT_ACCESS_TOKEN has white space or other letters in it that no token has: enter it again"
        )
