"""What arrives at the webhook, in any of HubSpot's three shapes, as submissions in our words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from connectors.ports import FormSubmission
from leads import enquiry
from leads.codec import storable
from leads.facts import Submitted
from leads.models import AllowedForm, Submission

MOST_EVENTS = 100
MOST_FIELDS = 200
LONGEST_VALUE = 20_000
LONGEST_NUMBER = 400  # digits; Python refuses more than 4300
CONTACT_TYPE_ID = "0-1"
STARTS_A_RUN = {"contact.creation", "object.creation"}


class Unparseable(ValueError):
    """The body as a whole can't be read; nothing in it can be told apart."""


class BadItem(ValueError):
    """One submission or event can't be used; the message names the field."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One submission as it came. `form_id` is empty for subscription events, which know no form."""

    source: Submission.Source
    portal_id: str
    form_id: str
    dedupe_key: str
    email: str
    submitted: Submitted
    draft_only: bool = False
    via: Submission.Via = Submission.Via.WEBHOOK

    def through(self, form_id: str) -> Arrived:
        """The same, as if it had come through this form."""
        return replace(self, form_id=form_id, submitted=replace(self.submitted, form_id=form_id))


def parse(body: bytes, received_at: datetime) -> list[Arrived | BadItem]:
    """Each submission or event of `body`, in order, or why it can't be used. Raises `Unparseable`."""
    try:
        data = storable(json.loads(body, parse_int=whole))
    except (ValueError, RecursionError) as error:
        raise Unparseable(f"The body is not JSON: {str(error)[:100] or 'nested too deeply'}") from None
    if isinstance(data, dict):
        return [one(data, received_at)]
    if not isinstance(data, list):
        raise Unparseable(f"The body must be an object or an array, not {type(data).__name__}.")
    if len(data) > MOST_EVENTS:
        raise Unparseable(f"The body holds {len(data)} events; at most {MOST_EVENTS} are accepted.")
    return [one(event, received_at, where=f"[{index}]") for index, event in enumerate(data)]


def whole(digits: str) -> int | str:
    """A number, or, where it is longer than Python reads, its text: one such event must not cost the batch."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def one(data: object, received_at: datetime, where: str = "") -> Arrived | BadItem:
    try:
        if not isinstance(data, dict):
            raise BadItem(f"must be an object, not {type(data).__name__}")  # noqa: TRY301
        if "subscriptionType" in data:
            return event(data, received_at)
        if "fieldValues" in data:
            return form_submission(data, received_at)
        if "properties" in data:
            return legacy_contact(data, received_at)
        return flat_contact(data, received_at)
    except BadItem as bad:
        return BadItem(f"{where} {bad}".strip())


def form_submission(data: dict[str, Any], received_at: datetime) -> Arrived:
    """Our flat shape: `{portalId, formId, formSubmissionId, timestamp, pageUri, pageTitle, fieldValues}`.

    With `test: true` it is a test lead: draft only, whatever the switches say.
    """
    values = data["fieldValues"]
    if not isinstance(values, list) or len(values) > MOST_FIELDS:
        raise BadItem(f"fieldValues: must be an array of at most {MOST_FIELDS} {{name, value}}")
    fields: dict[str, str] = {}
    for index, entry in enumerate(values):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise BadItem(f"fieldValues[{index}].name: missing, or not text")
        fields[entry["name"].lower()] = text(entry.get("value"), f"fieldValues[{index}].value")
    found = arrived(data, fields, received_at, Submission.Source.FORM, ("formSubmissionId", "conversionId"))
    return replace(found, draft_only=True, via=Submission.Via.TEST) if data.get("test") is True else found


def legacy_contact(data: dict[str, Any], received_at: datetime) -> Arrived:
    """The workflow action's contact: `{vid, portal-id, properties: {name: {value}}, form-submissions: […]}`."""
    properties = data["properties"]
    if not isinstance(properties, dict) or len(properties) > 10 * MOST_FIELDS:
        raise BadItem("properties: must be an object of {name: {value}}")
    fields = {
        name.lower(): text(entry.get("value") if isinstance(entry, dict) else entry, f"properties.{name}")
        for name, entry in properties.items()
    }
    latest = max(conversions(data), key=lambda entry: milliseconds(entry.get("timestamp")) or 0, default={})
    merged = {
        "portalId": data.get("portal-id"),
        "vid": data.get("vid"),
        "formId": latest.get("form-id"),
        "formSubmissionId": latest.get("conversion-id"),
        "timestamp": latest.get("timestamp"),
        "pageUri": latest.get("page-url"),
        "pageTitle": latest.get("page-title") or latest.get("title"),
    }
    return arrived(merged, fields, received_at, Submission.Source.WORKFLOW, ("formSubmissionId",))


def listed(one: FormSubmission, form: AllowedForm, via: Submission.Via) -> Arrived | BadItem:
    """A submission as HubSpot's list has it. Its `conversionId` is what the other shapes name it by."""
    data = {
        "portalId": form.workspace.portal_id,
        "formId": form.form_id,
        "formSubmissionId": one.id,
        "timestamp": int(one.submitted_at.timestamp() * 1000),
        "pageUri": one.page_uri,
    }
    fields = {name: storable(value)[:LONGEST_VALUE] for name, value in list(one.fields.items())[:MOST_FIELDS]}
    try:
        found = arrived(data, fields, one.submitted_at, Submission.Source.FORM, ("formSubmissionId",))
    except BadItem as bad:
        return bad
    return replace(found, via=via)


def conversions(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entries = data.get("form-submissions", [])
    if not isinstance(entries, list):
        raise BadItem("form-submissions: must be an array")
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise BadItem(f"form-submissions[{index}]: must be an object")
        yield entry


def flat_contact(data: dict[str, Any], received_at: datetime) -> Arrived:
    """A body of the customer's own choosing: a flat object of names and values."""
    fields = {
        name.lower(): text(value, name)
        for name, value in list(data.items())[:MOST_FIELDS]
        if not isinstance(value, dict | list)
    }
    named = {"portalId": data.get("portalId", data.get("portal_id")), "formId": data.get("formId", data.get("form_id"))}
    ids = ("formSubmissionId", "submissionId", "conversionId")
    return arrived({**data, **named}, fields, received_at, Submission.Source.WORKFLOW, ids)


def event(data: dict[str, Any], received_at: datetime) -> Arrived:
    """One event of a subscription batch; the run fetches the contact."""
    kind = text(data["subscriptionType"], "subscriptionType")
    if kind not in STARTS_A_RUN:
        raise BadItem(f"subscriptionType: {kind[:60]} starts no run (contact.creation does)")
    if kind == "object.creation" and text(data.get("objectTypeId"), "objectTypeId") != CONTACT_TYPE_ID:
        raise BadItem("objectTypeId: only contacts (0-1) start a run")
    object_id = identifier(data, "objectId")
    if not (object_id.isascii() and object_id.isdigit()):
        raise BadItem("objectId: missing, or not a number")
    if identifier(data, "changeSource") == "IMPORT":
        raise BadItem("changeSource: an imported contact is no enquiry")
    portal_id = identifier(data, "portalId")
    occurred_at = moment(data.get("occurredAt"), "occurredAt")
    key = ("event", portal_id, kind, object_id, identifier(data, "eventId"), identifier(data, "occurredAt"))
    submitted = Submitted(
        fields={},
        form_id="",
        form_name="HubSpot contact created",
        submitted_at=occurred_at or received_at,
        contact_id=object_id,
        is_timed=occurred_at is not None,
    )
    return Arrived(Submission.Source.EVENT, portal_id, "", dedupe_key(key), "", submitted)


def arrived(
    data: Mapping[str, Any],
    fields: dict[str, str],
    received_at: datetime,
    source: Submission.Source,
    ids: tuple[str, ...],
) -> Arrived:
    email = address_in(fields)
    fields["email"] = email
    form_id = identifier(data, "formId")
    submission_id = next((found for name in ids if (found := identifier(data, name))), "")
    sent_at = moment(data.get("timestamp", data.get("submittedAt")), "timestamp")
    submitted = Submitted(
        fields=fields,
        form_id=form_id,
        form_name="",
        submitted_at=sent_at or received_at,
        page_uri=text(data.get("pageUri"), "pageUri")[:2000],
        page_title=text(data.get("pageTitle"), "pageTitle")[:300],
        is_timed=sent_at is not None,
    )
    portal_id = identifier(data, "portalId")
    # The id is HubSpot's, whatever of the rest a shape may leave out. Without one, the same words from the same person
    # through the same form are the same submission.
    words = json.dumps([email, fields, data.get("timestamp")], sort_keys=True)
    key = ("form", form_id, submission_id) if submission_id else ("words", portal_id, form_id, words)
    return Arrived(source, portal_id, form_id, dedupe_key(key), email, submitted)


def address_in(fields: Mapping[str, str]) -> str:
    """The prospect's address, lower-case."""
    # Lower case first: it may turn an address into none.
    given = enquiry.address_in(fields).lower()
    if not given:
        raise BadItem("email: missing")
    try:
        validate_email(given)
    except ValidationError:
        raise BadItem(f"email: “{given[:100]}” is not an address") from None
    if len(given) > 254:
        raise BadItem("email: longer than 254 characters")
    return given


def dedupe_key(parts: tuple[str, ...]) -> str:
    """Short enough for an index, whatever was sent."""
    return f"{parts[0]}:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def text(value: object, where: str) -> str:
    match value:
        case None:
            return ""
        case str():
            return value[:LONGEST_VALUE]
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)[:LONGEST_VALUE]
        case list():
            return "; ".join(text(part, where) for part in value[:MOST_FIELDS] if not isinstance(part, list | dict))
        case _:
            raise BadItem(f"{where}: must be text, not an object")


def identifier(data: Mapping[str, Any], name: str) -> str:
    """An id, which HubSpot sends as a number or as text."""
    return text(data.get(name), name).strip()[:100]


def milliseconds(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:16])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: object, where: str) -> datetime | None:
    """Milliseconds since 1970, or ISO 8601, as an aware time; a year that no form was sent in is refused."""
    if value in (None, ""):
        return None
    try:
        if (stamp := milliseconds(value)) is not None:
            found = datetime.fromtimestamp(stamp / 1000, UTC)
        else:
            found = datetime.fromisoformat(str(value)[:40])
    except (ValueError, OverflowError, OSError):
        raise BadItem(f"{where}: “{str(value)[:40]}” is neither milliseconds nor ISO 8601") from None
    if not 2000 <= found.year <= 2100:
        raise BadItem(f"{where}: the year {found.year} can't be right")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
