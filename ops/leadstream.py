"""A steady stream of leads, each posted until it is acknowledged."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import requests

from leads.samples import FORMS
from ops.stack import Stack

LEADS_PER_COMPANY = 5
SIDE_BY_SIDE = 8
REPEATED = 0.1  # of the deliveries come twice, as HubSpot's do


class Stream(threading.Thread):
    """Posts leads at a steady rate, each until it is acknowledged; `accepted` holds the run of each number."""

    def __init__(self, product: Stack, rate: float, dice: random.Random, *, most: int | None = None) -> None:
        super().__init__(daemon=True)
        self.product = product
        self.pause = 1 / rate
        self.dice = dice
        self.most = most
        self.accepted: dict[int, int] = {}
        self.stopping = threading.Event()

    def run(self) -> None:
        number = 0
        # Side by side, as HubSpot delivers: one that hangs holds up no other.
        with ThreadPoolExecutor(SIDE_BY_SIDE) as couriers:
            while not self.stopping.is_set() and number != self.most:
                number += 1
                couriers.submit(self.bring, number, twice=self.dice.random() < REPEATED)
                self.stopping.wait(self.pause)

    def bring(self, number: int, *, twice: bool) -> None:
        self.accepted[number] = self.deliver(number)
        if twice:
            self.deliver(number)

    def deliver(self, number: int) -> int:
        """Once acknowledged, the run's id. A reply that was lost is a delivery that HubSpot makes again."""
        while True:
            with suppress(requests.RequestException):
                answer = self.product.post(lead(number), timeout=10)
                if answer.ok:
                    return int(answer.json()["items"][0]["run"])
            time.sleep(0.1)


def lead(number: int) -> dict[str, Any]:
    company = number // LEADS_PER_COMPANY
    values = {
        "email": f"lead{number}@company{company}.example",
        "firstname": "Lee",
        "lastname": f"Number{number}",
        "company": f"Company {company}",
        "message": "What does it cost for a team of ten, and may we see a demo?",
    }
    return {
        "portalId": 4242,
        "formId": next(iter(FORMS)),
        "formSubmissionId": f"chaos-{number}",
        "fieldValues": [{"name": name, "value": value} for name, value in values.items()],
    }
