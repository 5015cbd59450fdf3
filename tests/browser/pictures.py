"""`make screenshots`: a picture of every page of the console, at both widths and in both themes, into `docs/img`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from leads import notices
from leads.history.past import write
from tests.browser.conftest import ROOT, session_of
from tests.browser.operator import WIDTHS, Operator
from tests.browser.pages import PAGES
from tests.conftest import accounts, default_workspace

PICTURES = ROOT / "docs" / "img"
QUALITY = 60
RUNS = 400


@pytest.fixture(autouse=True)
def at_work(configured: None, settings: Any) -> None:
    """Connected, and with a switch that can be turned; nothing is called while pictures are taken."""
    settings.WORKFLOW_MODE = "SEND"
    for name, value in accounts("http://127.0.0.1:9").items():
        setattr(settings, name, value)


@pytest.fixture(scope="module")
def past(django_db_setup: None, django_db_blocker: Any, origin: str) -> Iterator[str]:
    """Some days of Northwind as `make demo` shows them; the session of who looks."""
    with django_db_blocker.unblock(), override_settings(PUBLIC_URL=origin):
        workspace = default_workspace()
        write(workspace, RUNS, timezone.now())
        olga = User.objects.create_superuser("olga", password="pw", first_name="Olga", last_name="Berg")
        notices.add(workspace, url="json://127.0.0.1:9/sales", name="Sales channel", by=olga)
        yield session_of(olga)
        call_command("flush", verbosity=0, interactive=False)


def test_take_a_picture_of_the_login(past: str, opened: Callable[..., Operator]) -> None:
    take("login", "/admin/login/", lambda width: opened(width=width))


@pytest.mark.parametrize("name", PAGES)
def test_take_a_picture(past: str, opened: Callable[..., Operator], name: str) -> None:
    take(name, PAGES[name](), lambda width: opened(past, width=width))


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
