"""Trouble on demand, and the sandbox's own API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError
from hubspot import HubSpot
from hubspot.crm.contacts import ApiException
from urllib3.exceptions import ProtocolError

from connectors import sandbox
from connectors.sandbox import faults

RAW = Callable[..., dict[str, Any]]
AMELIA = "101"


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ("explode", "unknown kind 'explode'; allowed: 400"),
        ("500:hubspto", "unknown match 'hubspto'; allowed: \\*, calendar"),
        ("500:hubspot:2", "unknown rate '2'"),
        ("500:hubspot:x0", "unknown rate 'x0'"),
        ("500:hubspot:often", "unknown rate 'often'"),
        ("500:*:seconds=3", "unknown option 'seconds'; allowed: seed"),
        ("slow:*:seconds=long", "unknown seconds 'long'"),
    ],
)
def test_a_wrong_spec_says_what_is_wrong_and_what_is_allowed(box: sandbox.Running, spec: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        sandbox.check_faults([spec])
    with pytest.raises(ValueError, match=wrong):
        box.control.fault(spec)


def test_a_share_of_the_calls_fails_and_the_same_ones_with_the_same_seed() -> None:
    def struck() -> list[bool]:
        fault = faults.parse("500:*:0.2:seed=7", sandbox.ENDPOINTS)
        return [fault.strikes() for _ in range(1000)]

    assert struck() == struck()
    assert 150 < sum(struck()) < 250


def test_a_fault_ends_by_itself_or_is_disarmed_alone(box: sandbox.Running) -> None:
    for spec in ("500:gmail:for=0.2", "503:gmail", "429:gmail:for=60"):
        box.control.fault(spec)
    first, second, third = box.control.faults()
    assert 0 < first["seconds_left"] <= 0.2
    assert second["seconds_left"] is None
    time.sleep(0.25)
    assert box.control.faults() == [second, third | {"seconds_left": box.control.faults()[1]["seconds_left"]}]
    box.control.clear_faults(second["number"])
    assert [fault["number"] for fault in box.control.faults()] == [third["number"]]


def test_hubspots_429_carries_its_policy(box: sandbox.Running, hubspot: HubSpot) -> None:
    box.control.fault("429:hubspot.contacts.get:x1:policy=DAILY:retry_after=7")
    get = hubspot.crm.contacts.basic_api.get_by_id
    with pytest.raises(ApiException) as error:
        get(AMELIA)
    assert error.value.status == 429
    assert '"policyName":"DAILY"' in error.value.body
    assert error.value.headers["Retry-After"] == "7"
    assert get(AMELIA).id == AMELIA


def test_googles_429_and_403_carry_their_reasons(box: sandbox.Running, gmail: Any) -> None:
    for spec, status, reason in (
        ("429:gmail", 429, "rateLimitExceeded"),
        ("403:gmail", 403, "insufficientPermissions"),
        ("403:gmail:reason=userRateLimitExceeded", 403, "userRateLimitExceeded"),
        ("503:gmail.labels.*", 503, "backendError"),
    ):
        box.control.clear_faults()
        box.control.fault(spec)
        with pytest.raises(HttpError) as error:
            gmail.labels().list(userId="me").execute()
        assert (error.value.resp.status, error.value.error_details[0]["reason"]) == (status, reason)


@pytest.mark.parametrize(("kind", "done"), [("drop-before", 0), ("drop-after", 1)])
def test_a_dropped_connection_did_or_did_not_do_the_work(
    box: sandbox.Running, hubspot: HubSpot, kind: str, done: int
) -> None:
    box.control.fault(f"{kind}:hubspot.contacts.create:x1")
    with pytest.raises(ProtocolError):
        hubspot.crm.contacts.basic_api.create({"properties": {"email": "jane@acme.example"}, "associations": []})
    assert len(box.control.created()["contacts"]) == done


def test_an_unreadable_answer_comes_after_the_work(box: sandbox.Running, gmail: Any, letter: RAW) -> None:
    for kind in ("html", "bad-json"):
        box.control.fault(f"{kind}:gmail.drafts.create:x1")
    assert "<!doctype" in gmail.drafts().create(userId="me", body=letter()).execute()
    assert isinstance(gmail.drafts().create(userId="me", body=letter()).execute(), str)
    assert len(box.control.created()["drafts"]) == 2


def get_profile(box: sandbox.Running, timeout: float) -> requests.Response:
    url = f"{box.url}/gmail/v1/users/me/profile"
    return requests.get(url, headers={"Authorization": "Bearer google-sandbox-token"}, timeout=timeout)


def test_a_slow_answer_trickles_and_a_silent_one_never_comes(box: sandbox.Running) -> None:
    box.control.fault("slow:gmail:x1:seconds=0.4")
    box.control.fault("timeout:gmail:x1:seconds=3")
    started = time.monotonic()
    assert get_profile(box, 5).json()["emailAddress"] == "clara@northwind.example"
    assert time.monotonic() - started > 0.3
    with pytest.raises(requests.exceptions.ReadTimeout):
        get_profile(box, 0.2)


def test_latency_is_added_to_every_answer(box: sandbox.Running) -> None:
    box.control.latency(80)
    started = time.monotonic()
    get_profile(box, 5)
    assert time.monotonic() - started >= 0.08


def test_requests_are_counted_by_endpoint(box: sandbox.Running, hubspot: HubSpot) -> None:
    hubspot.crm.contacts.basic_api.get_by_id(AMELIA)
    hubspot.crm.contacts.basic_api.update(AMELIA, {"properties": {"phone": "1"}})
    counted = box.control.requests()
    assert (counted["total"], counted["writes"]) == (2, 1)
    assert box.control.count("hubspot.contacts.get") == 1


def test_a_reset_puts_everything_back(box: sandbox.Running, hubspot: HubSpot) -> None:
    hubspot.crm.contacts.basic_api.create({"properties": {"email": "jane@acme.example"}, "associations": []})
    box.control.fault("500")
    box.control.latency(50)
    box.control.reset()
    assert box.control.faults() == []
    assert not any(box.control.created().values())
    with pytest.raises(ApiException, match="404"):
        hubspot.crm.contacts.basic_api.get_by_id("jane@acme.example", id_property="email")


def test_the_model_answers_in_the_shape_of_a_chat(box: sandbox.Running) -> None:
    url, body = f"{box.url}/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    answer = requests.post(url, json=body, headers={"Authorization": "Bearer k"}, timeout=5).json()
    assert '"subject"' in answer["choices"][0]["message"]["content"]
    assert requests.post(url, json=body, timeout=5).status_code == 401


def test_a_seed_with_a_typo_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "seed.json"
    path.write_text('{"mailboxs": []}')
    with pytest.raises(ValueError, match=r"is not a seed: .*mailboxs"):
        sandbox.Seed.load(path)


@pytest.mark.processes
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_process_announces_itself_and_stops_when_told(stop: signal.Signals) -> None:
    code = "import sys; from connectors import sandbox; sandbox.serve(port=0, announce=lambda u: print(u, flush=True))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with sandbox.Control(url) as control:
            assert control.health()["portal_id"] == 4242
        os.kill(process.pid, stop)
        assert process.wait(timeout=10) == 0
