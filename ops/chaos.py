"""`make chaos KILLS=100`: SIGKILL anything, at random, under a stream of webhooks; then count, in the sandbox.

Every submission that was acknowledged must end in exactly one finished run, one Gmail draft, one contact, one note
and one task; companies, which several leads share, must exist once. With `SEND=1` each of 200 drafts is approved, and
must have left the mailbox exactly once. The last line has the verdict.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import Any

import psycopg

from ops import stack
from ops.killer import ROLES, Killer
from ops.leadstream import Stream
from ops.stack import Stack
from ops.verdict import Verdict, judge

FAULTS = ("500:*:0.01", "503:*:0.005", "429:*:0.005", "drop-after:*:0.01")  # 2 % faults, 1 % dropped replies
LOST_SENDINGS = ("drop-after:gmail.drafts.send:0.1", "drop-before:gmail.drafts.send:0.05")
SENT = 200  # leads whose drafts are sent
LATENCY = "60"  # ms a call, so that a killed process leaves calls under way
SETTLE = 240.0  # seconds for what was accepted to end, once the killing is over
UNDER_WAY = "SELECT 1 FROM leads_workflowrun WHERE state IN ('pending', 'running', 'waiting') LIMIT 1"
ON_ITS_WAY = """
SELECT 1 FROM leads_draft
WHERE status IN ('approved', 'scheduled', 'sending') OR (status = 'ready' AND is_sound AND returned_at IS NULL)
LIMIT 1
"""

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


def chaos(kills: int, *, rate: float, seed: int, look: bool, send: int = 0, name: str = "chaos") -> Verdict:
    """Run it all; the verdict. With `send`, so many leads, whose drafts are approved."""
    dice = random.Random(seed)  # noqa: S311  reproducible, not secret
    environment = ENVIRONMENT | ({} if look else {"LOOK_BEFORE_REPEAT": "false"})
    product = Stack(stack.database(name), mode="SEND", logs=stack.ROOT / "var" / "log" / name, environment=environment)
    faults = (*LOST_SENDINGS, *FAULTS) if send else FAULTS
    with product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox("--latency", LATENCY, *[part for fault in faults for part in ("--fault", fault)])
        product.web()
        product.worker()
        roles = ROLES
        if send:
            product.approver()
            roles = ROLES | {"approver": 0}
        stream, killer = Stream(product, rate, dice, most=send or None), Killer(product, dice, roles)
        stream.start()
        if send:
            kill_while_sending(product, killer, kills)
            stream.join(SETTLE)
        else:
            kill(killer, kills)
        stream.stopping.set()
        stream.join(60)
        print("faults: " + ", ".join(f"{fault['spec']} {fault['fired']}" for fault in product.control.faults()))
        product.control.clear_faults()
        settle(product, send=send > 0)
        print("killed: " + ", ".join(f"{role} {count}" for role, count in sorted(killer.killed.items())))
        return judge(product, stream.accepted, sum(killer.killed.values()), send=send > 0)


def kill(killer: Killer, kills: int) -> None:
    while sum(killer.killed.values()) < kills:
        time.sleep(killer.dice.uniform(0.1, 2))
        killer.kill_one()


def kill_while_sending(product: Stack, killer: Killer, kills: int) -> None:
    """More than `kills` if some drafts have not left by then; slower, so that there is something to interrupt."""
    with psycopg.connect(product.environment["DATABASE_URL"], autocommit=True) as connection:
        while (killed := sum(killer.killed.values())) < kills or (
            killed < 2 * kills and is_any(connection, UNDER_WAY, ON_ITS_WAY)
        ):
            time.sleep(killer.dice.uniform(0.5, 4))
            killer.kill_one()


def settle(product: Stack, *, send: bool) -> None:
    """Wait for every run, and every draft that is to be sent, to end; or for time to run out."""
    unsettled = (UNDER_WAY, ON_ITS_WAY) if send else (UNDER_WAY,)
    ends = time.monotonic() + SETTLE
    with psycopg.connect(product.environment["DATABASE_URL"], autocommit=True) as connection:
        while time.monotonic() < ends and is_any(connection, *unsettled):
            time.sleep(0.5)


def is_any(connection: psycopg.Connection[Any], *queries: str) -> bool:
    return any(connection.execute(query).fetchone() for query in queries)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rate", type=float, default=5.0, help="leads per second (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of the dice; 0 takes one from the clock")
    parser.add_argument("--no-look", action="store_true", help="repeat effects without looking: it must fail")
    parser.add_argument("--send", action="store_true", help=f"approve {SENT} drafts, and have them sent")
    arguments = parser.parse_args()
    seed = arguments.seed or time.time_ns() % 1_000_000
    print(f"seed {seed}", flush=True)
    look = not arguments.no_look
    verdict = chaos(arguments.kills, rate=arguments.rate, seed=seed, look=look, send=SENT if arguments.send else 0)
    for line in [*verdict.lost, *verdict.doubled][:20]:
        print(line)
    print(verdict.line())
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
