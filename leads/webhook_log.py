"""What the webhook pages show: deliveries by the hour, a delivery's items and signature, and the set-up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from connectors import hubspot_signature_doubts as doubts
from leads import unsigned
from leads.credentials import client_secrets
from leads.models import AllowedForm, Delivery, UnsignedHour, WorkflowRun, Workspace
from leads.payloads import Arrived, Unparseable, parse

HOURS = 24
MOST = 20_000  # deliveries that the counts look at
ITEMS = 100
LATER = 20
SIGNATURES = {"x-hubspot-signature", "x-hubspot-signature-v3"}

BY_HOUR = """
SELECT date_trunc('hour', received_at, 'UTC'), verdict, count(*)
FROM (SELECT received_at, verdict FROM leads_delivery WHERE received_at >= %s ORDER BY received_at DESC LIMIT %s) newest
GROUP BY 1, 2
"""


@dataclass(slots=True)
class Hour:
    """How many deliveries came in an hour, by verdict; and unsigned ones that were counted, but not kept."""

    start: datetime
    by_verdict: dict[str, int] = field(default_factory=dict)
    not_kept: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_verdict.values())


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One submission of a delivery, and its run."""

    number: int
    verdict: str
    reason: str
    form: str
    run: WorkflowRun | None


def by_hour(now: datetime | None = None) -> list[Hour]:
    """The last 24 hours, oldest first, the present one last."""
    this = (now or timezone.now()).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [this - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    hours = {start: Hour(start) for start in starts}
    with connection.cursor() as cursor:
        cursor.execute(BY_HOUR, [starts[0], MOST])
        for start, verdict, number in cursor.fetchall():
            if start in hours:
                hours[start].by_verdict[verdict] = number
    for counted in UnsignedHour.objects.filter(hour__gte=starts[0], number__gt=unsigned.AN_HOUR):
        if counted.hour in hours:
            hours[counted.hour].not_kept = counted.number - unsigned.AN_HOUR
    return list(hours.values())


def last() -> Delivery | None:
    """The newest delivery, for the home page."""
    return Delivery.objects.defer("body", "headers", "items").order_by("-pk").first()


def items_of(delivery: Delivery) -> list[ItemRow]:
    """What became of each submission, with the runs that there are."""
    entries = [entry for entry in delivery.items if isinstance(entry, dict)][:ITEMS]
    runs = WorkflowRun.objects.select_related("lead").in_bulk([entry["run"] for entry in entries if entry.get("run")])
    names = form_names({str(entry.get("form", "")) for entry in entries})
    return [
        ItemRow(
            number,
            str(entry.get("verdict", "")),
            str(entry.get("reason", "")),
            names.get(str(entry.get("form", "")), ""),
            runs.get(entry.get("run") or 0),
        )
        for number, entry in enumerate(entries, 1)
    ]


def later_runs(delivery: Delivery, rows: list[ItemRow]) -> list[WorkflowRun]:
    """Runs of what it brought that began later, as when one is started again."""
    known = [row.run.pk for row in rows if row.run]
    return list(WorkflowRun.objects.filter(submission__delivery=delivery).exclude(pk__in=known).order_by("pk")[:LATER])


def form_names(form_ids: set[str]) -> dict[str, str]:
    """Forms as people call them: by name where one is known, else by id."""
    wanted = form_ids - {""}
    if not wanted:
        return {}
    known = dict(AllowedForm.objects.filter(form_id__in=wanted).values_list("form_id", "name"))
    return {form_id: known.get(form_id, form_id) for form_id in wanted}


def explain(delivery: Delivery) -> doubts.Explanation:
    """The delivery's signature, part by part, against today's settings."""
    if delivery.signature and SIGNATURES.isdisjoint(name.lower() for name in delivery.headers):
        held = f"{delivery.signature} was verified when it came; the header was not kept, so nothing is checked again"
        return doubts.Explanation((doubts.right("Signature", held),))
    secrets = {", ".join(owner.name for owner in owners): secret for secret, owners in client_secrets().items()}
    kept = doubts.Kept(
        method="POST",
        target=delivery.target or reverse("webhook"),
        headers=delivery.headers,
        body=bytes(delivery.body),
        is_whole=delivery.is_whole,
        at=delivery.received_at.timestamp(),
    )
    return doubts.explain(kept, settings.PUBLIC_URL, secrets, owner_named_in(delivery))


def owner_named_in(delivery: Delivery) -> str:
    """The workspace whose portal the body names, if it names one that somebody has."""
    try:
        arrivals = parse(bytes(delivery.body), delivery.received_at)
    except Unparseable:
        return ""
    portals = {arrival.portal_id for arrival in arrivals if isinstance(arrival, Arrived) and arrival.portal_id}
    owner = Workspace.objects.filter(portal_id__in=portals).first() if len(portals) == 1 else None
    return owner.name if owner else ""


def webhook_url() -> str:
    """What is entered in HubSpot, character by character."""
    return f"{settings.PUBLIC_URL}{target()}"


def target() -> str:
    """The part of it that follows the host."""
    return reverse("webhook")


def curl_command() -> str:
    """A signed delivery by hand, for a shell with openssl and curl."""
    body = '{"portalId": 1, "formId": "FORM", "email": "test@example.com", "message": "Only a test"}'
    return (
        f"URL='{webhook_url()}'\n"
        "SECRET='the client secret of the HubSpot app'\n"
        f"BODY='{body}'\n"
        'TIME="$(date +%s)000"\n'
        'SIGNATURE=$(printf %s "POST$URL$BODY$TIME" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64)\n'
        'curl -i "$URL" -H "Content-Type: application/json" -H "X-HubSpot-Request-Timestamp: $TIME" \\\n'
        '  -H "X-HubSpot-Signature-v3: $SIGNATURE" -d "$BODY"'
    )
