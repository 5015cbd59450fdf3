"""`docs/openapi.yaml` says what the code does, and the code keeps to it whatever is sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import yaml
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connectors.hubspot_signature import sign_v3
from leads import heartbeat
from leads.models import Delivery, Workspace
from leads.payloads import MOST_EVENTS, MOST_FIELDS, STARTS_A_RUN
from tests.conftest import SECRET
from tests.hostile.bodies import form, written
from tests.hostile.conftest import Cases, one_in

pytestmark = pytest.mark.django_db

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
METHODS = ("get", "post", "put", "patch", "delete")
BEHIND_A_LOGIN = {"", "admin/"}  # the way to the console, and the console
WEBHOOK = "/webhook/formlead"
SIGNATURE = "X-HubSpot-Signature-v3"


def cases_of(mode: GenerationMode) -> st.SearchStrategy[Case]:
    return st.one_of([operation.as_strategy(generation_mode=mode) for operation in OPERATIONS])


def prepared(case: Case) -> requests.PreparedRequest:
    """The request on the wire."""
    return requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()


def send(client: Client, request: requests.PreparedRequest, *, is_signed: bool) -> Response:
    """Through all of Django, with a good signature or without; the answer as a client sees it."""
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    headers = {
        name: value if isinstance(value, str) else value.decode("latin-1") for name, value in request.headers.items()
    }
    content_type = headers.pop("Content-Type", "application/json")
    path, _, query = (request.path_url or "/").partition("?")
    if is_signed:
        stamp = str(int(time.time() * 1000))
        uri = settings.PUBLIC_URL + path + (f"?{query}" if query else "")
        headers |= {
            SIGNATURE: sign_v3(SECRET, request.method or "", uri, body, stamp),
            "X-HubSpot-Request-Timestamp": stamp,
        }
    answer = client.generic(
        request.method or "",
        path,
        body,
        content_type,
        headers=headers,
        QUERY_STRING=query,
    )
    return seen(answer, request)


def seen(answer: HttpResponse, request: requests.PreparedRequest) -> Response:
    headers = {name.lower(): [value] for name, value in answer.items()}
    return Response(answer.status_code, headers, answer.content, request, elapsed=0, verify=False)


@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "unsigned"])
@one_in(2)
@given(case=cases_of(GenerationMode.POSITIVE) | cases_of(GenerationMode.NEGATIVE))
def test_every_answer_is_one_that_the_document_names(
    client: Client, workspace: Workspace, cases: Cases, case: Case, *, is_signed: bool
) -> None:
    heartbeat.beat("worker", 1)  # or its absence is said, with 503
    with cases.case():
        case.validate_response(send(client, prepared(case), is_signed=is_signed), checks=CHECKS)


@one_in(3)
@given(case=OPERATIONS[0].as_strategy(generation_mode=GenerationMode.POSITIVE))
def test_what_the_document_allows_and_is_signed_is_taken(
    client: Client, workspace: Workspace, cases: Cases, case: Case
) -> None:
    with cases.case():
        answer = send(client, prepared(case), is_signed=True)
        assert answer.status_code in {200, 202}
        assert Delivery.objects.get().signature == "v3"


def addresses() -> Iterator[str]:
    """Those of the code, as the document would write them."""
    for entry in get_resolver().url_patterns:
        route = str(entry.pattern).removeprefix("^").removesuffix("/?$").replace("<str:", "{").replace(">", "}")
        if route not in BEHIND_A_LOGIN:
            yield f"/{route}"


def test_the_document_names_every_address_that_needs_no_login() -> None:
    assert set(addresses()) == set(DOCUMENT["paths"])


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_the_document_names_every_method(client: Client, workspace: Workspace, path: str) -> None:
    taken = {
        method for method in METHODS if client.generic(method.upper(), path.replace("{token}", "x")).status_code != 405
    }
    assert taken == DOCUMENT["paths"][path].keys() & METHODS


def test_the_document_has_the_codes_own_limits_and_words() -> None:
    assert SCHEMAS["Events"]["maxItems"] == MOST_EVENTS
    assert SCHEMAS["FormSubmission"]["properties"]["fieldValues"]["maxItems"] == MOST_FIELDS
    assert set(SCHEMAS["Events"]["items"]["properties"]["subscriptionType"]["enum"]) == STARTS_A_RUN
    verdicts = set(SCHEMAS["Receipt"]["properties"]["items"]["items"]["properties"]["verdict"]["enum"])
    assert verdicts == set(Delivery.Verdict) - {Delivery.Verdict.REFUSED}


class Stalled(BytesIO):
    """A body that its sender has stopped sending."""

    def read(self, _size: int | None = -1) -> bytes:
        raise TimeoutError


@pytest.mark.parametrize("size", [1_000, 1_100_000], ids=["small", "too large"])
def test_a_body_that_stops_coming_is_answered_so(client: Client, workspace: Workspace, size: int) -> None:
    stalled: dict[str, Any] = {"wsgi.input": Stalled(), "CONTENT_LENGTH": str(size)}
    answer = client.post(WEBHOOK, b"", content_type="application/json", **stalled)
    assert answer.status_code == 408
    assert not Delivery.objects.exists()


def test_every_status_that_the_document_names_is_given(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the webhook; each with a body that fits."""

    def ask(body: bytes, *, method: str = "POST", is_signed: bool = True) -> int:
        request = requests.Request(method, f"http://testserver{WEBHOOK}", data=body).prepare()
        answer = send(client, request, is_signed=is_signed)
        OPERATIONS[0].validate_response(answer)
        return answer.status_code

    body = written(form()).encode()
    given = [ask(body), ask(body), ask(b"{"), ask(body, is_signed=False), ask(b"x" * 1_100_000)]
    given.append(ask(b"", method="GET"))
    given.append(client.post(WEBHOOK, body, content_type="application/json", **{"wsgi.input": Stalled()}).status_code)

    def fail(*_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("leads.intake.receive", fail)
    assert {*given, ask(body)} == {int(status) for status in DOCUMENT["paths"][WEBHOOK]["post"]["responses"]}
