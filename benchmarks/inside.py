"""What one process sees of a run: SQL statements, CPU, and where the CPU goes. Started by `benchmarks.bench`."""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django

RUNS = 100


def prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesagent.settings")
    django.setup()


def claims(count: int, name: str) -> list[Any]:
    """Submit and claim so many leads."""
    from django.utils import timezone  # noqa: PLC0415  Django is set up first

    from benchmarks.bench import lead  # noqa: PLC0415
    from leads.engine.leases import claim  # noqa: PLC0415
    from leads.intake import submit  # noqa: PLC0415
    from leads.models import Workspace  # noqa: PLC0415
    from leads.payloads import parse  # noqa: PLC0415

    workspace = Workspace.objects.get(slug="default")
    for number in range(count):
        submit(workspace, parse(json.dumps(lead(f"{name}-{number}")).encode(), timezone.now())[0])  # type: ignore[arg-type]
    return claim(count)


def count_statements() -> dict[str, Any]:
    """SQL statements of a run, transaction control included, and its CPU time, vendors' and database's excluded."""
    from django.db import connection  # noqa: PLC0415

    from leads.engine.driver import drive  # noqa: PLC0415

    with ThreadPoolExecutor(12) as pool:
        for warm in claims(5, "warm"):
            drive(warm, pool)
        waiting = claims(RUNS, "counted")
        statements: Counter[str] = Counter()

        def counting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's
            statements[sql.split(None, 1)[0]] += 1
            return execute(sql, params, many, context)

        began = time.process_time()
        with connection.execute_wrapper(counting):
            for one in waiting:
                drive(one, pool)
        cpu = time.process_time() - began
    return {
        "sql_statements_per_run": round(statements.total() / RUNS, 1),
        "sql_by_kind": {kind: round(times / RUNS, 1) for kind, times in statements.most_common()},
        "cpu_ms_per_run": round(1000 * cpu / RUNS, 1),
    }


def profile() -> dict[str, Any]:
    """CPU time by package, in ms of a run."""
    from leads.engine.driver import drive  # noqa: PLC0415

    inline = Inline()
    for warm in claims(5, "warm"):
        drive(warm, inline)
    waiting = claims(RUNS, "profiled")
    profiler = cProfile.Profile(time.process_time)
    with profiler:
        for one in waiting:
            drive(one, inline)
    return {"profile": table(profiler)}


class Inline(Executor):
    """Runs everything at once, in the thread that asks: a profiler sees one thread only."""

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def table(profiler: cProfile.Profile) -> str:
    spent: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, line, name), (_, _, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        spent[package(file)] += own
        functions[f"{package(file)}: {Path(file).name}:{line} {name}"] += own
    lines = ["ms of a run, by package (under the profiler, which makes small functions dear)"]
    lines += [f"{1000 * seconds / RUNS:8.2f}  {name}" for name, seconds in spent.most_common(16)]
    lines += ["", "by function"]
    lines += [f"{1000 * seconds / RUNS:8.2f}  {name}" for name, seconds in functions.most_common(30)]
    return "\n".join(lines)


def package(file: str) -> str:
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    for ours in ("leads", "connectors", "salesagent"):
        if ours in parts:
            return "/".join(parts[parts.index(ours) : -1][:2])
    return "built in" if file.startswith("~") else f"python {Path(file).stem}"


if __name__ == "__main__":
    prepare()
    print(json.dumps({"count": count_statements, "profile": profile}[sys.argv[1]]()))
