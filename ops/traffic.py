"""Prospects who write to the demo while it runs, and trouble now and then, so that the console lives."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import requests

from leads.history.cast import Cast, form_submission
from ops.stack import Stack

PAUSE = (20.0, 40.0)  # seconds between two forms
CALM = (5, 8)  # forms between two troubles
# What goes wrong in turn. Short bursts pass by themselves; a mailbox that refuses leaves a dead letter, and retrying
# it works, since the refusal is over by then.
TROUBLES = (
    "429:hubspot.contacts.get:x2:retry_after=4",
    "403:gmail.drafts.create:x1:reason=insufficientPermissions",
    "503:gmail.threads.list:x2",
    "403:drive.files.list:x1:reason=insufficientFilePermissions",
    "timeout:calendar.freebusy.query:x1:seconds=15",
    "400:gmail.drafts.create:x1:reason=invalidArgument",
)


class Traffic(threading.Thread):
    """Posts signed forms at irregular intervals, as long as the demo runs."""

    def __init__(self, product: Stack) -> None:
        super().__init__(name="traffic", daemon=True)
        self.product = product
        self.dice = random.Random()  # noqa: S311  made-up people
        self.cast = Cast(self.dice)  # whom the history has as well, writes again

    def run(self) -> None:
        troubles = itertools.cycle(TROUBLES)
        for number in self.forms():
            with suppress(requests.RequestException, ValueError):
                if number == 0:
                    self.product.control.fault(next(troubles))
                self.post()

    def forms(self) -> Iterator[int]:
        """One number for each form, when its time has come: how many are left until the next trouble."""
        while True:
            for left in reversed(range(self.dice.randint(*CALM))):
                time.sleep(self.dice.uniform(*PAUSE))
                yield left

    def post(self) -> None:
        asked = self.cast.enquiry()
        self.product.post(form_submission(asked, f"demo-{time.time_ns()}", time.time_ns() // 1_000_000))
