"""A lead of the operators' own, taken in the way HubSpot would bring one: to see that everything is connected."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from django.utils import timezone

from connectors import hubspot_signature, hubspot_webhook
from connectors.hubspot_webhook import Came
from leads import audit, intake, webhook_log
from leads.domains import company_domain
from leads.guide import known_secrets
from leads.models import AllowedForm, WorkflowRun, Workspace
from leads.payloads import BadItem, parse


class NotPossible(Exception):
    """A step before it is not done, or the address is no prospect's; the message says which."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of a test delivery, in words, and the run that it began."""

    is_good: bool
    says: str
    run: int | None = None


def send(workspace: Workspace, *, email: str, first_name: str, message: str, actor: str) -> WorkflowRun:
    """The run that it started. Draft only, whatever the switches say."""
    body, secret = made_up(workspace, email=email, first_name=first_name, message=message)
    arrival = parse(body, timezone.now())[0]
    if isinstance(arrival, BadItem):
        raise NotPossible(str(arrival))
    item = intake.receive(signed(workspace, secret, body), [arrival])[0]
    if item.run is None:
        raise NotPossible(f"It was not taken in: {item.reason}.")
    run = WorkflowRun.objects.get(pk=item.run)
    audit.record("test_lead_sent", workspace, actor=actor, run=run)
    return run


def deliver(workspace: Workspace, *, actor: str) -> Delivered:
    """Post a signed test lead over the network to our own address, as HubSpot has it, and say what came of it."""
    email = f"test-delivery+{time.time_ns()}@example.com"
    body, secret = made_up(
        workspace,
        email=email,
        first_name="Test",
        message="This is a test delivery. What does it cost for a team of ten?",
    )
    url = webhook_log.webhook_url()
    headers = hubspot_webhook.headers_for(secret, url, body, "Sales Agent test delivery")
    reply = hubspot_webhook.post(url, body, headers)
    delivered = in_words(reply, url)
    audit.record("test_delivery_sent", workspace, actor=actor, came=reply.came.value)
    return delivered


def in_words(reply: hubspot_webhook.Reply, url: str) -> Delivered:
    match reply.came:
        case Came.NO_ANSWER:
            return Delivered(
                is_good=False,
                says=f"Nobody answers at {url} ({reply.detail}). See that PUBLIC_URL is right, and that this server "
                "can reach itself by it.",
            )
        case Came.ELSEWHERE:
            return Delivered(
                is_good=False,
                says=f"What answers at {url} is not this installation: it said {reply.detail}. See that PUBLIC_URL is "
                "right, and what stands in front of the server.",
            )
        case Came.REFUSED:
            return Delivered(is_good=False, says=f"Our own webhook refused it: {reply.detail}")
        case Came.TAKEN:
            item = reply.answer["items"][0]
            if item["verdict"] == "accepted":
                says = "It arrived, its signature was good, and it was accepted, as a test."
                return Delivered(is_good=True, says=says, run=item["run"])
            reason = item["reason"] or "no reason was given"
            return Delivered(
                is_good=False, says=f"It arrived with a good signature and was {item['verdict']}: {reason}."
            )


def made_up(workspace: Workspace, *, email: str, first_name: str, message: str) -> tuple[bytes, str]:
    """A test lead through the first form that is answered, and the secret to sign it with."""
    form = AllowedForm.objects.filter(workspace=workspace, enabled=True).order_by("pk").first()
    if form is None:
        raise NotPossible("No form is allowed yet, so nobody's form would be answered. Allow one first.")
    secret = known_secrets(workspace).get("client_secret", "")
    if not secret:
        raise NotPossible("The client secret is not set, so nothing can be signed. Connect HubSpot first.")
    ours = company_domain(workspace.sender_email)
    if ours and company_domain(email) == ours:
        raise NotPossible(f"{ours} is your own domain: your own people get no draft. Use a private address.")
    lead = {
        "test": True,
        "portalId": workspace.portal_id,
        "formId": form.form_id,
        "formSubmissionId": f"test-{time.time_ns()}",
        "timestamp": int(time.time() * 1000),
        "pageTitle": "Test lead",
        "fieldValues": [
            {"name": "email", "value": email},
            {"name": "firstname", "value": first_name},
            {"name": "message", "value": message},
        ],
    }
    return json.dumps(lead).encode(), secret


def signed(workspace: Workspace, secret: str, body: bytes) -> intake.Signed:
    """The request that HubSpot would have sent, its signature made with the workspace's own secret and checked."""
    uri = webhook_log.webhook_url()
    headers = hubspot_webhook.headers_for(secret, uri, body, "Sales Agent test lead")
    version = hubspot_signature.verify(secret, "POST", uri, body, headers, time.time())
    return intake.Signed([workspace], version, headers, body, webhook_log.target())
