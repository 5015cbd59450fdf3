"""`POST /webhook/formlead`: verify, keep, acknowledge. HubSpot allows five seconds; this takes a few milliseconds."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from connectors import hubspot_signature
from connectors.hubspot_signature import BadSignature
from leads import intake
from leads.credentials import client_secrets
from leads.models import Delivery
from leads.payloads import Unparseable, parse

logger = logging.getLogger(__name__)

KEPT_HEADERS = ("Content-Type", "User-Agent", "X-HubSpot-Signature-Version", "X-HubSpot-Request-Timestamp")
Verdict = Delivery.Verdict


class AlwaysJson(BaseContentNegotiation):
    """What HubSpot says it accepts is no reason to refuse what it sends."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class FormLeadWebhook(APIView):
    """Answers 202 with run ids, 200 when all was duplicate or ignored, 401 for a bad signature, 400 for no JSON."""

    content_negotiation_class = AlwaysJson
    http_method_names = ("post",)

    def post(self, request: Request) -> Response:
        try:
            return self.take(request)
        except DatabaseError as error:
            logger.error("a webhook could not be kept: %s", type(error).__name__)  # noqa: TRY400
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer. Deliver it again.")

    def handle_exception(self, exc: Exception) -> Response:
        """What the framework refuses, in the same shape as what we refuse."""
        if isinstance(exc, APIException):
            return problem(HTTPStatus(exc.status_code), str(exc.detail))
        raise exc

    def take(self, request: Request) -> Response:
        try:
            body = request.body
        except RequestDataTooBig:
            # Unread, so its signature is unknown, and it is not kept.
            logger.warning("refused a webhook of %s bytes", request.headers.get("Content-Length", "unknown"))
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is larger than 1 MiB.")
        try:
            signed = authenticate(request, body)
        except BadSignature as bad:
            logger.warning("refused a webhook: %s", bad)
            return problem(HTTPStatus.UNAUTHORIZED, f"Not accepted: {bad}.")
        try:
            arrivals = parse(body, timezone.now())
        except Unparseable as error:
            intake.refuse(signed, str(error))
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        return acknowledge(intake.receive(signed, arrivals))


def authenticate(request: Request, body: bytes) -> intake.Signed:
    """The workspaces whose secret signed this request. Raises `BadSignature`."""
    uri = settings.PUBLIC_URL + request.get_full_path()
    secrets = client_secrets()
    if not secrets:
        raise BadSignature("no client secret is configured here (HUBSPOT_CLIENT_SECRET)")
    for secret, workspaces in secrets.items():
        try:
            version = hubspot_signature.verify(secret, request.method or "", uri, body, request.headers, time.time())
        except BadSignature as bad:
            last = bad
            continue
        headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
        return intake.Signed(workspaces, version, headers, body)
    raise last


def acknowledge(items: list[intake.Item]) -> Response:
    accepted = [item for item in items if item.verdict == Verdict.ACCEPTED]
    answer: dict[str, Any] = {
        "runs": [item.run for item in accepted],
        "items": [
            {"verdict": item.verdict, "reason": item.reason, "run": item.run, "submission": item.submission}
            for item in items
        ],
    }
    return Response(answer, status=HTTPStatus.ACCEPTED if accepted else HTTPStatus.OK)


def problem(status: HTTPStatus, message: str) -> Response:
    return Response({"error": {"status": status.value, "message": message}}, status=status)
