"""A lead of the operators' own, taken in the way HubSpot would bring one: to see that everything is connected."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from connectors import hubspot_signature
from leads import audit, intake
from leads.domains import company_domain
from leads.guide import known_secrets
from leads.models import AllowedForm, Submission, WorkflowRun, Workspace
from leads.payloads import BadItem, parse


class NotPossible(Exception):
    """A step before it is not done, or the address is no prospect's; the message says which."""


def send(workspace: Workspace, *, email: str, first_name: str, message: str, actor: str) -> WorkflowRun:
    """The run that it started. Draft only, whatever the switches say."""
    form = AllowedForm.objects.filter(workspace=workspace, enabled=True).order_by("pk").first()
    if form is None:
        raise NotPossible("No form is allowed yet, so nobody's form would be answered. Allow one first.")
    secret = known_secrets(workspace).get("client_secret", "")
    if not secret:
        raise NotPossible("The client secret is not set, so nothing can be signed. Connect HubSpot first.")
    ours = company_domain(workspace.sender_email)
    if ours and company_domain(email) == ours:
        raise NotPossible(f"{ours} is your own domain: your own people get no draft. Use a private address.")
    body = json.dumps(
        {
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
    ).encode()
    arrival = parse(body, timezone.now())[0]
    if isinstance(arrival, BadItem):
        raise NotPossible(str(arrival))
    item = intake.receive(
        signed(workspace, secret, body), [replace(arrival, draft_only=True, via=Submission.Via.TEST)]
    )[0]
    if item.run is None:
        raise NotPossible(f"It was not taken in: {item.reason}.")
    run = WorkflowRun.objects.get(pk=item.run)
    audit.record("test_lead_sent", workspace, actor=actor, run=run)
    return run


def signed(workspace: Workspace, secret: str, body: bytes) -> intake.Signed:
    """The request that HubSpot would have sent, its signature made with the workspace's own secret and checked."""
    target, stamp = reverse("webhook"), str(int(time.time() * 1000))
    uri = settings.PUBLIC_URL + target
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Sales Agent test lead",
        "X-HubSpot-Request-Timestamp": stamp,
        "X-HubSpot-Signature-v3": hubspot_signature.sign_v3(secret, "POST", uri, body, stamp),
    }
    version = hubspot_signature.verify(secret, "POST", uri, body, headers, time.time())
    return intake.Signed([workspace], version, headers, body, target)
