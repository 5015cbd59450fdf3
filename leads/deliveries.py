"""What people can do to a delivery that was kept."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from connectors import hubspot_signature
from connectors.hubspot_signature import BadSignature
from leads import audit, intake
from leads.credentials import client_secrets
from leads.models import AllowedForm, Delivery, Workspace
from leads.payloads import Unparseable, parse
from leads.seen_forms import who_waited

AT_ONCE = 100  # that one click takes in again


class NotPossible(Exception):
    """The delivery can't be taken in again; the message says why, and what would have to change."""


def replay(delivery: Delivery, *, actor: str) -> Delivery:
    """Take it in again with today's settings; the new delivery says what became of it.

    What came before is a duplicate, what was ignored may be accepted now. What was refused for its signature must
    have one that holds now, apart from its age.
    """
    body = bytes(delivery.body)
    if not delivery.is_whole:
        raise NotPossible(
            f"{delivery} can't be replayed: of its {delivery.size} bytes {len(body)} were kept. Send it again."
        )
    workspaces, version = signers(delivery, body)
    try:
        arrivals = parse(body, delivery.received_at)
    except Unparseable as error:
        raise NotPossible(f"{delivery} can't be replayed: {error}") from None
    signed = intake.Signed(workspaces, version, delivery.headers, body, delivery.target, delivery)
    with transaction.atomic():
        again, items = intake.take_in(signed, arrivals)
        runs = [item.run for item in items if item.verdict == Delivery.Verdict.ACCEPTED]
        audit.record(
            "delivery_replayed",
            again.workspace,
            actor=actor,
            delivery=delivery.pk,
            replay=again.pk,
            verdict=again.verdict,
            runs=runs,
        )
    return again


def answer_who_waited(form: AllowedForm, *, actor: str) -> tuple[int, list[str]]:
    """Take in again what was ignored while `form` was not answered, oldest first: how many, and why not the others."""
    replayed, refused = 0, []
    waited = who_waited(form.workspace).get(form.form_id, [])
    for delivery in Delivery.objects.filter(pk__in=waited[:AT_ONCE]).order_by("pk"):
        try:
            replay(delivery, actor=actor)
        except NotPossible as refusal:
            refused.append(str(refusal))
        else:
            replayed += 1
    return replayed, refused


def signers(delivery: Delivery, body: bytes) -> tuple[list[Workspace], str]:
    """The workspaces whose secret signs it as things are now, and the version; else whose it was proved to be once."""
    uri = settings.PUBLIC_URL + delivery.target
    why = "no client secret is configured here"
    for secret, workspaces in client_secrets().items():
        try:
            return workspaces, hubspot_signature.verify(secret, "POST", uri, body, delivery.headers, None)
        except BadSignature as bad:
            why = str(bad)
    if delivery.signature and delivery.workspace:
        return [delivery.workspace], delivery.signature
    raise NotPossible(f"{delivery} can't be replayed: its signature does not hold now either: {why}.")
