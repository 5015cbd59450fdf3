"""Settings that only hold together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leads.checks import timeouts_nest


@pytest.mark.parametrize(("url", "wrong"), [("", []), ("https://models.example/v1", ["leads.E005"])])
def test_a_letter_must_be_written_within_a_lease_where_a_model_writes(
    settings: Any, url: str, wrong: list[str]
) -> None:
    settings.HTTP_CONNECT_TIMEOUT, settings.HTTP_READ_TIMEOUT = 1.0, 2.0
    settings.LEASE, settings.LLM_SECONDS = timedelta(seconds=15), 20.0
    settings.LLM_BASE_URL, settings.LLM_MODEL = url, "some"
    assert [found.id for found in timeouts_nest(None)] == wrong
