"""What a service account or an authorized user may do at Google."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.accounts import AccountsConfig
from connectors.calendar import GoogleCalendar
from connectors.errors import AuthFailed, PermissionDenied
from connectors.google import GoogleClient
from connectors.google_auth import SCOPES
from connectors.probes import Report, Trial, patience, tried
from connectors.watch import Operation

_MAIL, _FILES, _TIMES = SCOPES


def probe(config: AccountsConfig, folder_ids: Sequence[str], calendar_ids: Sequence[str]) -> Report:
    """Each scope is asked for by itself, so that one that was not delegated doesn't close the others.

    Raises `NotConfigured` for credentials that can't be used at all.
    """
    told: dict[str, Any] = {}
    mail, files = _opened(config, _MAIL), _opened(config, _FILES)
    times = GoogleCalendar(_opened(config, _TIMES))
    me, now = {"userId": "me"}, datetime.now(UTC)

    def asks(client: GoogleClient, service: str, endpoint: str, request: Any, *signs: str) -> Callable[[], object]:
        return lambda: told.update(client.ask(Operation(service, endpoint), request, *signs))

    profile, drafts = mail.users.getProfile(**me), mail.drafts.list(**me, maxResults=1)
    some = files.files.list(pageSize=1, fields="files(id)")
    trials = [
        Trial("mailbox", _MAIL, asks(mail, "gmail", "profile.get", profile, "emailAddress")),
        Trial("labels", _MAIL, asks(mail, "gmail", "labels.list", mail.labels.list(**me), "labels")),
        Trial("drafts", _MAIL, asks(mail, "gmail", "drafts.list", drafts, "drafts", "resultSizeEstimate")),
        Trial("files", _FILES, asks(files, "drive", "files.list", some, "files")),
        *(
            Trial("folder", _FILES, asks(files, "drive", "files.get", _folder(files, one), "id"), one)
            for one in folder_ids
        ),
        *(Trial("calendar", _TIMES, _free(times, one, now), one) for one in calendar_ids),
    ]
    probes = tried([Trial(one.what, one.scope, _delegated(one.call), one.which) for one in trials])
    return Report(tuple(probes), str(told.get("emailAddress") or "").lower())


def _opened(config: AccountsConfig, scope: str) -> GoogleClient:
    return GoogleClient(config.google_credentials, config.google_subject, config.google_url, patience(config), (scope,))


def _folder(client: GoogleClient, folder_id: str) -> Any:
    return client.files.get(fileId=folder_id, fields="id", supportsAllDrives=True)


def _free(calendar: GoogleCalendar, calendar_id: str, now: datetime) -> Callable[[], object]:
    return lambda: calendar.busy((calendar_id,), now, now + timedelta(hours=1))


def _delegated(call: Callable[[], object]) -> Callable[[], object]:
    """A scope that the service account was not delegated is refused where a token is asked for, as if it were dead."""

    def ask() -> object:
        try:
            return call()
        except AuthFailed as problem:
            if "unauthorized_client" not in problem.reasons:
                raise
            raise PermissionDenied(
                problem.detail, service=problem.service, endpoint=problem.endpoint, reasons={"insufficientPermissions"}
            ) from None

    return ask
