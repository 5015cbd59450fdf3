"""Each page of the console on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.operator import Operator
from tests.browser.pages import PAGES


@pytest.mark.parametrize("name", PAGES)
def test_it_is_accessible_and_fits_in_both_themes(furnished: str, opened: Callable[..., Operator], name: str) -> None:
    opened(furnished, width=390).finds_fit(PAGES[name]())


def test_the_login_is_accessible_and_fits_in_both_themes(furnished: str, opened: Callable[..., Operator]) -> None:
    opened(width=390).finds_fit("/admin/login/")
