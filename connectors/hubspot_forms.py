"""What people filled in at HubSpot's forms, as HubSpot lists it.

https://developers.hubspot.com/docs/methods/forms/get-submissions-for-a-form: newest first, at most 50 at once. It takes
the scope `forms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connectors.hubspot_client import MANY, HubSpotClient
from connectors.ports import FormSubmission, SubmissionPage
from connectors.vendor_errors import unreadable
from connectors.watch import Operation

SUBMISSIONS_LIST = Operation("hubspot", "submissions.list")
AT_ONCE = 50
_PATH = "/form-integrations/v1/submissions/forms/{guid}"
_COMPANY = "0-2"  # the object type of a company's property


class HubSpotForms:
    """`ports.FormsReader` over one private app's token."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def submissions(self, form_id: str, after: str = "") -> SubmissionPage:
        query = {"limit": AT_ONCE} | ({"after": after} if after else {})
        page = self._client.get(SUBMISSIONS_LIST, MANY, _PATH, query, guid=form_id)
        try:
            return SubmissionPage(tuple(_submission(one) for one in page["results"]), _after(page))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError):
            raise unreadable(SUBMISSIONS_LIST, "the answer lists something else than submissions") from None


def _after(page: dict[str, Any]) -> str:
    following = (page.get("paging") or {}).get("next") or {}
    return str(following.get("after") or "")


def _submission(one: dict[str, Any]) -> FormSubmission:
    return FormSubmission(
        id=str(one.get("conversionId") or ""),
        submitted_at=datetime.fromtimestamp(one["submittedAt"] / 1000, UTC),
        fields=_fields(one.get("values") or ()),
        page_uri=str(one.get("pageUrl") or ""),
    )


def _fields(values: Iterable[dict[str, Any]]) -> dict[str, str]:
    """By lower-case name. A box of several ticks comes as several entries of one name."""
    fields: dict[str, str] = {}
    for entry in values:
        name, value = str(entry["name"]).lower(), str(entry.get("value") or "")
        if entry.get("objectTypeId") == _COMPANY and name == "name":
            name = "company"
        known = fields.get(name)
        fields[name] = f"{known}; {value}" if known and value and known != value else known or value
    return fields
