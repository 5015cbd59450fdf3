"""`make screenshots`: a picture of every page of the console, at both widths and in both themes, into `docs/img`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from leads import notices
from leads.history.past import write
from leads.models import Draft, Sending, Workspace
from tests.browser.conftest import ROOT, session_of
from tests.browser.operator import WIDTHS, Operator
from tests.browser.pages import PAGES
from tests.conftest import accounts, default_workspace
from tests.leads.driving import beside

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


@pytest.fixture
def leaving(past: str) -> Iterator[str]:
    """The same days with DRAFT_ONLY off, and drafts in every state of being sent; where the server sees them."""
    with beside(set_out):
        pass
    yield past
    with beside(take_back):
        pass


def set_out() -> None:
    olga, now = User.objects.get(username="olga"), Now()
    Workspace.objects.update(draft_only=False)
    ready = Draft.objects.filter(status="ready", is_sound=True).exclude(gmail_draft_id="")
    soon, later, put_off, back, unclear = ready.order_by("-pk")[:5]
    for draft in (soon, later, put_off, unclear):
        Draft.objects.filter(pk=draft.pk).update(status="scheduled", reviewed_by=olga, reviewed_at=now)
        Sending.objects.create(
            draft=draft, workspace_id=draft.workspace_id, approved_by=olga, due_at=now + timedelta(seconds=45)
        )
    Sending.objects.filter(draft=later).update(due_at=now + timedelta(seconds=70))
    Sending.objects.filter(draft=put_off).update(waits_for="Gmail to answer again", due_at=now + timedelta(minutes=4))
    Sending.objects.filter(draft=unclear).update(due_at=None, tried_at=now - timedelta(minutes=3))
    Draft.objects.filter(pk=unclear.pk).update(status="uncertain")
    why = f"{back.lead} wrote in the thread on {timezone.localtime():%a %-d %b %Y %H:%M}."
    Draft.objects.filter(pk=back.pk).update(returned_because=why, returned_at=now - timedelta(minutes=6))


def take_back() -> None:
    on_its_way = Draft.objects.filter(sending__isnull=False)
    on_its_way.update(status="ready", reviewed_by=None, reviewed_at=None)
    Sending.objects.all().delete()
    Draft.objects.update(returned_because="", returned_at=None)
    Workspace.objects.update(draft_only=True)


def test_take_pictures_of_sending(leaving: str, opened: Callable[..., Operator]) -> None:
    draft = Draft.objects.filter(status="scheduled").latest("pk")
    take(
        "sending-scheduled", reverse("admin:review_draft", args=[draft.pk]), lambda width: opened(leaving, width=width)
    )
    take("sending-outbox", reverse("admin:outbox"), lambda width: opened(leaving, width=width))


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
