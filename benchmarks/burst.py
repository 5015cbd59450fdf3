"""`make burst`: 500 submissions at once, and accounts that enforce the vendors' real limits.

It must leave nothing dead, be refused less than one call in a hundred, and take at most 1.3 times as long as the limits
make necessary for the calls that were needed. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from typing import Any

from benchmarks.bench import Bench, Series, percentile
from connectors.sandbox.limits import UNITS
from ops import stack
from ops.stack import Stack

MOST_REFUSED = 0.01
MOST_TIME = 1.3
PATIENCE = 1800.0  # seconds


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    limits = {name: str(arguments.limits.get(name, value)) for name, value in stack.LIMITED.items()}
    product = Stack(
        stack.database("burst"),
        mode=arguments.mode,
        logs=stack.ROOT / "var" / "log" / "burst",
        environment=limits if arguments.keep else {},
    )
    with product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox()
        product.control.settings(
            latency_ms=arguments.latency, **{name.lower(): int(value) for name, value in limits.items()}
        )
        product.web()
        product.worker()
        bench = Bench(product)
        series = bench.burst("burst", arguments.burst, PATIENCE)
        return told(bench, series, {name: int(value) for name, value in limits.items()})


def told(bench: Bench, series: Series, limits: dict[str, int]) -> dict[str, Any]:
    """What happened, beside what the limits make necessary."""
    asked = bench.product.control.requests()
    calls = {f"{one['service']}.{one['endpoint']}": one["count"] for one in asked["calls"] if one["count"]}
    total = sum(count for name, count in calls.items() if name.startswith(("hubspot.", "gmail.")))
    needed = needs(bench)
    bounds = {
        "hubspot": least_seconds(needed["hubspot"], limits["HUBSPOT_CALLS_PER_10_SECONDS"], 10),
        "search": least_seconds(needed["search"], limits["HUBSPOT_SEARCHES_PER_SECOND"], 1),
        "gmail": least_seconds(needed["gmail"], limits["GMAIL_UNITS_PER_MINUTE"], 60),
    }
    least = max(bounds.values())
    return {
        "runs": len(series.ack_ms),
        "states": dict(bench.database.execute("SELECT state, count(*) FROM leads_workflowrun GROUP BY 1").fetchall()),
        "needed": needed,
        "least_seconds": bounds,
        "seconds": round(series.seconds_to_finish, 1),
        "ratio": round(series.seconds_to_finish / least, 2) if least else 0.0,
        "calls_to_hubspot_and_gmail": total,
        "refused": asked["refused"],
        "refused_share": round(asked["refused"] / total, 4),
        "to_draft_p50_s": round(percentile(series.to_draft_ms, 0.5) / 1000, 1),
        "to_draft_p95_s": round(percentile(series.to_draft_ms, 0.95) / 1000, 1),
        "runs_that_waited": bench.database.execute(
            "SELECT count(DISTINCT run_id) FROM leads_event WHERE kind = 'run_waits'"
        ).fetchall()[0][0],
        "accepted_in_seconds": round(series.seconds_to_accept, 1),
    }


def needs(bench: Bench) -> dict[str, int]:
    """The calls that were answered, by limit, as the product noted them."""
    rows = bench.database.execute(
        "SELECT service, endpoint, count(*) FROM leads_apicall WHERE status IS DISTINCT FROM 429 GROUP BY 1, 2"
    ).fetchall()
    return {
        "hubspot": sum(count for service, _, count in rows if service == "hubspot"),
        "search": sum(count for service, endpoint, count in rows if endpoint.endswith(".search")),
        "gmail": sum(UNITS[endpoint] * count for service, endpoint, count in rows if service == "gmail"),
    }


def least_seconds(needed: int, limit: int, window: int) -> float:
    """As fast as anybody could be: all of a window's calls at its beginning, then the next window."""
    return float((math.ceil(needed / limit) - 1) * window) if limit and needed else 0.0


def verdict(figures: dict[str, Any]) -> list[str]:
    """What is not as it must be."""
    wrong = []
    if figures["states"] != {"done": figures["runs"]}:
        wrong.append(f"not all runs are done: {figures['states']}")
    if figures["refused_share"] >= MOST_REFUSED:
        wrong.append(f"{figures['refused_share']:.1%} of the calls were refused, and 1 % is too many")
    if figures["ratio"] > MOST_TIME:
        wrong.append(f"it took {figures['ratio']} times as long as the limits make necessary; {MOST_TIME} is the most")
    return wrong


def limit(given: str) -> tuple[str, int]:
    name, _, value = given.partition("=")
    if name not in stack.LIMITED or not value.isdecimal():
        raise argparse.ArgumentTypeError(f"it is NAME=NUMBER, and the names are {', '.join(stack.LIMITED)}")
    return name, int(value)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make burst", description=__doc__)
    parser.add_argument("--burst", type=int, default=500, help="submissions (default 500)")
    parser.add_argument("--mode", default="SEND", choices=["SEND", "DRAFT_ONLY"], help="which effects happen")
    parser.add_argument("--latency", type=float, default=50, metavar="MS", help="of each call (default 50)")
    parser.add_argument("--limit", type=limit, action="append", default=[], metavar="NAME=NUMBER", help="another limit")
    parser.add_argument("--heedless", dest="keep", action="store_false", help="keep to no limit: it must fail")
    arguments = parser.parse_args()
    arguments.limits = dict(arguments.limit)
    begun = time.monotonic()
    figures = measure(arguments)
    for name, value in figures.items():
        print(f"{name:<28}{value}")
    wrong = verdict(figures)
    print("\n".join(wrong) or f"as it must be, in {time.monotonic() - begun:.0f} s")
    print(json.dumps(figures))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
