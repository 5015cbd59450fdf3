"""A database that is away for a moment, or a cluster that was killed, costs no more than that moment."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import OperationalError, connection
from django_q.brokers import get_broker
from django_q.brokers.orm import ORM
from django_q.models import OrmQ

from leads import heartbeat, supervisor
from leads.engine import broker as brokers
from leads.engine import drain
from leads.engine.bell import ring
from leads.models import Workspace
from leads.supervisor import Cluster, Supervisor
from tests.leads.driving import beside, cluster, drive_once, drive_to_the_end, take_in, until

Make = Callable[..., dict[str, Any]]

TURN_OUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def away(*_: Any, **__: Any) -> Any:
    raise OperationalError("the database system is shutting down")


@pytest.mark.django_db
def test_the_queue_outlives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    ring()
    broker = get_broker()
    monkeypatch.setattr(brokers, "PAUSE", 0.0)
    with monkeypatch.context() as gone:
        gone.setattr(ORM, "dequeue", away)
        gone.setattr(ORM, "acknowledge", away)
        assert broker.dequeue() is None
        broker.acknowledge(OrmQ.objects.get().pk)
    [(bell, _)] = broker.dequeue()
    broker.acknowledge(bell)
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_a_worker_goes_on_draining_when_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([away, away, lambda: 0])
    looked: list[int] = []

    def look(_: drain.Drain) -> int:
        looked.append(1)
        return cast("int", next(answers)())

    monkeypatch.setattr(drain.Drain, "_begin_what_is_due", look)
    monkeypatch.setattr(drain, "AWAY", 0.0)
    drain.Drain().work(None, 5.0)
    assert len(looked) == 3


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_connection_the_database_closed_does_not_wait_for_its_lease(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    run = take_in(lead(), sending)
    box.control.fault("slow:hubspot:x1:seconds=0.6")
    with beside(drive_once, run), connection.cursor() as cursor:
        until(lambda: box.control.requests()["total"])
        cursor.execute(TURN_OUT)
    run.refresh_from_db()
    assert (run.state, run.lease, run.error_kind) == ("waiting", None, "OperationalError")
    assert drive_to_the_end(run).outcome == "drafted"


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the supervisor sleeps, by a clock that nothing else moves."""
    slept: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: sum(slept), sleep=slept.append)
    monkeypatch.setattr(supervisor, "time", clock)
    return slept


def test_a_cluster_that_was_complete_is_replaced_at_once_however_often_it_is_killed(naps: list[float]) -> None:
    keeper = Supervisor()
    for _ in range(50):
        keeper._hold_back(cluster(complete=True))
    assert naps == []


def test_one_that_never_comes_up_is_tried_less_and_less_often(naps: list[float]) -> None:
    keeper = Supervisor()
    pauses = []
    for _ in range(14):
        before = sum(naps)
        keeper._hold_back(cluster(complete=False))
        pauses.append(sum(naps) - before)
    assert pauses == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    keeper._hold_back(cluster(complete=True))
    assert keeper.stillborn == 0


@pytest.mark.django_db
def test_a_worker_is_alive_only_while_it_brings_a_cluster_up() -> None:
    for complete in (False, True):
        one = cast("Cluster", SimpleNamespace(was_complete=complete, holder="here:1", members={1, 2}))
        Supervisor()._beat(one)
        assert heartbeat.alive().exists() == complete
