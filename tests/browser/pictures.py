"""`make screenshots`: a picture of every page of the console, at both widths and in both themes, into `docs/img`."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from tests.browser.conftest import ROOT
from tests.browser.operator import WIDTHS, Operator
from tests.browser.pages import PAGES

PICTURES = ROOT / "docs" / "img"
QUALITY = 70


def test_take_a_picture_of_the_login(furnished: str, opened: Callable[..., Operator]) -> None:
    take("login", "/admin/login/", lambda width: opened(width=width))


@pytest.mark.parametrize("name", PAGES)
def test_take_a_picture(furnished: str, opened: Callable[..., Operator], name: str) -> None:
    take(name, PAGES[name](), lambda width: opened(furnished, width=width))


def take(name: str, address: str, at: Callable[[int], Operator]) -> None:
    PICTURES.mkdir(exist_ok=True)
    for width in WIDTHS:
        operator = at(width)
        for theme in ("light", "dark"):
            operator.switches_to(theme)
            operator.opens(address)
            operator.page.wait_for_load_state("networkidle")
            (PICTURES / f"{name}-{width}-{theme}.webp").write_bytes(picture(operator))


def picture(operator: Operator) -> bytes:
    """Playwright itself takes no WebP, which is a third of the size of a PNG."""
    chromium = operator.page.context.new_cdp_session(operator.page)
    taken = chromium.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    chromium.detach()
    return base64.b64decode(taken["data"])
