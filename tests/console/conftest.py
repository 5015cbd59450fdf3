"""The rows and people of the admin's tests, and a live module that remembers nothing of the test before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leads.console import live
from tests.admin.conftest import *  # noqa: F403  the same rows, looked at from home


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    live.forget()
    yield
    live.forget()
