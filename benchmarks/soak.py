"""`make soak`: an hour's work in ten minutes, with faults, and whether anything grows: memory, queues, connections.

3,000 submissions at an even rate, 5 % of the calls to vendors fail. Each process must use as much memory in the last
quarter as in the first, within a tenth; the queue must be empty in the end, and connections bounded throughout. The
last line has the verdict.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import psycopg
import requests

from benchmarks.bench import lead
from ops import stack
from ops.stack import Stack

# 5 % of the calls: mostly refusals, some answers that are lost.
FAULTS = ("500:*:0.02", "503:*:0.01", "429:*:0.01", "drop-after:*:0.005", "bad-json:*:0.005")
ENVIRONMENT = {"BACKOFF_BASE_SECONDS": "0.5", "BACKOFF_CAP_SECONDS": "10", "MAX_ATTEMPTS": "40", "LOG_LEVEL": "ERROR"}
WARM_UP = 100  # submissions before anything is measured: imports, caches and pools are filled then
EVERY = 5.0  # seconds between two samples
SETTLE = 240.0
GROWTH = 1.10  # the most that a process may use in the last quarter, of what it used in the first
QUEUE = {
    "django_q_ormq": "SELECT count(*) FROM django_q_ormq",
    "django_q_task": "SELECT count(*) FROM django_q_task",
}
ROLES = ("web", "worker")


@dataclass(slots=True)
class Sample:
    """One look: megabytes by role and process id, rows by table, connections to the database."""

    memory: dict[tuple[str, int], float]
    rows: dict[str, int]
    connections: int


@dataclass(slots=True)
class Soak:
    """The product under a steady load."""

    product: Stack
    rate: float
    runs: list[int] = field(default_factory=list)

    def post(self, count: int, name: str) -> None:
        """Post at the rate, whatever the answers take."""
        begins = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begins + number / self.rate - time.monotonic()))
            while not self.accepted(f"{name}-{number}"):
                time.sleep(0.2)

    def accepted(self, number: str) -> bool:
        with suppress(requests.RequestException):
            answer = self.product.post(lead(number), timeout=10)
            if answer.ok:
                self.runs += answer.json()["runs"]
                return True
        return False

    def sample(self, database: psycopg.Connection) -> Sample:
        memory = {}
        for role in ROLES:
            top = psutil.Process(self.product.processes[role].pid)
            for process in [top, *top.children(recursive=True)]:
                with suppress(psutil.Error):
                    memory[role, process.pid] = process.memory_info().rss / 1e6
        rows = {table: count(database, question) for table, question in QUEUE.items()}
        used = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return Sample(memory, rows, count(database, used))

    def await_ends(self, database: psycopg.Connection) -> None:
        ends = time.monotonic() + SETTLE
        while time.monotonic() < ends and still_open(database):
            time.sleep(0.5)


def count(database: psycopg.Connection, question: str) -> int:
    row = database.execute(question.encode()).fetchone()
    return int(row[0]) if row else 0


def still_open(database: psycopg.Connection) -> int:
    return count(database, "SELECT count(*) FROM leads_workflowrun WHERE state NOT IN ('done', 'dead', 'cancelled')")


def soak(submissions: int, seconds: float) -> bool:
    product = Stack(
        stack.database("soak"), mode="SEND", logs=stack.ROOT / "var" / "log" / "soak", environment=ENVIRONMENT
    )
    with product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox()
        product.web()
        product.worker()
        work = Soak(product, submissions / seconds)
        work.post(WARM_UP, "warm-up")
        with psycopg.connect(product.environment["DATABASE_URL"], autocommit=True) as database:
            work.await_ends(database)
            for fault in FAULTS:
                product.control.fault(fault)
            posting = threading.Thread(target=work.post, args=(submissions, "soak"), daemon=True)
            posting.start()
            samples = []
            while posting.is_alive():
                samples.append(work.sample(database))
                posting.join(EVERY)
            product.control.clear_faults()
            work.await_ends(database)
            done = count(database, "SELECT count(*) FROM leads_workflowrun WHERE state = 'done'")
            dead = count(database, "SELECT count(*) FROM leads_workflowrun WHERE state = 'dead'")
            last = work.sample(database)
    return told(samples, last, accepted=len(work.runs), done=done, dead=dead)


def told(samples: list[Sample], last: Sample, *, accepted: int, done: int, dead: int) -> bool:
    """Print what was seen; whether all of it is as it should be."""
    growth = growths(samples)
    for (role, pid), (first, final) in sorted(growth.items()):
        print(f"{role:<8}{pid:<10}{first:>8.1f} MB in the first quarter{final:>8.1f} in the last  x{final / first:.3f}")
    worst = max((final / first for first, final in growth.values()), default=0.0)
    most = max(sample.connections for sample in samples)
    bells = max(sample.rows["django_q_ormq"] for sample in samples)
    print(f"queue rows at most {bells}, in the end {last.rows}")
    print(f"accepted={accepted} done={done} dead={dead} growth={worst:.3f} connections={most} bells={bells}")
    return bool(growth) and worst <= GROWTH and accepted == done and not any(last.rows.values())


def growths(samples: list[Sample]) -> Mapping[tuple[str, int], tuple[float, float]]:
    """By process: megabytes in the first and in the last quarter. One that was replaced meanwhile doesn't count."""
    series: dict[tuple[str, int], list[float]] = defaultdict(list)
    for sample in samples:
        for process, megabytes in sample.memory.items():
            series[process].append(megabytes)
    quarter = max(1, len(samples) // 4)
    whole = {process: seen for process, seen in series.items() if len(seen) == len(samples)}
    return {
        process: (statistics.median(seen[:quarter]), statistics.median(seen[-quarter:]))
        for process, seen in whole.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--submissions", type=int, default=3000)
    parser.add_argument("--minutes", type=float, default=10.0, help="to post them in (default 10)")
    arguments = parser.parse_args()
    return 0 if soak(arguments.submissions, arguments.minutes * 60) else 1


if __name__ == "__main__":
    sys.exit(main())
