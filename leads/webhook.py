"""`POST /webhook/formlead`: verify, keep, acknowledge. HubSpot allows five seconds; this takes a few milliseconds."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import UnreadablePostError
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from connectors import hubspot_signature
from connectors.hubspot_signature import BadSignature
from leads import intake, unsigned
from leads.credentials import client_secrets
from leads.models import Delivery
from leads.payloads import Unparseable, parse

logger = logging.getLogger(__name__)

KEPT_HEADERS = (
    *("Content-Type", "Content-Length", "User-Agent", "Host", "X-Forwarded-Host", "X-Forwarded-Proto"),
    *("X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp", "X-HubSpot-Signature", "X-HubSpot-Signature-Version"),
)
LONGEST_READ = 4 * 1024 * 1024  # bytes that are read only to know whose they are
MOST_BYTES = 2**31 - 1  # that a column can say
TOO_LARGE = "The body is larger than 1 MiB."
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
        except UnreadablePostError:
            return problem(HTTPStatus.REQUEST_TIMEOUT, "The body did not come as it was announced. Deliver it again.")
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
            refuse_too_large(request)
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
        try:
            signed = authenticate(request, body)
        except BadSignature as bad:
            refuse_unsigned(request, str(bad), body, len(body))
            return problem(HTTPStatus.UNAUTHORIZED, f"Not accepted: {bad}.")
        try:
            arrivals = parse(body, timezone.now())
        except Unparseable as error:
            intake.refuse(signed, str(error))
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        return acknowledge(intake.receive(signed, arrivals))


def authenticate(request: Request, body: bytes) -> intake.Signed:
    """The workspaces whose secret signed this request. Raises `BadSignature`."""
    target = request.get_full_path()
    uri = settings.PUBLIC_URL + target
    secrets = client_secrets()
    if not secrets:
        raise BadSignature("no client secret is configured here (HUBSPOT_CLIENT_SECRET)")
    for secret, workspaces in secrets.items():
        try:
            version = hubspot_signature.verify(secret, request.method or "", uri, body, request.headers, time.time())
        except BadSignature as bad:
            last = bad
            continue
        return intake.Signed(workspaces, version, kept_headers(request), body, target)
    raise last


def kept_headers(request: Request) -> dict[str, str]:
    return {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}


def refuse_too_large(request: Request) -> None:
    """Note a body that is not kept; as HubSpot's, if it is short enough to be read for its signature."""
    size = int(request.headers["Content-Length"])
    body = read(request, size) if size <= LONGEST_READ else b""
    try:
        signed = authenticate(request, body)
    except BadSignature:
        refuse_unsigned(request, f"{TOO_LARGE} It has {size} bytes, and nobody's signature was found.", b"", size)
    else:
        intake.refuse(replace(signed, body=b""), f"{TOO_LARGE} It has {size} bytes.", size)


def read(request: Request, size: int) -> bytes:
    try:
        return bytes(request.stream.read(size))
    except OSError as error:
        raise UnreadablePostError(*error.args) from error


def refuse_unsigned(request: Request, reason: str, body: bytes, size: int) -> None:
    logger.warning("refused a webhook of %s bytes: %s", size, reason)
    target, headers = request.get_full_path(), kept_headers(request)
    unsigned.keep(reason, target=target, headers=headers, body=body, size=min(size, MOST_BYTES))


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
