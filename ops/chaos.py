"""`make chaos KILLS=100`: SIGKILL anything, at random, under a stream of webhooks; then count, in the sandbox.

Every submission that was acknowledged must end in exactly one finished run, one Gmail draft, one contact, one note
and one task; companies, which several leads share, must exist once. The last line has the verdict.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil
import psycopg
import requests

from leads.samples import FORMS
from ops import stack
from ops.stack import Stack

FAULTS = ("500:*:0.01", "503:*:0.005", "429:*:0.005", "drop-after:*:0.01")  # 2 % faults, 1 % dropped replies
LATENCY = "60"  # ms a call, so that a killed process leaves calls under way
LEADS_PER_COMPANY = 5
REPEATED = 0.1  # of the deliveries come twice, as HubSpot's do
SETTLE = 240.0  # seconds for what was accepted to end, once the killing is over
EVERYTHING = ("drafts", "notes", "tasks", "contacts")

# Short leases and backoffs, so that a minute of chaos holds many recoveries.
ENVIRONMENT = {
    "LEASE_SECONDS": "15",
    "LLM_SECONDS": "10",
    "HTTP_CONNECT_TIMEOUT": "1",
    "HTTP_READ_TIMEOUT": "3",
    "BACKOFF_BASE_SECONDS": "0.5",
    "BACKOFF_CAP_SECONDS": "5",
    "MAX_ATTEMPTS": "40",
    "MAX_CLAIMS": "60",
    "LOG_LEVEL": "ERROR",
}


@dataclass(slots=True)
class Verdict:
    """What the sandbox and the database say in the end."""

    kills: int = 0
    accepted: int = 0
    done: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def line(self) -> str:
        return (
            f"kills={self.kills} accepted={self.accepted} done={self.done} "
            f"lost={len(self.lost)} doubled={len(self.doubled)}"
        )

    @property
    def is_clean(self) -> bool:
        return not self.lost and not self.doubled and self.done == self.accepted > 0


class Stream(threading.Thread):
    """Posts leads at a steady rate, each until it is acknowledged; `accepted` holds the run of each number."""

    def __init__(self, product: Stack, rate: float, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self.product = product
        self.pause = 1 / rate
        self.dice = dice
        self.accepted: dict[int, int] = {}
        self.stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            self.accepted[number] = self.deliver(number)
            if self.dice.random() < REPEATED:
                self.deliver(number)
            self.stopping.wait(self.pause)

    def deliver(self, number: int) -> int:
        """Once acknowledged, the run's id. A reply that was lost is a delivery that HubSpot makes again."""
        while True:
            with suppress(requests.RequestException):
                answer = self.product.post(lead(number), timeout=10)
                if answer.ok:
                    return int(answer.json()["items"][0]["run"])
            time.sleep(0.1)


def lead(number: int) -> dict[str, Any]:
    company = number // LEADS_PER_COMPANY
    values = {
        "email": f"lead{number}@company{company}.example",
        "firstname": "Lee",
        "lastname": f"Number{number}",
        "company": f"Company {company}",
        "message": "What does it cost for a team of ten, and may we see a demo?",
    }
    return {
        "portalId": 4242,
        "formId": next(iter(FORMS)),
        "formSubmissionId": f"chaos-{number}",
        "fieldValues": [{"name": name, "value": value} for name, value in values.items()],
    }


# Who can be killed, and how many generations below the process that we started they are.
ROLES = {
    "web": 0,
    "web/worker": 1,
    "worker": 0,
    "worker/cluster": 1,
    "worker/sentinel": 2,
    "worker/children": 3,  # the workers, the pusher and the monitor
}


class Killer:
    """Kills one process at a time; what has no supervisor of its own is started again, as a process manager would."""

    def __init__(self, product: Stack, dice: random.Random) -> None:
        self.product = product
        self.dice = dice
        self.killed: Counter[str] = Counter()

    def kill_one(self) -> None:
        """A role first, then one who plays it: so each kind of process has its turn, however few or many it has."""
        role = self.dice.choice(list(ROLES))
        pid = self.await_one(role)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[role] += 1
        if ROLES[role] == 0:
            self.product.processes[role].wait(10)  # else it may seem alive still, and nobody starts it again
        self.restart()

    def await_one(self, role: str) -> int | None:
        """Somebody who plays the role; after an earlier kill there may be nobody for a few seconds."""
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            if players := self.players(role):
                return self.dice.choice(players)
            time.sleep(0.05)
        return None

    def players(self, role: str) -> list[int]:
        name, depth = role.split("/", maxsplit=1)[0], ROLES[role]
        top = self.product.processes[name].pid
        if depth == 0:
            return [top]
        with suppress(psutil.Error):
            return [pid for level, pid in descendants(psutil.Process(top)) if level == depth]
        return []

    def restart(self) -> None:
        for name in ("web", "worker"):
            process = self.product.processes[name]
            if name == "worker" and process.poll() is not None:
                self.product.worker(wait=False)
            elif name == "web" and process.poll() is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                self.product.web()


def descendants(process: psutil.Process, depth: int = 1) -> Iterator[tuple[int, int]]:
    for child in process.children():
        yield depth, child.pid
        yield from descendants(child, depth + 1)


def chaos(kills: int, *, rate: float, seed: int, look: bool, name: str = "chaos") -> Verdict:
    """Run it all; the verdict."""
    dice = random.Random(seed)  # noqa: S311  reproducible, not secret
    environment = ENVIRONMENT | ({} if look else {"LOOK_BEFORE_REPEAT": "false"})
    product = Stack(stack.database(name), mode="SEND", logs=stack.ROOT / "var" / "log" / name, environment=environment)
    with product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox("--latency", LATENCY, *[part for fault in FAULTS for part in ("--fault", fault)])
        product.web()
        product.worker()
        stream, killer = Stream(product, rate, dice), Killer(product, dice)
        stream.start()
        while sum(killer.killed.values()) < kills:
            time.sleep(dice.uniform(0.1, 2))
            killer.kill_one()
        stream.stopping.set()
        stream.join(60)
        product.control.clear_faults()
        settle(product)
        print("killed: " + ", ".join(f"{role} {count}" for role, count in sorted(killer.killed.items())))
        return judge(product, stream.accepted, sum(killer.killed.values()))


def settle(product: Stack) -> None:
    """Wait for every run to end, or for time to run out."""
    ends = time.monotonic() + SETTLE
    with psycopg.connect(product.environment["DATABASE_URL"], autocommit=True) as connection:
        while time.monotonic() < ends:
            row = connection.execute(
                "SELECT count(*) FROM leads_workflowrun WHERE state IN ('pending', 'running', 'waiting')"
            ).fetchone()
            if row is not None and row[0] == 0:
                return
            time.sleep(0.5)


def judge(product: Stack, accepted: dict[int, int], kills: int) -> Verdict:
    verdict = Verdict(kills=kills, accepted=len(accepted))
    with psycopg.connect(product.environment["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT r.id, r.key::text, r.state, r.error, s.payload->'fields'->>'email' FROM leads_workflowrun r "
            "JOIN leads_submission s ON s.id = r.submission_id"
        ).fetchall()
    runs = {run_id: (key, state, error, email) for run_id, key, state, error, email in rows}
    made = count(product.control.created())
    for number, run_id in accepted.items():
        key, state, error, email = runs.get(run_id, ("", "missing", "", ""))
        verdict.done += state == "done"
        if state != "done":
            verdict.lost.append(f"lead {number}: run {run_id} is {state}: {error}")
        for kind in EVERYTHING:
            times = made[kind][email if kind == "contacts" else key]
            if times == 0:
                verdict.lost.append(f"lead {number}: no {kind} ({state})")
            elif times > 1:
                verdict.doubled.append(f"lead {number}: {times} {kind}")
    per_submission = Counter(email for *_, email in runs.values())
    verdict.doubled += [f"{email}: {times} runs" for email, times in per_submission.items() if times > 1]
    verdict.doubled += [f"{domain}: {times} companies" for domain, times in made["companies"].items() if times > 1]
    return verdict


def count(created: dict[str, list[dict[str, Any]]]) -> dict[str, Counter[str]]:
    """How often each thing was made: drafts, notes and tasks by the run's mark, the rest by address and domain."""
    return {
        "drafts": Counter(draft["run"] for draft in created["drafts"]),
        "notes": Counter(mark_in(note["properties"]["hs_note_body"]) for note in created["notes"]),
        "tasks": Counter(mark_in(task["properties"]["hs_task_body"]) for task in created["tasks"]),
        "contacts": Counter(contact["properties"]["email"] for contact in created["contacts"]),
        "companies": Counter(company["properties"]["domain"] for company in created["companies"]),
    }


def mark_in(body: str) -> str:
    return body.rpartition("Sales Agent run ")[2][:36]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rate", type=float, default=5.0, help="leads per second (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of the dice; 0 takes one from the clock")
    parser.add_argument("--no-look", action="store_true", help="repeat effects without looking: it must fail")
    arguments = parser.parse_args()
    seed = arguments.seed or time.time_ns() % 1_000_000
    print(f"seed {seed}", flush=True)
    verdict = chaos(arguments.kills, rate=arguments.rate, seed=seed, look=not arguments.no_look)
    for line in [*verdict.lost, *verdict.doubled][:20]:
        print(line)
    print(verdict.line())
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
