"""`make chaos KILLS=100`: SIGKILL anything, at random, under a stream of webhooks; then count, in the sandbox.

In between processes are stopped for longer than their lease and wake up again, the database restarts, politely and as
from a crash, the vendors go away for up to a minute, refusing connections or hanging, and clocks are set, back and
forth. After each kill, stop, restart and setting, what was hit must make progress again within 5 seconds, at the 95th
percentile.

Every submission that was acknowledged must end in exactly one finished run, one Gmail draft, one contact, one note
and one task; companies, which several leads share, must exist once. With `SEND=1` each of 200 drafts is approved, and
must have left the mailbox exactly once. The last line has the verdict.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import psycopg

from ops import stack
from ops.clocks import Clocks
from ops.door import Door
from ops.killer import ROLES, Killer
from ops.leadstream import Stream
from ops.mischief import WRONG, Mischief, plan
from ops.recovery import first_after, line, progress, recoveries
from ops.stack import Stack
from ops.verdict import Verdict, judge
from salesagent.postgres import embedded

FAULTS = ("500:*:0.01", "503:*:0.005", "429:*:0.005", "drop-after:*:0.01")  # 2 % faults, 1 % dropped replies
LOST_SENDINGS = ("drop-after:gmail.drafts.send:0.1", "drop-before:gmail.drafts.send:0.05")
SENT = 200  # leads whose drafts are sent
LATENCY = "60"  # ms a call, so that a killed process leaves calls under way
DATABASES = stack.ROOT / "var" / "chaos"
LONGEST_AWAY = 60.0  # seconds without vendors
PAUSES = {False: (0.1, 2.0), True: (0.5, 4.0)}  # seconds between two deeds, by whether drafts are sent
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


def chaos(
    kills: int,
    *,
    rate: float,
    seed: int,
    look: bool,
    send: int = 0,
    name: str = "chaos",
    longest_away: float = LONGEST_AWAY,
) -> Verdict:
    """Run it all; the verdict. With `send`, so many leads, whose drafts are approved."""
    dice = random.Random(seed)  # noqa: S311  reproducible, not secret
    environment = ENVIRONMENT | ({} if look else {"LOOK_BEFORE_REPEAT": "false"})
    data_dir = DATABASES / name  # a server of its own, for it is restarted
    port, sandbox_port = stack.free_port(), stack.free_port()
    product = Stack(
        stack.database(name, data_dir=data_dir),
        mode="SEND",
        logs=stack.ROOT / "var" / "log" / name,
        environment=environment,
        sandbox_port=sandbox_port,
        vendors_port=port,
    )
    faults = (*LOST_SENDINGS, *FAULTS) if send else FAULTS
    try:
        with product, Door(port, sandbox_port) as door:
            product.manage("migrate", "--noinput")
            product.manage("prepare_demo", "--effects")
            product.sandbox("--latency", LATENCY, *[part for fault in faults for part in ("--fault", fault)])
            clocks = Clocks(stack.ROOT / "var" / "clocks" / name, WRONG)
            product.own = {tree: clocks.environment(tree) for tree in WRONG}
            product.web()
            product.worker()
            if send:
                product.approver()
            roles = ROLES | {"approver": 0} if send else ROLES
            stream, killer = Stream(product, rate, dice, most=send or None), Killer(product, dice, roles)
            lease = float(environment["LEASE_SECONDS"])
            mischief = Mischief(killer, door, clocks, data_dir, lease=lease, longest_away=longest_away)
            stream.start()
            wreak(product, mischief, plan(kills, dice), send=send > 0)
            stopped = time.time()
            mischief.end()
            if not send:
                stream.stopping.set()
            stream.join(SETTLE)
            print("faults: " + ", ".join(f"{fault['spec']} {fault['fired']}" for fault in product.control.faults()))
            product.control.clear_faults()
            settle(product, killer, send=send > 0)
            verdict = judge(product, stream.accepted, sum(killer.killed.values()), send=send > 0)
            verdict.recovered = measure(product, mischief, stream, stopped)
            return verdict
    finally:
        embedded.stop(data_dir)


def wreak(product: Stack, mischief: Mischief, deeds: list[str], *, send: bool) -> None:
    """All that is planned. Where drafts are sent, slower, so that there is something to interrupt.

    Also more than is planned, if some drafts have not left by then.
    """
    for deed in deeds:
        time.sleep(mischief.dice.uniform(*PAUSES[send]))
        mischief.do(deed)
    killed = sum(mischief.killer.killed.values())
    while send and sum(mischief.killer.killed.values()) < 2 * killed and is_any(product, UNDER_WAY, ON_ITS_WAY):
        time.sleep(mischief.dice.uniform(*PAUSES[send]))
        mischief.do("kill")


def measure(product: Stack, mischief: Mischief, stream: Stream, stopped: float) -> list[float]:
    """How long everything that was hit stood still; told by kind."""
    made = progress(product.environment["DATABASE_URL"], mischief.settings)
    # Once the last lead is taken in, the web has nothing to show that it is back by.
    until = stopped if stream.is_alive() else min(stopped, max(made["web"], default=stopped))
    found = recoveries(mischief.killer.troubles, made, until=until)
    for text in mischief.lines():
        print(text)
    for kind, seconds in sorted(found.items()):
        print(line(kind, seconds))
    effects = [first_after(made["effects"], at) - at for at in mischief.returned]
    print("first effect after the vendors' return: " + ", ".join(f"{seconds:.1f} s" for seconds in effects))
    return [second for seconds in found.values() for second in seconds]


def settle(product: Stack, killer: Killer, *, send: bool) -> None:
    """Wait for every run, and every draft that is to be sent, to end; or for time to run out."""
    unsettled = (UNDER_WAY, ON_ITS_WAY) if send else (UNDER_WAY,)
    ends = time.monotonic() + SETTLE
    while time.monotonic() < ends and is_any(product, *unsettled):
        killer.restart()
        time.sleep(0.5)


def is_any(product: Stack, *queries: str) -> bool:
    """By a connection of its own: an earlier one may not have outlived the database."""
    with psycopg.connect(product.environment["DATABASE_URL"]) as connection:
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
    for what in [*verdict.lost, *verdict.doubled][:20]:
        print(what)
    print(verdict.line())
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
