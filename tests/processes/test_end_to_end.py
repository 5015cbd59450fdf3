"""The product as it runs: gunicorn, the supervised workers, PostgreSQL and the sandbox, each a process of its own."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest

from leads.samples import FORMS, sample
from ops import stack
from ops.chaos import ENVIRONMENT
from ops.killer import Killer
from ops.stack import Stack

pytestmark = pytest.mark.processes

PATIENCE = 60.0  # seconds


@pytest.fixture(scope="module")
def shared(worker_id: str) -> Iterator[Stack]:
    name = f"e2e_{worker_id}"
    product = Stack(stack.database(name), logs=stack.ROOT / "var" / "log" / name, environment=ENVIRONMENT)
    with product, product.control, product.http:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo")
        product.sandbox()
        product.web(workers=1)
        yield product


@pytest.fixture
def product(shared: Stack) -> Stack:
    """With calm accounts, and a worker at work."""
    shared.control.reset()
    worker = shared.processes.get("worker")
    if worker is None or worker.poll() is not None:
        shared.worker()
    until(lambda: len(members(shared)) >= 6, "the cluster did not start")
    return shared


def until(condition: Callable[[], object], otherwise: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, otherwise
        time.sleep(0.05)


def ask(product: Stack, query: str, *values: Any) -> tuple[Any, ...]:
    with psycopg.connect(product.environment["DATABASE_URL"]) as connection:
        return connection.execute(query, values).fetchone() or ()


def post(product: Stack) -> int:
    """A new lead's run."""
    answer = product.post(sample(uuid4().hex))
    assert answer.status_code == 202, answer.text
    return int(answer.json()["runs"][0])


def state(product: Stack, run: int) -> str:
    return str(ask(product, "SELECT state FROM leads_workflowrun WHERE id = %s", run)[0])


def await_done(product: Stack, run: int) -> None:
    until(lambda: state(product, run) == "done", f"run {run} did not end:\n{product.tail('worker')}")


def drafts_of(product: Stack, run: int) -> list[dict[str, Any]]:
    (key,) = ask(product, "SELECT key::text FROM leads_workflowrun WHERE id = %s", run)
    return [draft for draft in product.control.created("drafts")["drafts"] if draft["run"] == key]


def members(product: Stack) -> list[psutil.Process]:
    """The supervisor and all that came of it."""
    try:
        supervisor = psutil.Process(product.processes["worker"].pid)
        return [supervisor, *supervisor.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    def lives(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return [process for process in processes if lives(process)]


def test_bodies_that_stop_coming_do_not_keep_webhooks_out(shared: Stack) -> None:
    announced = b"POST /webhook/formlead HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"
    with ExitStack() as connections:
        address = ("127.0.0.1", shared.web_port)
        stalled = [
            connections.enter_context(socket.create_connection(address)) for _ in range(4)
        ]  # one for each thread
        for one in stalled:
            one.sendall(announced)
        assert shared.post(sample(uuid4().hex), timeout=PATIENCE / 2).status_code == 202
        assert stalled[0].recv(100).startswith(b"HTTP/1.1 408")


def test_a_signed_webhook_becomes_a_draft_here_and_in_the_mailbox(product: Stack) -> None:
    run = post(product)
    await_done(product, run)
    outcome, draft_id, recipient = ask(
        product,
        "SELECT r.outcome, d.gmail_draft_id, d.recipient FROM leads_workflowrun r "
        "JOIN leads_draft d ON d.run_id = r.id WHERE r.id = %s",
        run,
    )
    there = drafts_of(product, run)
    assert outcome == "drafted"
    assert [draft["draft_id"] for draft in there] == [draft_id]
    assert recipient.endswith("@brightfreight.example")
    created = product.control.created()
    assert {kind for kind, entries in created.items() if entries} == {"drafts"}


def test_the_same_webhook_again_is_answered_with_the_same_run(product: Stack) -> None:
    payload = sample(uuid4().hex)
    first, second = product.post(payload), product.post(payload)
    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json()["items"][0]["run"] == first.json()["runs"][0]
    await_done(product, first.json()["runs"][0])
    assert len(drafts_of(product, first.json()["runs"][0])) == 1


def test_a_form_whose_webhook_never_came_becomes_a_draft_by_itself(product: Stack) -> None:
    name = uuid4().hex
    address = f"{name}@brightfreight.example"
    product.control.submission(next(iter(FORMS)), name, {"email": address, "message": "What does it cost?"})
    with psycopg.connect(product.environment["DATABASE_URL"]) as connection:
        connection.execute("UPDATE leads_formpoll SET due_at = now()")  # minutes pass
    query = "SELECT r.id FROM leads_workflowrun r JOIN leads_lead l ON l.id = r.lead_id WHERE l.email = %s"
    until(lambda: ask(product, query, address), f"it was not found:\n{product.tail('worker')}")
    (run,) = ask(product, query, address)
    await_done(product, run)
    assert len(drafts_of(product, run)) == 1


def test_a_forged_webhook_is_refused(product: Stack) -> None:
    answer = product.http.post(product.webhook_url, json=sample(uuid4().hex), timeout=30)
    assert answer.status_code == 401


def test_sigterm_lets_the_run_under_way_end_and_leaves_nobody_behind(product: Stack) -> None:
    product.control.latency(400)
    run, everyone = post(product), members(product)
    until(lambda: product.control.count("hubspot.contacts.get"), "the run did not begin")
    worker = product.processes["worker"]
    worker.terminate()
    assert worker.wait(PATIENCE) == 0, product.tail("worker")
    assert state(product, run) == "done"
    assert len(drafts_of(product, run)) == 1
    assert alive(everyone) == []


@pytest.mark.parametrize("role", ["worker/cluster", "worker/sentinel", "worker/children"])
def test_whoever_of_the_cluster_is_killed_the_work_goes_on(product: Stack, role: str) -> None:
    product.control.latency(200)
    supervisor = product.processes["worker"]
    before = post(product)
    until(lambda: product.control.count("hubspot.contacts.get"), "the run did not begin")
    victim = Killer(product, random.Random()).await_one(role)  # noqa: S311  not a secret
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    after = post(product)
    for run in (before, after):
        await_done(product, run)
        assert len(drafts_of(product, run)) == 1
    assert supervisor.poll() is None


def test_a_cluster_that_hangs_is_replaced_and_the_work_goes_on(product: Stack) -> None:
    everyone = members(product)
    hanging = everyone[3:]  # pusher, monitor and workers
    for process in hanging:
        process.suspend()
    run = post(product)
    await_done(product, run)
    assert len(drafts_of(product, run)) == 1
    assert everyone[0].is_running()
    assert alive(hanging) == []


@pytest.mark.parametrize("generations", [1, 2, 3], ids=["alone", "with the main process", "with the sentinel too"])
def test_a_supervisor_that_is_killed_takes_its_cluster_along(product: Stack, generations: int) -> None:
    everyone = members(product)
    assert len(everyone) > 5
    # The first ones of the line are the supervisor, the cluster's main process and the sentinel.
    for process in everyone[:generations]:
        process.kill()
    product.processes["worker"].wait(PATIENCE)
    until(lambda: not alive(everyone), "the cluster outlived its supervisor")
    run = post(product)
    time.sleep(0.2)
    assert state(product, run) == "pending"
    product.worker()
    await_done(product, run)
