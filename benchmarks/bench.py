"""`make bench`: acknowledgement, throughput, time to draft, memory and SQL, of the real processes on this machine.

Everything is switched on (WORKFLOW_MODE=SEND, all effects), so each run of a new lead makes its full set of calls.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psutil
import psycopg

from leads.samples import FORMS
from ops import stack
from ops.stack import Stack

IDLE_POSTS = 40
BATCH = 50  # requests written ahead of their answers
CLIENTS = 8  # concurrent posters in a burst
PATIENCE = 300.0  # seconds for a burst to be finished


@dataclass(slots=True)
class Posted:
    """One delivery: when it was sent, how long the acknowledgement took, and its run."""

    at: float
    ack_ms: float
    run: int


@dataclass(slots=True)
class Series:
    """What one series of deliveries took."""

    ack_ms: list[float] = field(default_factory=list)
    to_draft_ms: list[float] = field(default_factory=list)
    seconds_to_accept: float = 0.0
    seconds_to_finish: float = 0.0


def lead(number: str) -> dict[str, Any]:
    values = {
        "email": f"lead{number}@company{number}.example",
        "firstname": "Lee",
        "lastname": "Minor",
        "company": f"Company {number}",
        "message": "We are a team of 40. What does it cost, and does it connect to HubSpot? May we see a demo?",
    }
    return {
        "portalId": 4242,
        "formId": next(iter(FORMS)),
        "formSubmissionId": number,
        "fieldValues": [{"name": name, "value": value} for name, value in values.items()],
    }


class Bench:
    """One product under measurement."""

    def __init__(self, product: Stack) -> None:
        self.product = product
        self.database = psycopg.connect(product.environment["DATABASE_URL"], autocommit=True)

    def post(self, number: str) -> Posted:
        at, began = time.time(), time.perf_counter()
        answer = self.product.post(lead(number))
        took = 1000 * (time.perf_counter() - began)
        answer.raise_for_status()
        return Posted(at, took, answer.json()["runs"][0])

    def idle(self, name: str, count: int) -> Series:
        """One delivery at a time, each when the one before has ended."""
        series = Series()
        for number in range(count):
            posted = self.post(f"{name}-{number}")
            self.await_done([posted.run])
            self.add(series, [posted])
        return series

    def burst(self, name: str, count: int, patience: float = PATIENCE) -> Series:
        """All at once, from a few clients."""
        began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as clients:
            posted = list(clients.map(self.post, [f"{name}-{number}" for number in range(count)]))
        series = Series(seconds_to_accept=time.perf_counter() - began)
        ended = self.await_done([one.run for one in posted], patience)
        series.seconds_to_finish = ended - min(one.at for one in posted)
        self.add(series, posted)
        return series

    def add(self, series: Series, posted: Iterable[Posted]) -> None:
        sent = {one.run: one for one in posted}
        rows = self.database.execute(
            "SELECT id, drafted_at FROM leads_workflowrun WHERE id = ANY(%s)", [list(sent)]
        ).fetchall()
        drafted: dict[int, datetime] = dict(rows)
        for run, one in sent.items():
            series.ack_ms.append(one.ack_ms)
            series.to_draft_ms.append(1000 * (drafted[run].timestamp() - one.at))

    def await_done(self, runs: Sequence[int], patience: float = PATIENCE) -> float:
        """Wait for the runs to be done; when the last one was, in seconds since 1970."""
        ends = time.monotonic() + patience
        while time.monotonic() < ends:
            row = self.database.execute(
                "SELECT count(*) FILTER (WHERE state <> 'done'), max(finished_at) FROM leads_workflowrun "
                "WHERE id = ANY(%s)",
                [list(runs)],
            ).fetchone()
            if row is not None and row[0] == 0:
                return float(row[1].timestamp())
            time.sleep(0.05 if len(runs) > 1 else 0.01)
        raise RuntimeError(f"{len(runs)} runs were not done within {patience:.0f} s")

    def memory(self) -> dict[str, float]:
        """Megabytes of memory of each role's processes, shared pages split between those who share them."""
        used: Counter[str] = Counter()
        for name in ("web", "worker", "sandbox"):
            top = psutil.Process(self.product.processes[name].pid)
            for process in [top, *top.children(recursive=True)]:
                used[name] += process.memory_full_info().pss / 1e6
        return {name: round(megabytes, 1) for name, megabytes in used.items()}


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def summary(idle: Series, burst: Series) -> dict[str, float]:
    count = len(burst.ack_ms)
    figures = {
        "ack_idle_p50_ms": statistics.median(idle.ack_ms),
        "ack_idle_p95_ms": percentile(idle.ack_ms, 0.95),
        "ack_idle_p99_ms": percentile(idle.ack_ms, 0.99),
        "ack_burst_p50_ms": statistics.median(burst.ack_ms),
        "ack_burst_p95_ms": percentile(burst.ack_ms, 0.95),
        "ack_burst_p99_ms": percentile(burst.ack_ms, 0.99),
        "accepted_per_s": count / burst.seconds_to_accept,
        "finished_per_s": count / burst.seconds_to_finish,
        "to_draft_idle_p50_ms": statistics.median(idle.to_draft_ms),
        "to_draft_idle_p95_ms": percentile(idle.to_draft_ms, 0.95),
        "to_draft_burst_p50_ms": statistics.median(burst.to_draft_ms),
        "to_draft_burst_p95_ms": percentile(burst.to_draft_ms, 0.95),
    }
    return {name: round(value, 1) for name, value in figures.items()}


def vendor_rate(product: Stack, count: int = 8000) -> float:
    """Requests per second that the sandbox answers on one connection: it must not be what is measured."""
    request = (
        b"GET /crm/v3/objects/contacts/nobody@nowhere.example?idProperty=email HTTP/1.1\r\n"
        b"Host: sandbox\r\nAuthorization: Bearer sandbox-token\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", product.sandbox_port)) as connection:
        connection.sendall(request)
        size = len(connection.recv(65536))
        began = time.perf_counter()
        for _ in range(count // BATCH):
            # Written ahead, so that this client's own time is not what is measured either.
            connection.sendall(request * BATCH)
            left = size * BATCH
            while left > 0:
                left -= len(connection.recv(65536))
    return round(count / (time.perf_counter() - began), 0)


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    product = Stack(stack.database("bench"), mode="SEND", logs=stack.ROOT / "var" / "log" / "bench")
    with product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox()
        product.web()
        product.worker()
        bench = Bench(product)
        bench.burst("warm-up", 60)
        figures: dict[str, Any] = {}
        for latency in (0, 50):
            product.control.latency(latency)
            idle = bench.idle(f"idle{latency}", arguments.idle)
            burst = bench.burst(f"burst{latency}", arguments.burst)
            figures[f"{latency}ms"] = summary(idle, burst)
        product.control.latency(0)
        figures["memory_mb"] = bench.memory()
        figures["calls_per_run"] = calls_per_run(bench)
        return figures


def calls_per_run(bench: Bench) -> float:
    row = bench.database.execute("SELECT count(*)::float / count(DISTINCT run_id) FROM leads_apicall").fetchone()
    return round(row[0], 1) if row else 0.0


def one_process(command: str) -> dict[str, Any]:
    """Figures that only one process by itself can tell; see `benchmarks.inside`."""
    product = Stack(stack.database("bench"), mode="SEND", logs=stack.ROOT / "var" / "log" / "bench")
    with product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox()
        told: dict[str, Any] = json.loads(product.python("-m", "benchmarks.inside", command).stdout)
        return told | {"vendor_requests_per_s": vendor_rate(product)}


def show(figures: dict[str, Any]) -> None:
    print(f"{'':<28}{'0 ms':>10}{'50 ms':>10}   per call to a vendor")
    for name in figures["0ms"]:
        print(f"{name:<28}{figures['0ms'][name]:>10}{figures['50ms'][name]:>10}")
    for name, value in figures.items():
        if name not in {"0ms", "50ms"}:
            print(f"{name:<28}{value}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--burst", type=int, default=500, help="deliveries in a burst (default 500)")
    parser.add_argument("--idle", type=int, default=IDLE_POSTS, help="deliveries one at a time (default 40)")
    parser.add_argument("--profile", action="store_true", help="only: where a run's CPU time goes, by package")
    arguments = parser.parse_args()
    if arguments.profile:
        print(one_process("profile")["profile"])
        return 0
    figures = measure(arguments) | one_process("count")
    show(figures)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
