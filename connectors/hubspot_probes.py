"""What a private app's token may do in HubSpot."""

from __future__ import annotations

from typing import Any, Final

from connectors.accounts import AccountsConfig, check_token
from connectors.errors import NotFound
from connectors.hubspot_client import MANY, HubSpotClient
from connectors.probes import Found, Probe, Report, Trial, patience, tried
from connectors.watch import Operation

_CONTACTS, _COMPANIES = "crm.objects.contacts.read", "crm.objects.companies.read"
_WRITES: Final = (("contacts.write", "crm.objects.contacts.write"), ("companies.write", "crm.objects.companies.write"))


def probe(config: AccountsConfig) -> Report:
    """Reads are tried. Whether the app may write, HubSpot's answer about the token tells without a write.

    Raises `NotConfigured` for what can't be a token.
    """
    check_token(config.hubspot_token)
    client = HubSpotClient(config.hubspot_token, config.hubspot_url, patience(config))
    told: dict[str, Any] = {}

    def first(what: str, scope: str, api: Any) -> Trial:
        operation = Operation("hubspot", f"{what}.list")
        return Trial(f"{what}.read", scope, lambda: client.ask(operation, MANY, api.get_page, limit=1))

    def associations() -> None:
        operation = Operation("hubspot", "associations.list")
        try:
            client.ask(
                operation, MANY, client.associations.get_page, "contacts", "1", "companies", expected=(NotFound,)
            )
        except NotFound:
            return  # there is no contact 1, but the question was allowed

    *reads, about = tried(
        [
            first("contacts", _CONTACTS, client.contacts),
            first("companies", _COMPANIES, client.companies),
            Trial("associations.read", _CONTACTS, associations),
            first("notes", _CONTACTS, client.notes),
            first("tasks", _CONTACTS, client.tasks),
            first("owners", "crm.objects.owners.read", client.owners),
            first("forms", "forms", client.forms),
            Trial("token", "", lambda: told.update(client.about_token())),
        ]
    )
    if all(one.found is Found.DEAD for one in reads):
        return Report(tuple(reads))
    writes = [Probe(what, scope, _held(scope, told), about.detail) for what, scope in _WRITES]
    return Report((*reads, *writes), str(told.get("hubId") or ""))


def _held(scope: str, told: dict[str, Any]) -> Found:
    if "scopes" not in told:
        return Found.NOT_SHOWN
    return Found.FINE if scope in told["scopes"] else Found.SCOPE_MISSING
