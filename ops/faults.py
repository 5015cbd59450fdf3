"""`make faults`: each step of the workflow meets each fault of a vendor, and a table says how it came through.

The code is the product's, the accounts are a sandbox's, the database is made for it. Exits with 1 if a cell is not as
the design says, or anything was made twice.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from ops import stack
from ops.stack import Stack

# Short times, so that it takes a minute or two; between two claims nothing is waited for.
ENVIRONMENT = {
    "HTTP_CONNECT_TIMEOUT": "0.5",
    "HTTP_READ_TIMEOUT": "0.5",
    "LLM_SECONDS": "2.6",
    "BACKOFF_BASE_SECONDS": "0",
    "QUICK_SECONDS": "0.3",
    "PATIENCE_SECONDS": "0.05",
    "BREAKER_MIN_CALLS": "0",  # so many faults within a minute would be one outage
    "LOG_LEVEL": "CRITICAL",
}


def main() -> int:
    """Prepare the surroundings, and fill the matrix in a process that has them for its environment."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--no-look", action="store_true", help="repeat effects without looking: it must fail")
    parser.add_argument("--inside", metavar="SANDBOX", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return fill(arguments.inside)
    environment = ENVIRONMENT | ({"LOOK_BEFORE_REPEAT": "false"} if arguments.no_look else {})
    logs = stack.ROOT / "var" / "log" / "faults"
    with Stack(stack.database("faults"), mode="SEND", logs=logs, environment=environment) as product:
        product.manage("migrate", "--noinput")
        product.manage("prepare_demo", "--effects")
        product.sandbox()
        command = [sys.executable, "-m", "ops.faults", "--inside", product.sandbox_url]
        return subprocess.run(command, cwd=stack.ROOT, env=product.environment, check=False).returncode


def fill(sandbox_url: str) -> int:
    import django  # noqa: PLC0415  only here are there settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesagent.settings")

    django.setup()
    from connectors.sandbox import Control  # noqa: PLC0415
    from leads.models import Workspace  # noqa: PLC0415
    from ops import fault_matrix  # noqa: PLC0415

    begun = time.monotonic()
    matrix = fault_matrix.Matrix(Control(sandbox_url), Workspace.objects.get(slug="default"))
    cells = {}
    for step in fault_matrix.CALLS:
        for fault in fault_matrix.FAULTS:
            cells[step, fault] = matrix.cell(step, fault)
        print(".", end="", flush=True)
    print(f"\n{fault_matrix.printed(cells)}\n")
    wrong = [f"{one.step}, {one.fault}: {one.wrong}" for one in cells.values() if one.wrong]
    for line in wrong:
        print(line)
    made = sum(one.effects for one in cells.values())
    doubled = sum(number - 1 for one in cells.values() for number in one.made.values() if number > 1)
    told = f"cells={len(cells)} wrong={len(wrong)} effects={made} doubled={doubled}"
    print(f"{told} seconds={time.monotonic() - begun:.0f}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
