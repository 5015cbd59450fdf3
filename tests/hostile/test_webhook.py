"""Whatever is sent to the webhook is answered in its own terms, at once, and kept whole or not at all."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Count
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.hubspot_signature import TOLERANCE, sign_v2, sign_v3
from leads.models import Delivery, Event, Lead, Submission, WorkflowRun, Workspace
from tests.conftest import SECRET
from tests.hostile import bodies
from tests.hostile.bodies import BODIES, LEAVES, TEXT, written
from tests.hostile.conftest import Cases, one_in

pytestmark = pytest.mark.django_db

PATH = "/webhook/formlead"
type Post = Callable[..., Any]


@pytest.fixture
def post(client: Client, workspace: Workspace) -> Post:
    def send(body: bytes, *, skew: float = 0, **headers: str) -> Any:
        stamp = str(int((time.time() + skew) * 1000))
        signed = {
            "X-HubSpot-Signature-v3": sign_v3(SECRET, "POST", settings.PUBLIC_URL + PATH, body, stamp),
            "X-HubSpot-Request-Timestamp": stamp,
        }
        return client.post(PATH, body, content_type="application/json", headers=signed | headers)

    return send


def rows() -> tuple[int, int, int, int]:
    return (Submission.objects.count(), WorkflowRun.objects.count(), Lead.objects.count(), Event.objects.count())


def assert_whole() -> None:
    """Each submission has its run, its delivery and its event, and nothing stands without the rest."""
    odd = Submission.objects.annotate(of=Count("runs")).exclude(of=1, delivery__isnull=False)
    assert not odd.exists()
    accepted = Event.objects.filter(kind="run_accepted").values_list("run", flat=True)
    assert sorted(accepted) == sorted(WorkflowRun.objects.values_list("pk", flat=True))
    assert not Lead.objects.filter(submissions=None).exists()


@given(body=BODIES)
@example(b"[" * 100_000)
@example(b'{"email": "\\ud800@x.example", "email": ["\\u0000"]}')
@example(written({**bodies.form(), "timestamp": float("nan")}).encode())
def test_a_signed_body_is_answered_and_kept_whole(post: Post, cases: Cases, body: bytes) -> None:
    with cases.case():
        answer = post(body)
        assert answer.status_code in {200, 202, 400, 413}
        assert Delivery.objects.count() == 1
        if answer.status_code in {400, 413}:
            assert answer.json()["error"]["status"] == answer.status_code
            assert rows() == (0, 0, 0, 0)
            return
        runs = answer.json()["runs"]
        assert (answer.status_code == 202) == bool(runs)
        assert sorted(runs) == sorted(WorkflowRun.objects.values_list("pk", flat=True))
        assert_whole()
        before = rows()
        again = post(body)
        assert (again.status_code, again.json()["runs"]) == (200, [])
        assert rows() == before


@one_in(6)
@given(bad=bodies.ANYTHING | bodies.spoiled(), place=st.integers(0, 99))
@example(bad={}, place=0)
@example(bad=None, place=99)
@example(bad={**bodies.event(), "occurredAt": bodies.TOO_LONG}, place=50)
def test_one_bad_event_costs_the_other_ninety_nine_nothing(post: Post, cases: Cases, bad: Any, place: int) -> None:
    with cases.case():
        answer = post(written(list(bodies.batch(bad, place))).encode())
        others = [item for index, item in enumerate(answer.json()["items"]) if index != place]
        assert answer.status_code == 202
        assert [item["verdict"] for item in others if item["verdict"] != "accepted"] in ([], ["duplicate"])
        assert len(answer.json()["runs"]) >= 99
        assert_whole()


@one_in(5)
@given(skew=st.floats(-1e9, 1e9) | st.floats(-400, 400))
@example(skew=TOLERANCE - 5)
@example(skew=-TOLERANCE + 5)
@example(skew=TOLERANCE + 5)
def test_a_clock_may_be_five_minutes_off_and_no_more(post: Post, cases: Cases, skew: float) -> None:
    with cases.case():
        answer = post(json.dumps(bodies.form()).encode(), skew=skew)
        if abs(abs(skew) - TOLERANCE) < 2:
            assert answer.status_code in {202, 401}
        else:
            assert answer.status_code == (202 if abs(skew) < TOLERANCE else 401)
        assert_whole()


HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=100)
HEADERS = st.fixed_dictionaries(
    {
        "X-HubSpot-Request-Timestamp": HEADER | st.sampled_from(("", "0", "9" * 16, "9" * 17, "-1", "1e12", "NaN")),
        "X-HubSpot-Signature-v3": HEADER,
        "X-HubSpot-Signature": HEADER,
        "X-HubSpot-Signature-Version": HEADER,
    }
)


@given(headers=HEADERS, query=TEXT, body=BODIES)
def test_what_is_not_signed_starts_nothing(
    client: Client, workspace: Workspace, cases: Cases, headers: dict[str, str], query: str, body: bytes
) -> None:
    with cases.case():
        asked = {"q": query.encode("utf-8", "replace").decode()}
        answer = client.post(PATH, body, content_type="application/json", headers=headers, query_params=asked)
        assert answer.status_code in {401, 413}
        assert rows() == (0, 0, 0, 0)


@one_in(10)
@given(replays=st.lists(st.integers(0, 5), min_size=2, max_size=8), number=LEAVES)
def test_what_is_replayed_in_any_order_starts_one_run_each(
    post: Post, cases: Cases, replays: list[int], number: Any
) -> None:
    with cases.case():
        for one in replays:
            event = bodies.event(one) | {"attemptNumber": number}
            assert post(written([event]).encode()).status_code in {200, 202}
            assert post(json.dumps(bodies.form(one)).encode()).status_code in {200, 202}
        assert Submission.objects.count() == 2 * len(set(replays))
        assert_whole()


def peak() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


LARGEST = 1024 * 1024
WORST = (
    b"[" * LARGEST,
    b'{"a":' * (LARGEST // 5),
    b"[" + b"1," * (LARGEST // 2 - 2) + b"1]",
    b'{"email":"a@b.example","message":"' + b"\\u0000" * (LARGEST // 6 - 10) + b'"}',
    b'{"fieldValues":[' + b",".join(b'{"name":"n%d","value":"v"}' % n for n in range(30_000)) + b"]}",
    b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
)


def test_the_largest_bodies_that_are_read_cost_little_memory(post: Post) -> None:
    post(WORST[0])
    before = peak()
    for body in WORST * 3:
        assert len(body) <= LARGEST
        assert post(body).status_code in {200, 400}
    assert peak() - before < 100


def test_a_v2_signature_takes_any_body_too(client: Client, workspace: Workspace) -> None:
    body = b"[" * 2000
    signature = sign_v2(SECRET, "POST", settings.PUBLIC_URL + PATH, body)
    headers = {"X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": "v2"}
    assert client.post(PATH, body, content_type="application/json", headers=headers).status_code == 400
