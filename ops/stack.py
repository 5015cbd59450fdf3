"""The whole product on this machine, as real processes: sandbox accounts, web, worker, and a database.

Used by the demo, the chaos test, the benchmarks and the end-to-end tests.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests
from psycopg import sql

from connectors.hubspot_signature import sign_v3
from connectors.sandbox import Control
from salesagent.postgres import embedded

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = ROOT / "var" / "postgres"
WORKER_PROCESSES = 6  # below the supervisor: main process, sentinel, pusher, monitor, two workers
PATIENCE = 60.0  # seconds for a process to come up

# Set for every process here and nowhere else: what the surroundings say must not leak into a demo or a test.
OURS = (
    "DATABASE_URL",
    "WORKFLOW_MODE",
    "PUBLIC_URL",
    "HUBSPOT_",
    "GOOGLE_",
    "SANDBOX_",
    "LLM_",
    "GMAIL_",
    "ENVIRONMENT",
    "ALLOWED_HOSTS",
    "DEBUG",
)

# The sandbox takes as many calls as it can answer, unless it is told to keep the vendors' limits.
UNLIMITED = {"HUBSPOT_CALLS_PER_10_SECONDS": "0", "HUBSPOT_SEARCHES_PER_SECOND": "0", "GMAIL_UNITS_PER_MINUTE": "0"}
# As the vendors' smallest plans have them.
LIMITED = {"HUBSPOT_CALLS_PER_10_SECONDS": "100", "HUBSPOT_SEARCHES_PER_SECOND": "5", "GMAIL_UNITS_PER_MINUTE": "6000"}


class DidNotStart(RuntimeError):
    """A process ended, or did not answer in time; the message has the end of its log."""


def database(name: str, *, fresh: bool = True, data_dir: Path = DATA_DIR) -> str:
    """The URL of a database of this name on the embedded server of `data_dir`, made anew if `fresh`."""
    host = embedded.socket_dir(data_dir)
    if fresh:
        with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    embedded.make_database(host, name)
    return f"postgresql://postgres@/{name}?host={host}"


def free_port(wanted: int = 0) -> int:
    """`wanted` if nobody has it, else the next free one after it; any if 0."""
    for port in range(wanted, wanted + 100) if wanted else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise DidNotStart(f"no free port from {wanted} on")


class Stack:
    """Start what is needed, in this order: `sandbox`, `migrate`, `web`, `worker`. `stop` ends all that was started."""

    def __init__(
        self,
        database_url: str,
        *,
        mode: str = "DRAFT_ONLY",
        logs: Path,
        environment: Mapping[str, str] | None = None,
        client_secret: str = "",
        web_port: int = 0,
        sandbox_port: int = 0,
        vendors_port: int = 0,
        record: Path | None = None,
    ) -> None:
        self.record = record  # where to note the process groups that are started
        self.logs = logs
        self.logs.mkdir(parents=True, exist_ok=True)
        self.client_secret = client_secret or secrets.token_hex(16)
        self.web_port = free_port(web_port)
        self.sandbox_port = free_port(sandbox_port)
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        # Where the product looks for the vendors, if something stands between it and the sandbox.
        self.vendors_url = f"http://127.0.0.1:{vendors_port or self.sandbox_port}"
        self.webhook_url = f"{self.url}/webhook/formlead"
        self.control = Control(self.sandbox_url)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.own: dict[str, dict[str, str]] = {}  # what the environment of one process has beside
        self.http = requests.Session()
        self.http.trust_env = False
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.environment = inherited | {
            "DATABASE_URL": database_url,
            "WORKFLOW_MODE": mode,
            "PUBLIC_URL": self.url,
            "HUBSPOT_API_URL": self.vendors_url,
            "HUBSPOT_ACCESS_TOKEN": "sandbox-token",
            "HUBSPOT_CLIENT_SECRET": self.client_secret,
            "GOOGLE_API_URL": self.vendors_url,
            "SANDBOX_URL": self.vendors_url,
            "LLM_BASE_URL": f"{self.vendors_url}/v1",
            "LLM_API_KEY": "sandbox",
            "LLM_MODEL": "sandbox",
            "LLM_INPUT_PRICE": "3",
            "LLM_OUTPUT_PRICE": "15",
            "GOOGLE_CREDENTIALS": json.dumps(self.google_credentials()),
            "GOOGLE_OAUTH_CLIENT_ID": "sandbox",  # so that “Connect Google” leads to the sandbox's consent page
            "GOOGLE_OAUTH_CLIENT_SECRET": "sandbox",
            **UNLIMITED,
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }

    def google_credentials(self) -> dict[str, str]:
        return {
            "type": "authorized_user",
            "client_id": "sandbox",
            "client_secret": "sandbox",  # the sandbox's, which keeps no secrets
            "refresh_token": "sandbox",
            "token_uri": f"{self.vendors_url}/token",
        }

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` to its end."""
        return self.python("manage.py", *arguments, check=check)

    def python(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Python to its end, with the product's environment."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, text=True, capture_output=True, check=False
        )
        if check and done.returncode:
            raise DidNotStart(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done

    def sandbox(self, *arguments: str) -> None:
        self.start("sandbox", [sys.executable, "manage.py", "sandbox", "--port", str(self.sandbox_port), *arguments])
        self.await_answer("sandbox", f"{self.sandbox_url}/_sandbox/health")

    def web(self, *arguments: str, workers: int = 2) -> None:
        bind = ["--bind", f"127.0.0.1:{self.web_port}", "--workers", str(workers), *arguments, "salesagent.wsgi"]
        self.start("web", [sys.executable, "-m", "gunicorn", "-c", "ops/gunicorn.conf.py", *bind])
        self.await_answer("web", f"{self.url}/health")

    def worker(self, *, wait: bool = True) -> None:
        """Start the worker, and wait until its cluster is complete."""
        self.start("worker", [sys.executable, "manage.py", "worker"])
        ends = time.monotonic() + PATIENCE
        while wait and self.worker_processes() < WORKER_PROCESSES:
            if self.processes["worker"].poll() is not None or time.monotonic() > ends:
                raise DidNotStart(f"the worker did not start:\n{self.tail('worker')}")
            time.sleep(0.05)

    def approver(self) -> None:
        """Start a reviewer who approves everything."""
        self.start("approver", [sys.executable, "-m", "ops.approver"])

    def worker_processes(self) -> int:
        with suppress(psutil.Error):
            return len(psutil.Process(self.processes["worker"].pid).children(recursive=True))
        return 0

    def start(self, name: str, command: Sequence[str]) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment | self.own.get(name, {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self.record is not None:
            with self.record.open("a") as record:
                record.write(f"{self.processes[name].pid}\n")

    def await_answer(self, name: str, url: str) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if self.processes[name].poll() is not None:
                raise DidNotStart(f"{name} ended with {self.processes[name].returncode}:\n{self.tail(name)}")
            with suppress(requests.RequestException):
                if self.http.get(url, timeout=2).ok:
                    return
            time.sleep(0.05)
        raise DidNotStart(f"{name} did not answer within {PATIENCE:.0f} s:\n{self.tail(name)}")

    def tail(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        """End everything in reverse order: politely, then for sure."""
        for name in reversed(list(self.processes)):
            self.end(name)

    def end(self, name: str, patience: float = 35.0) -> None:
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def post(self, payload: Any, *, timeout: float = 30.0) -> requests.Response:
        """A signed delivery, as HubSpot would send it."""
        body = json.dumps(payload).encode()
        stamp = str(int(time.time() * 1000))
        headers = {
            "Content-Type": "application/json",
            "X-HubSpot-Request-Timestamp": stamp,
            "X-HubSpot-Signature-v3": sign_v3(self.client_secret, "POST", self.webhook_url, body, stamp),
        }
        return self.http.post(self.webhook_url, data=body, headers=headers, timeout=timeout)
