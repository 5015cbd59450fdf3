"""`make demo`: the whole product on this machine, with sandbox accounts and a sample lead."""

from __future__ import annotations

import argparse
import fcntl
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil

from leads.samples import sample
from ops import stack
from ops.stack import DidNotStart, Stack
from ops.traffic import Traffic
from salesagent.postgres import embedded

VAR = stack.ROOT / "var"
SOURCES = ("salesagent", "leads", "connectors", "templates")
PATIENCE = 60.0  # seconds for the sample lead
HISTORY = 250  # runs


def main() -> int:
    arguments = parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    leftovers = VAR / "demo-processes"
    with only_demo() as alone:
        if not alone:
            print("A demo of this checkout is running already; end it first, with Ctrl-C.", file=sys.stderr)
            return 1
        end_leftovers(leftovers)
        return run(arguments, leftovers)


@contextmanager
def only_demo() -> Iterator[bool]:
    """Two demos would share a database and a queue, and the first to end would take both away."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "demo-lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def end_leftovers(record: Path) -> None:
    """End what a demo that was killed left running: the groups it noted, if they are still of this checkout."""
    for line in record.read_text().split() if record.exists() else []:
        with suppress(psutil.Error, ProcessLookupError):
            if Path(psutil.Process(int(line)).cwd()) == stack.ROOT:
                os.killpg(int(line), signal.SIGKILL)
    record.unlink(missing_ok=True)


def run(arguments: argparse.Namespace, leftovers: Path) -> int:
    password = made_once("demo-password", secrets.token_urlsafe(9))
    database_url = stack.database("salesagent", fresh=False)
    product = Stack(
        database_url,
        mode="SEND",  # sandbox accounts: the workspace's own switch, which is on, can be tried
        logs=VAR / "log",
        client_secret=made_once("demo-client-secret", secrets.token_hex(16)),
        web_port=arguments.port,
        sandbox_port=8100,
        environment=stack.LIMITED | ({"DEBUG": "1"} if arguments.reload else {}),
        record=leftovers,
    )
    try:
        with product:
            return demonstrate(product, password, arguments)
    except KeyboardInterrupt:
        print("\nstopped")
        return 0
    except DidNotStart as error:
        print(f"\nthe demo did not start: {error}", file=sys.stderr)
        return 1
    finally:
        embedded.stop(stack.DATA_DIR)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make demo", description=__doc__)
    made.add_argument("--once", action="store_true", help="end after the sample lead")
    made.add_argument("--quiet", action="store_true", help="no traffic while it runs")
    made.add_argument("--reload", action="store_true", help="reload web and worker when a source file changes")
    made.add_argument("--port", type=int, default=8000, help="of the web server, or the next free one (default 8000)")
    return made


def demonstrate(product: Stack, password: str, arguments: argparse.Namespace) -> int:
    say("database", product.manage("migrate", "--noinput") and "PostgreSQL under var/postgres, migrated")
    product.sandbox()
    say("sandbox", f"HubSpot, Gmail, Drive and Calendar at {product.sandbox_url}")
    written = product.manage("prepare_demo", "--password", password, "--history", str(HISTORY), "--restock").stdout
    if "history" in written:
        say("history", f"{HISTORY} runs of the last seven days")
    product.web(*(["--reload"] if arguments.reload else []))
    say("web", product.url)
    product.worker()
    say("worker", "two processes, supervised")
    finished = post_sample(product)
    print(f"\nConsole   {product.url}/admin/   user admin   password {password}")
    print(f"Webhook   {product.webhook_url}   (signed with var/demo-client-secret)")
    print("Logs      var/log/")
    if not arguments.once:
        if not arguments.quiet:
            print("Traffic   a new prospect every half minute, and trouble now and then (--quiet: none)")
            Traffic(product).start()
        print("\nRunning. Ctrl-C stops everything.", flush=True)
        keep_running(product, reload=arguments.reload)
    return 0 if finished else 1


def post_sample(product: Stack) -> bool:
    """Post a signed form, wait for its run, print both."""
    number = int(time.time())
    posted = time.monotonic()
    answer = product.post(sample(number))
    if answer.status_code != 202:
        raise DidNotStart(f"the webhook answered {answer.status_code}: {answer.text[:500]}")
    run_id = answer.json()["runs"][0]
    print(
        f"\nposted a signed form: {answer.status_code} in {1000 * (time.monotonic() - posted):.0f} ms, run {run_id}\n"
    )
    shown = product.manage("show_run", str(run_id), "--wait", str(PATIENCE), check=False)
    print(shown.stdout + shown.stderr, flush=True)
    return shown.returncode == 0


def keep_running(product: Stack, *, reload: bool) -> None:
    seen = newest_change() if reload else 0.0
    while True:
        time.sleep(1)
        for name, process in product.processes.items():
            if process.poll() is not None:
                raise DidNotStart(f"{name} ended with {process.returncode}:\n{product.tail(name)}")
        if reload and (latest := newest_change()) > seen:
            seen = latest
            product.end("worker")
            product.worker()
            print("worker reloaded", flush=True)


def newest_change() -> float:
    return max(path.stat().st_mtime for path in sources())


def sources() -> Iterator[Path]:
    for folder in SOURCES:
        yield from (stack.ROOT / folder).rglob("*.py")


def made_once(name: str, value: str) -> str:
    """A secret of the demo, made at its first start and kept under `var/`."""
    path = VAR / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(value)
    return path.read_text()


def say(what: str, how: object) -> None:
    print(f"{what:<10}{how}", flush=True)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Begin to stop, once: whoever presses Ctrl-C again must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
