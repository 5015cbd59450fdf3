"""A slice of `make faults`: two faults for each step that calls a vendor, all of them once over the steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leads.engine.steps import REGISTRY
from leads.models import Workspace
from ops.fault_matrix import CALLS, EXPECTED, FAULTS, Matrix

pytestmark = pytest.mark.django_db

CALLING = [step for step, calls in CALLS.items() if calls]
KINDS = list(FAULTS)
SLICE = [(step, KINDS[(place * 5 + more * 3) % len(KINDS)]) for place, step in enumerate(CALLING) for more in (0, 1)]


def test_the_matrix_has_every_step_and_says_what_is_expected_of_every_cell() -> None:
    assert list(CALLS) == list(REGISTRY)
    assert {step: set(row) for step, row in EXPECTED.items()} == {step: {*FAULTS} for step in REGISTRY}


def test_the_slice_has_every_fault() -> None:
    assert {fault for _, fault in SLICE} == {*FAULTS}


@pytest.mark.parametrize(("step", "fault"), SLICE)
def test_a_fault_ends_as_the_design_says_and_nothing_is_made_twice(
    box: Any, sending: Workspace, hasty: None, settings: Any, step: str, fault: str
) -> None:
    settings.HTTP_READ_TIMEOUT = settings.HTTP_CONNECT_TIMEOUT = 0.5
    settings.QUICK_SECONDS = 0.3
    settings.PATIENCE = timedelta(milliseconds=50)
    settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = f"{box.url}/v1", "a-key", "sandbox"
    settings.LLM_SECONDS = 2.6
    cell = Matrix(box.control, sending).cell(step, fault)
    assert cell.wrong == ""
