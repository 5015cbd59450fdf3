"""HubSpot's failures in our words.

https://developers.hubspot.com/docs/api/error-handling
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from hubspot.crm.associations.v4 import ApiException as AssociationsException
from hubspot.crm.companies import ApiException as CompaniesException
from hubspot.crm.contacts import ApiException as ContactsException
from hubspot.crm.objects.notes import ApiException as NotesException
from hubspot.crm.objects.tasks import ApiException as TasksException
from hubspot.crm.owners import ApiException as OwnersException
from hubspot.marketing.forms import ApiException as FormsException

from connectors.errors import (
    AuthFailed,
    Conflict,
    ConnectorError,
    NotFound,
    PermissionDenied,
    RateLimited,
    Transient,
)
from connectors.vendor_errors import (
    HOUR,
    REFUSALS,
    SECOND,
    TEN_SECONDS,
    Refusal,
    StatusTable,
    asked_wait,
    fit_for_logs,
    interrupted,
    lost,
    refused,
)
from connectors.watch import Operation

# The generated client has one class of that name per package, without a common base.
API_EXCEPTIONS = (
    *(AssociationsException, CompaniesException, ContactsException, FormsException, NotesException),
    *(OwnersException, TasksException),
)
_TOO_MANY, _LOCKED, _MIGRATING = 429, 423, 477
_STATUSES: StatusTable = {
    **REFUSALS,
    401: AuthFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    _LOCKED: Transient,
    _TOO_MANY: RateLimited,
    _MIGRATING: Transient,
}
_POLICIES = {"SECONDLY": SECOND, "TEN_SECONDLY_ROLLING": TEN_SECONDS, "DAILY": HOUR}
_LEAST_WAIT_WHEN_LOCKED = 2.0
_EXISTING_ID = re.compile(r"Existing ID:\s*(\d+)")
_PLAIN_WORD = re.compile(r"[\w.\-]{1,64}")


def hubspot_error(problem: BaseException, operation: Operation) -> ConnectorError | None:
    """Translate what the vendor's client raised; None for what isn't the vendor's doing."""
    if isinstance(problem, API_EXCEPTIONS):
        return _refused(problem, operation)
    return lost(problem, operation) or _stumbled(problem, operation)


def _stumbled(problem: BaseException, operation: Operation) -> ConnectorError | None:
    # The client decodes the body of its own exception and trips over one that is missing or isn't UTF-8.
    if isinstance(problem, AttributeError | UnicodeDecodeError) and isinstance(problem.__context__, API_EXCEPTIONS):
        return _refused(problem.__context__, operation)
    return None


def _refused(problem: Any, operation: Operation) -> ConnectorError:
    if not problem.status:  # TLS trouble arrives as an answer with status 0
        return interrupted(operation, "no secure connection")
    said = _said(problem.body)
    message = str(said.get("message", ""))
    existing = _EXISTING_ID.search(message)
    return refused(
        operation,
        _STATUSES,
        Refusal(
            problem.status,
            _detail(said, message),
            _wait(problem.status, problem.headers or {}, said),
            existing[1] if existing else "",
            frozenset({str(said.get("category", ""))}),
        ),
    )


def _said(body: object) -> dict[str, Any]:
    try:
        said = json.loads(body) if isinstance(body, str | bytes) else None
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}


def _wait(status: int, headers: Mapping[str, str], said: Mapping[str, Any]) -> float | None:
    seconds = asked_wait(headers)
    if status == _TOO_MANY and seconds is None:
        return _POLICIES.get(str(said.get("policyName")), TEN_SECONDS)
    if status in {_LOCKED, _MIGRATING}:
        return max(seconds or 0.0, _LEAST_WAIT_WHEN_LOCKED)
    return seconds


def _detail(said: Mapping[str, Any], message: str) -> str:
    """The message up to where it quotes our values, with the vendor's own codes for support."""
    codes = [said.get(key) for key in ("category", "policyName", "correlationId")]
    known = ", ".join(code for code in codes if isinstance(code, str) and _PLAIN_WORD.fullmatch(code))
    text = fit_for_logs(message)[:200].rstrip(": ")
    return f"{text} ({known})" if known else text
