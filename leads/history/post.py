"""What HubSpot posted in the past: requests as the webhook keeps them, truly signed, and some that were not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from connectors.hubspot_signature import BadSignature, sign_v2, sign_v3, verify
from leads import intake
from leads.history import cast
from leads.models import AllowedForm, Delivery, Submission, WorkflowRun, Workspace
from leads.payloads import Arrived, Unparseable, parse

Verdict = Delivery.Verdict
TARGET = "/webhook/formlead"
AGENT = "HubSpot Connect 2.0 (http://dev.hubspot.com/) (namespace: webhooks-nio-http-client)"
type Forms = Mapping[tuple[int, str], AllowedForm]


class Post:
    """Makes deliveries; nothing of them is in the database yet."""

    def __init__(self, workspace: Workspace, forms: Forms, prospects: cast.Cast, now: datetime) -> None:
        self.workspace = workspace
        self.forms = dict(forms)
        self.cast = prospects
        self.dice: Random = prospects.dice
        self.now = now

    def accepted(self, asked: cast.Enquiry, at: datetime) -> tuple[Delivery, Arrived, AllowedForm]:
        """A signed request with this enquiry; some are in HubSpot's older format."""
        sent = int((at - timedelta(seconds=self.dice.uniform(0.8, 6))).timestamp() * 1000)
        is_old = self.dice.random() < 0.12
        payload = cast.form_submission(asked, self.uuid(), sent)
        body = json.dumps(cast.older(payload) if is_old else payload).encode()
        arrived = parse(body, at)[0]
        if not isinstance(arrived, Arrived):
            raise arrived
        delivery = self.delivery(body, at, Verdict.ACCEPTED, is_old=is_old)
        delivery.form_id = arrived.form_id
        return delivery, arrived, self.forms[self.workspace.pk, arrived.form_id]

    def others(self, before: Delivery, submission: Submission, run: WorkflowRun) -> Iterator[Delivery]:
        """What came after `before`: the same again, forms that nobody allowed, what can't be read or isn't signed."""
        body = bytes(before.body)
        at = before.received_at + timedelta(seconds=self.dice.uniform(20, 400))
        if at > self.now:
            return
        if self.dice.random() < 0.05:
            reason = f"submission {submission.pk} came before"
            again = self.delivery(body, at, Verdict.DUPLICATE, reason, is_old=before.signature == "v2")
            again.form_id = before.form_id
            again.items = [intake.Item(Verdict.DUPLICATE, reason, run.pk, form=before.form_id).noted()]
            yield again
        if self.dice.random() < 0.07:
            yield self.ignored(at)
        if self.dice.random() < 0.008:
            yield self.unreadable(body[: self.dice.randint(20, 200)], at)
        if self.dice.random() < 0.02:
            yield self.unsigned(body, at)

    def ignored(self, at: datetime) -> Delivery:
        form_id = cast.WEBINAR if self.dice.random() < 0.8 else cast.OLD
        asked = cast.Enquiry(self.cast.prospect(), form_id, "")
        body = json.dumps(cast.form_submission(asked, self.uuid(), int(at.timestamp() * 1000))).encode()
        item, _, _ = intake.judge(parse(body, at)[0], [self.workspace], self.forms)
        delivery = self.delivery(body, at, item.verdict, item.reason)
        item.form = delivery.form_id = form_id
        delivery.items = [item.noted()]
        return delivery

    def unreadable(self, body: bytes, at: datetime) -> Delivery:
        try:
            parse(body, at)
        except Unparseable as error:
            return self.delivery(body, at, Verdict.REFUSED, str(error))
        raise ValueError("half a request can be read after all")

    def unsigned(self, body: bytes, at: datetime) -> Delivery:
        """Refused for its signature: made with another secret, or long ago."""
        is_late = self.dice.random() < 0.5
        signed_at = at - timedelta(minutes=20) if is_late else at
        delivery = self.delivery(body, signed_at, Verdict.REFUSED, secret=self.secret if is_late else "another one")
        try:
            verify(self.secret, "POST", settings.PUBLIC_URL + TARGET, body, delivery.headers, at.timestamp())
        except BadSignature as bad:
            delivery.reason = str(bad)
        delivery.workspace, delivery.signature, delivery.received_at = None, "", at
        return delivery

    def delivery(
        self, body: bytes, at: datetime, verdict: str, reason: str = "", *, is_old: bool = False, secret: str = ""
    ) -> Delivery:
        return Delivery(
            workspace=self.workspace,
            received_at=at,
            signature="v2" if is_old else "v3",
            target=TARGET,
            headers=self.headers(body, at, secret or self.secret, is_old=is_old),
            body=body,
            size=len(body),
            verdict=verdict,
            reason=reason[:300],
            items=[],
        )

    def headers(self, body: bytes, at: datetime, secret: str, *, is_old: bool) -> dict[str, str]:
        uri = settings.PUBLIC_URL + TARGET
        stamp = str(int(at.timestamp() * 1000) - self.dice.randint(40, 400))
        signed = {
            "X-HubSpot-Request-Timestamp": stamp,
            "X-HubSpot-Signature-v3": sign_v3(secret, "POST", uri, body, stamp),
        }
        if is_old:
            signed = {"X-HubSpot-Signature": sign_v2(secret, "POST", uri, body), "X-HubSpot-Signature-Version": "v2"}
        return {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": AGENT,
            "Host": urlsplit(settings.PUBLIC_URL).netloc,
            **signed,
        }

    @property
    def secret(self) -> str:
        return settings.HUBSPOT_CLIENT_SECRET or "none was set"

    def uuid(self) -> str:
        return str(UUID(int=self.dice.getrandbits(128), version=4))
