"""`make backup-drill`: dump the database under a stream of webhooks, go on, destroy it, restore the dump, and count.

What was accepted before the dump must be there. What was accepted after it is lost to the database, and comes again
from HubSpot's own list. In the end each submission has exactly one finished run, contact, Gmail draft, note and task,
counted in the sandbox, whenever it was made. A reviewer approves all drafts meanwhile: none may be sent twice, and in
the end the database must know of each whether it was. The last line has the verdict.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests
from psycopg import sql

from ops import stack
from ops.chaos import ENVIRONMENT
from ops.leadstream import lead
from ops.stack import Stack
from ops.verdict import EVERYTHING, count
from salesagent.postgres import embedded

RATE = 5.0  # leads a second
LATENCY = "250"  # ms a call: at any moment some runs are under way, so also at the dump's
BEFORE, AFTER = 8.0, 6.0  # seconds of the stream until the dump, and from the dump to the end of the database
SETTLE = 120.0  # seconds for everything to end
# From the restore on: polled before, webhooks would not be lost; nor need anybody wait for the mailbox to be followed.
AFTERWARDS = {"POLL_MINUTES": "0.1", "FOLLOW_SECONDS": "1"}
LEFT = {"sent", "by_hand"}
ON_ITS_WAY = {"approved", "scheduled", "sending", "uncertain"}


@dataclass(slots=True)
class Verdict:
    """What the sandbox and the restored database say; leads are named by their number."""

    dumped: int = 0  # accepted before the dump began
    open: int = 0  # of the runs in the dump
    since: int = 0  # accepted from then on, until the database was destroyed
    accepted: int = 0
    gone: list[str] = field(default_factory=list)  # accepted before the dump, and not in it
    lost: list[str] = field(default_factory=list)  # accepted since, and not in it, as they must be
    returned: int = 0
    done: int = 0
    mid_send: int = 0  # drafts approved in the dump, and not known as sent
    sent: int = 0
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def line(self) -> str:
        return (
            f"before_dump={self.dumped} open_in_dump={self.open} after_dump={self.since} lost={len(self.lost)} "
            f"returned={self.returned} accepted={self.accepted} done={self.done} mid_send_in_dump={self.mid_send} "
            f"sent={self.sent} gone={len(self.gone)} "
            f"missing={len(self.missing)} doubled={len(self.doubled)}"
        )

    @property
    def is_clean(self) -> bool:
        """Also that there was something to show: runs and sendings open in the dump, and submissions that it lacks."""
        is_whole = not self.gone and not self.missing and not self.doubled and self.done == self.accepted
        return is_whole and bool(self.open and self.lost and self.mid_send) and self.returned == len(self.lost)


class Stream(threading.Thread):
    """People who fill in forms: HubSpot lists each and posts it until it is acknowledged. `accepted` has numbers."""

    def __init__(self, product: Stack) -> None:
        super().__init__(daemon=True)
        self.product = product
        self.accepted: list[int] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            payload = lead(number) | {"timestamp": int(time.time() * 1000)}
            values = {entry["name"]: entry["value"] for entry in payload["fieldValues"]}
            sent = {"submitted_at": payload["timestamp"]}
            self.product.control.submission(payload["formId"], payload["formSubmissionId"], values, **sent)
            self.deliver(number, payload)
            self.stopping.wait(1 / RATE)

    def deliver(self, number: int, payload: dict[str, Any]) -> None:
        """Post it until it is acknowledged; HubSpot does so for a day."""
        while True:
            with suppress(requests.RequestException):
                if self.product.post(payload, timeout=10).ok:
                    self.accepted.append(number)
                    return
            time.sleep(0.2)


def drill(*, look: bool, name: str = "backup_drill") -> Verdict:
    """Run it all; the verdict."""
    product = Stack(
        stack.database(name),
        mode="SEND",
        logs=stack.ROOT / "var" / "log" / name,
        environment=ENVIRONMENT | {"POLL_MINUTES": "0"},
    )
    dump = product.logs / "database.dump"
    verdict = Verdict()
    with product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox("--latency", LATENCY)
        product.web()
        product.worker()
        product.approver()
        stream = Stream(product)
        stream.start()
        time.sleep(BEFORE)
        before = list(stream.accepted)
        tool("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={product.environment['DATABASE_URL']}")
        time.sleep(AFTER)
        destroy(name)
        since = set(stream.accepted) - set(before)
        say(f"{len(before)} accepted, dumped, {len(since)} more accepted, and the database destroyed")
        for process in ("approver", "worker", "web"):
            product.end(process)

        stack.database(name)
        tool("pg_restore", "--no-owner", f"--dbname={product.environment['DATABASE_URL']}", str(dump))
        product.manage("migrate", "--noinput")
        restored, approved = rows(product), Counter(statuses(product).values())
        verdict.dumped, verdict.since = len(before), len(since)
        verdict.open = sum(state in {"pending", "running", "waiting"} for _, state in restored.values())
        verdict.mid_send = sum(approved[status] for status in ON_ITS_WAY)
        verdict.gone = [named(number) for number in before if number not in restored]
        verdict.lost = [named(number) for number in sorted(since) if number not in restored]
        say("lost to the database: " + ", ".join(verdict.lost))
        product.environment |= AFTERWARDS | ({} if look else {"LOOK_BEFORE_REPEAT": "false"})
        say(product.manage("restored").stdout.strip())
        product.web()
        product.worker()
        product.approver()
        time.sleep(BEFORE / 2)
        stream.stopping.set()
        stream.join(60)
        settle(product, stream.accepted)
        return judge(product, stream.accepted, verdict)


def tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs, of those that come with the embedded server."""
    program = embedded.server(stack.DATA_DIR).bin_path / name
    done = subprocess.run([program, *arguments], text=True, capture_output=True, check=False)
    if done.returncode:
        raise stack.DidNotStart(f"{name} failed:\n{done.stderr}")


def destroy(name: str) -> None:
    """Take the database away, under whoever uses it."""
    host = embedded.socket_dir(stack.DATA_DIR)
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def rows(product: Stack) -> dict[int, tuple[str, str]]:
    """Key and state of each lead's run, by the lead's number."""
    with psycopg.connect(product.environment["DATABASE_URL"]) as connection:
        found = connection.execute(
            "SELECT s.payload->'fields'->>'lastname', r.key::text, r.state FROM leads_workflowrun r "
            "JOIN leads_submission s ON s.id = r.submission_id"
        ).fetchall()
    return {int(name.removeprefix("Number")): (key, state) for name, key, state in found}


def statuses(product: Stack) -> dict[str, str]:
    """Of each draft, by its recipient; `ready` only while nobody was told why it came back."""
    with psycopg.connect(product.environment["DATABASE_URL"]) as connection:
        return dict(
            connection.execute(
                "SELECT recipient, CASE WHEN status = 'ready' AND returned_at IS NOT NULL THEN 'returned' "
                "ELSE status END FROM leads_draft"
            ).fetchall()
        )


def unknown(product: Stack) -> list[str]:
    """Who has a mail that the database says was not sent, or the other way round."""
    sent = count(product.control.created())["sent"]
    known = {recipient for recipient, status in statuses(product).items() if status in LEFT}
    return sorted(known ^ sent.keys())


def settle(product: Stack, accepted: list[int]) -> None:
    """Wait until all that was ever accepted is there, and has ended, or for time to run out."""
    ends = time.monotonic() + SETTLE
    while time.monotonic() < ends:
        found = rows(product)
        if (
            all(number in found and found[number][1] == "done" for number in accepted)
            and not {"ready", *ON_ITS_WAY}.intersection(statuses(product).values())
            and not unknown(product)
        ):
            return
        time.sleep(0.5)


def judge(product: Stack, accepted: list[int], verdict: Verdict) -> Verdict:
    """By what the sandbox has, whoever made it and when."""
    made, runs = product.control.created(), rows(product)
    keys = {number: key for number, (key, _) in runs.items()}
    times = count(made)
    drafts = Counter(recipient for draft in made["drafts"] for recipient in draft["recipients"])
    verdict.accepted = len(accepted)
    done = {number for number, (_, state) in runs.items() if state == "done"}
    verdict.done = len(done.intersection(accepted))
    verdict.returned = sum(named(number) in verdict.lost for number in done)
    for number in accepted:
        email = lead(number)["fieldValues"][0]["value"]
        left = {kind: times[kind][email if kind == "contacts" else keys.get(number, "")] for kind in EVERYTHING}
        left["drafts"] = drafts[email]
        verdict.missing += [f"{named(number)}: no {kind}" for kind, number_of in left.items() if number_of == 0]
        verdict.doubled += [f"{named(number)}: {number_of} {kind}" for kind, number_of in left.items() if number_of > 1]
    verdict.sent = times["sent"].total()
    verdict.doubled += [f"{email}: sent {number} times" for email, number in times["sent"].items() if number > 1]
    verdict.missing += [f"{email}: sent, and not known to be, or the other way round" for email in unknown(product)]
    ours = set(keys.values())
    for kind in ("notes", "tasks"):
        verdict.doubled += [f"{kind} of a run that nobody knows: {key}" for key in times[kind].keys() - ours]
    verdict.doubled += [f"{domain}: {number} companies" for domain, number in times["companies"].items() if number > 1]
    return verdict


def named(number: int) -> str:
    return f"lead {number}"


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make backup-drill", description=__doc__)
    parser.add_argument("--no-look", action="store_true", help="repeat effects without looking: it must fail")
    verdict = drill(look=not parser.parse_args().no_look)
    for line in [*verdict.gone, *verdict.missing, *verdict.doubled][:20]:
        print(line)
    print(verdict.line())
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
