"""Which scopes open which endpoint, and what the vendors say when the one that it takes is missing."""

from __future__ import annotations

from collections.abc import Collection

from connectors.sandbox.wire import RefusedError, Route, google_error, hubspot_error

_AUTH = "https://www.googleapis.com/auth/"
_ALL: dict[str, set[str]] = {
    "gmail": {"https://mail.google.com/", _AUTH + "gmail.modify"},
    "drive": {_AUTH + "drive", _AUTH + "drive.readonly", _AUTH + "drive.metadata.readonly"},
    "calendar": {_AUTH + "calendar", _AUTH + "calendar.readonly", _AUTH + "calendar.freebusy"},
}
_PART: dict[str, set[str]] = {
    "profile.get": {_AUTH + "gmail.readonly", _AUTH + "gmail.compose", _AUTH + "gmail.metadata"},
    "labels.list": {_AUTH + "gmail.readonly", _AUTH + "gmail.labels", _AUTH + "gmail.metadata"},
    "drafts": {_AUTH + "gmail.compose"},
}
_OBJECT_OF = {"notes": "contacts", "tasks": "contacts", "associations": "contacts"}
_WHERE = "https://developers.hubspot.com/scopes"


def opens_all(scopes: Collection[str]) -> bool:
    """Whether nothing of the sandbox's Google is closed to a token with these scopes."""
    return all(wanted.intersection(scopes) for wanted in _ALL.values())


def check_google(route: Route, scopes: Collection[str]) -> None:
    """Raise what Google answers unless one of `scopes` opens the endpoint."""
    kind = route.endpoint.partition(".")[0]
    wanted = _ALL[route.service] | _PART.get(route.endpoint, set()) | _PART.get(kind, set())
    if wanted.intersection(scopes):
        return
    refused = google_error(403, "Request had insufficient authentication scopes.")
    # https://cloud.google.com/apis/design/errors#error_info
    why = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": f"{route.service}.googleapis.com", "method": route.endpoint},
    }
    body = refused.answer.body
    if isinstance(body, dict):
        body["error"]["details"] = [why]
    raise refused


def hubspot_scope(route: Route) -> str:
    """The scope that HubSpot's OpenAPI names for the endpoint."""
    kind = route.endpoint.partition(".")[0]
    if kind in {"submissions", "forms"}:
        return "forms"
    return f"crm.objects.{_OBJECT_OF.get(kind, kind)}.{'write' if route.write else 'read'}"


def check_hubspot(route: Route, scopes: Collection[str]) -> None:
    """Raise what HubSpot answers unless the endpoint's scope is among `scopes`."""
    wanted = hubspot_scope(route)
    if wanted not in scopes:
        missing: dict[str, object] = {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": [wanted]},
        }
        message = f"This app hasn't been granted all required scopes to make this call. Read more here: {_WHERE}."
        raise hubspot_error(403, message, errors=[missing], links={"scopes": _WHERE})


HUBSPOT_SCOPES = (
    *(f"crm.objects.{kind}.{act}" for kind in ("contacts", "companies") for act in ("read", "write")),
    *("crm.objects.owners.read", "forms", "oauth"),
)


def refused_scopes(asked: Collection[str], delegated: Collection[str] | None) -> RefusedError | None:
    """What the token service says to a service account that asks for more than it was delegated."""
    if delegated is None or set(asked) <= set(delegated):
        return None
    why = (
        "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of "
        "the scopes requested."
    )
    return RefusedError(401, {"error": "unauthorized_client", "error_description": why})
