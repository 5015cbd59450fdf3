"""How many cases are tried: a fixed few in every run of the tests, `make fuzz` makes it many and ever others."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, configuration, settings

configuration.set_hypothesis_home_dir(Path(__file__).resolve().parents[2] / "var" / "hypothesis")

FEW = 100
MANY = 2500
OURS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("few", max_examples=FEW, derandomize=True, database=None, **OURS)
settings.register_profile("fuzz", max_examples=MANY, print_blob=True, **OURS)
settings.load_profile("few")


def one_in(number: int) -> settings:
    """For a test whose every case is many, or who has little to vary."""
    return settings(max_examples=settings.default.max_examples // number)  # type: ignore[union-attr]


SECONDS = 2.5  # of CPU, for any one case: HubSpot waits for five


class Cases:
    """Counts what was tried, and holds each to its time."""

    def __init__(self) -> None:
        self.number = 0

    @contextmanager
    def case(self) -> Iterator[None]:
        """One case: in the end the database is as it was, and not much time is gone."""
        self.number += 1
        began = time.thread_time()
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        assert time.thread_time() - began < SECONDS


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is logged, thousands of times here."""
    for name in ("leads.webhook", "django.request", "django.security"):
        monkeypatch.setattr(logging.getLogger(name), "disabled", True)


@pytest.fixture
def cases(record_property: Any) -> Iterator[Cases]:
    counter = Cases()
    yield counter
    record_property("cases", counter.number)
