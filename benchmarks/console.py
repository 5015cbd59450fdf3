"""`make bench-console`: how fast each page of the console is at 10,000 runs, and what 50 open consoles cost.

A fresh database with a history, and a real gunicorn. Pages are asked for one after the other, logged in, over HTTP.
The consoles are all on home, as most are, and poll as its script does; half of the time nothing changes, then
something does every two seconds. CPU is that of web and PostgreSQL together, in percent of one core; beside other
work it says more than the clock. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psutil
import psycopg
import requests

from ops import stack
from ops.stack import Stack

LIMIT_MS = 150
VISITS = 30
WARM = 4
JITTER = 0.1  # the share by which the time between two polls of a console varies
CHANGES = 2.0  # seconds between two changes
REGION = re.compile(r'data-live="([^"]+)"')
SHELL = re.compile(r'data-version="([^"]*)"\s+data-every="([^"]+)"\s+data-newest="([^"]*)"')
CHANGE = """
INSERT INTO leads_event (at, kind, workspace_id, run_id, actor, facts)
SELECT statement_timestamp(), 'run_started', workspace_id, id, '', '{}' FROM leads_workflowrun ORDER BY id DESC LIMIT 1
"""


@dataclass(slots=True)
class Polls:
    """What the polls of one period took."""

    ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class Meter:
    """CPU seconds of web and PostgreSQL, and transactions of the database, since it was made."""

    def __init__(self, product: Stack, database: psycopg.Connection[Any]) -> None:
        self.product = product
        self.database = database
        self.at = time.monotonic()
        self.web, self.postgres, self.transactions = self.read()

    def read(self) -> tuple[float, float, int]:
        row = self.database.execute(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        return cpu(self.product.processes["web"].pid), cpu(postmaster()), int(row[0]) if row else 0

    def figures(self) -> dict[str, float]:
        web, postgres, transactions = self.read()
        seconds = time.monotonic() - self.at
        return {
            "web_percent": round(100 * (web - self.web) / seconds, 2),
            "postgres_percent": round(100 * (postgres - self.postgres) / seconds, 2),
            "transactions": transactions - self.transactions,
        }


def postmaster() -> int:
    return int((stack.DATA_DIR / "postmaster.pid").read_text().split()[0])


def cpu(pid: int) -> float:
    """CPU seconds of a process and of all below it, those that have ended included."""
    total = 0.0
    top = psutil.Process(pid)
    for process in [top, *top.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    ended = top.cpu_times()
    return total + float(ended.children_user + ended.children_system)


def time_of(product: Stack, page: dict[str, Any], cookie: str) -> dict[str, Any]:
    """Median and 95th percentile of so many visits, the CPU time of one, and the size of the page."""
    with requests.Session() as browser:
        browser.trust_env = False
        browser.cookies.set("sessionid", cookie)
        taken, used = [], 0.0
        web, postgres = product.processes["web"].pid, postmaster()
        for number in range(WARM + VISITS):
            if number == WARM:
                used = cpu(web) + cpu(postgres)
            began = time.perf_counter()
            answer = browser.get(product.url + page["address"], timeout=30)
            if number >= WARM:
                taken.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200 or "/login/" in answer.url:
                raise RuntimeError(f"{page['address']} answered {answer.status_code} at {answer.url}")
    return page | {
        "median_ms": round(statistics.median(taken), 1),
        "p95_ms": round(sorted(taken)[int(0.95 * len(taken))], 1),
        "cpu_ms": round(1000 * (cpu(web) + cpu(postgres) - used) / VISITS, 1),
        "kb": round(len(answer.content) / 1000),
    }


async def console(url: str, cookie: str, ends: float, polls: Polls) -> None:
    """One open console: home, and then its polls until the end."""
    async with aiohttp.ClientSession(cookies={"sessionid": cookie}) as browser:
        async with browser.get(f"{url}/admin/") as home:
            page = await home.text()
        regions = ",".join(dict.fromkeys(REGION.findall(page)))
        version, every, since = SHELL.findall(page)[0]
        await asyncio.sleep(random.uniform(0, float(every)))  # noqa: S311  not a secret
        while time.monotonic() < ends:
            began = time.perf_counter()
            query = {"v": version, "since": since, "r": regions}
            async with browser.get(f"{url}/admin/live/", params=query) as answer:
                if answer.status == 200:
                    said = await answer.json()
                    version, since = said["version"], str(said["newest"])
                polls.ms.append(1000 * (time.perf_counter() - began))
                polls.statuses[answer.status] += 1
            await asyncio.sleep(float(every) * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311


async def watch(
    product: Stack, cookies: list[str], seconds: float, measure: Callable[[], Meter], change: Callable[[], None] | None
) -> tuple[Polls, dict[str, float]]:
    """All consoles open, for some seconds to settle and then for those that are measured."""
    settle = 2 * CHANGES
    ends = time.monotonic() + settle + seconds
    polls = Polls()
    open_consoles = [asyncio.create_task(console(product.url, cookie, ends, polls)) for cookie in cookies]
    changes = asyncio.create_task(keep_changing(change, ends)) if change else None
    await asyncio.sleep(settle)
    meter = measure()
    polls.ms.clear()
    polls.statuses.clear()
    await asyncio.sleep(seconds)
    figures = meter.figures()
    counted = Polls(list(polls.ms), Counter(polls.statuses))
    await asyncio.gather(*open_consoles, *([changes] if changes else []))
    return counted, figures


async def keep_changing(change: Callable[[], None], ends: float) -> None:
    while time.monotonic() < ends:
        change()
        await asyncio.sleep(CHANGES)


def cost(product: Stack, cookies: list[str], seconds: float, *, is_busy: bool) -> dict[str, Any]:
    """What the open consoles cost while nothing happens, or while something does every two seconds."""
    with psycopg.connect(product.environment["DATABASE_URL"], autocommit=True) as database:
        quiet = Meter(product, database)
        time.sleep(5)
        base = quiet.figures()

        def change() -> None:
            database.execute(CHANGE)

        polls, used = asyncio.run(
            watch(product, cookies, seconds, lambda: Meter(product, database), change if is_busy else None)
        )
    at_rest = base["web_percent"] + base["postgres_percent"]
    return {
        "consoles": len(cookies),
        "polls": len(polls.ms),
        "unchanged": polls.statuses[204],
        "changed": polls.statuses[200],
        "failed": len(polls.ms) - polls.statuses[204] - polls.statuses[200],
        "median_ms": round(statistics.median(polls.ms), 1),
        "p95_ms": round(sorted(polls.ms)[int(0.95 * len(polls.ms))], 1),
        "cpu_percent_of_a_core": round(used["web_percent"] + used["postgres_percent"], 2),
        "of_which_web": used["web_percent"],
        "of_which_postgres": used["postgres_percent"],
        "cpu_ms_per_poll": round(10 * (used["web_percent"] + used["postgres_percent"]) * seconds / len(polls.ms), 2),
        "cpu_percent_at_rest": round(at_rest, 2),
        "statements_per_poll": round(used["transactions"] / len(polls.ms), 2),
    }


def show(pages: list[dict[str, Any]], idle: dict[str, Any], busy: dict[str, Any]) -> None:
    print(f"\n{'page':<32}{'median ms':>10}{'p95 ms':>9}{'CPU ms':>9}{'queries':>9}{'KB':>6}")
    for page in pages:
        late = "  too slow" if page["p95_ms"] > LIMIT_MS else ""
        figures = f"{page['median_ms']:>10}{page['p95_ms']:>9}{page['cpu_ms']:>9}{page['queries']:>9}{page['kb']:>6}"
        print(f"{page['name']:<32}{figures}{late}")
    print(f"\n{'open consoles':<32}{'nothing new':>14}{'a change every 2 s':>22}")
    for name, value in idle.items():
        print(f"{name.replace('_', ' '):<32}{value:>14}{busy[name]:>22}")


def main() -> int:
    arguments = parser().parse_args()
    product = Stack(
        stack.database("bench_console"), logs=stack.ROOT / "var" / "log" / "bench-console", client_secret="b" * 32
    )
    with product:
        product.manage("migrate", "--noinput")
        print(product.manage("prepare_demo", "--history", str(arguments.runs)).stdout.strip(), flush=True)
        found = json.loads(product.python("-m", "benchmarks.console_inside", str(arguments.consoles)).stdout)
        product.web()
        pages = [time_of(product, page, found["sessions"][0]) for page in found["pages"]]
        idle = cost(product, found["sessions"], arguments.seconds, is_busy=False)
        busy = cost(product, found["sessions"], arguments.seconds, is_busy=True)
    show(pages, idle, busy)
    slowest = max(pages, key=lambda page: page["p95_ms"])
    print(
        f"\nslowest page: {slowest['name']}, {slowest['p95_ms']} ms at the 95th percentile; the limit is {LIMIT_MS} ms"
    )
    print(json.dumps({"runs": arguments.runs, "pages": pages, "idle": idle, "busy": busy}))
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make bench-console", description=__doc__)
    made.add_argument("--runs", type=int, default=10_000)
    made.add_argument("--consoles", type=int, default=50)
    made.add_argument("--seconds", type=float, default=60.0, help="that each of the two periods is measured")
    return made


if __name__ == "__main__":
    sys.exit(main())
