"""A real Chromium, and the console on a real server for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client, override_settings
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.operator import WIDTHS, Operator
from tests.browser.watching import Watch
from tests.browser.world import furnish
from tests.conftest import accounts, default_workspace
from tests.leads.driving import until

ROOT = Path(__file__).resolve().parents[2]
SETTLED = 0.1  # seconds without a statement after which a connection serves nobody
PATIENCE = 20_000  # milliseconds for something to appear
# No name resolves, so that nothing could be loaded from other hosts even for a moment.
ARGUMENTS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@pytest.fixture(scope="package")
def origin(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Where the console is served, from the database that the test fills."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()
    with django_db_blocker.unblock():
        until(lambda: connections_not("closed") == 0)


@pytest.fixture(scope="package")
def browser(origin: str, django_db_blocker: Any) -> Iterator[Browser]:
    """Chromium. Playwright keeps an event loop in this thread, which Django takes for asynchronous code."""
    found = subprocess.run(["ops/browser"], cwd=ROOT, text=True, capture_output=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr, pytrace=False)
    expect.set_options(timeout=PATIENCE)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=found.stdout.strip(), args=ARGUMENTS)
            yield chromium
            chromium.close()
            with django_db_blocker.unblock():
                connections.close_all()  # asynchronous code has connections of its own
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def configured(configured: None, db: None, origin: str, shared_box: Any, settings: Any) -> None:
    """Every test of this folder needs the database: pytest-django makes one only if a test asks for it."""
    settings.PUBLIC_URL = origin
    settings.SANDBOX_URL = shared_box.url  # else there is no page of drills
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]


@pytest.fixture
def boss(transactional_db: None) -> User:
    return User.objects.create_superuser("olga", password="pw", first_name="Olga")


@pytest.fixture(scope="module")
def furnished_once(django_db_setup: None, django_db_blocker: Any, shared_box: Any, origin: str) -> Iterator[str]:
    shared_box.control.reset()
    with django_db_blocker.unblock(), override_settings(**accounts(shared_box.url), PUBLIC_URL=origin):
        boss = User.objects.create_superuser("olga", password="pw", first_name="Olga")
        furnish(shared_box, default_workspace(), boss)
        yield session_of(boss)
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def furnished(furnished_once: str, db: None) -> str:
    """The small world, made once for all tests of a module, which only look; the session of who looks."""
    return furnished_once


@pytest.fixture
def opened(
    browser: Browser, origin: str, record_property: Callable[[str, object], None]
) -> Iterator[Callable[..., Operator]]:
    """Windows, each of its own session (none: nobody is logged in); what they must not show fails the test."""
    contexts, watches = [], []

    def make(session: str = "", *, width: int = 1440, theme: Any = "light") -> Operator:
        phone = width < 600
        context = browser.new_context(
            viewport={"width": width, "height": WIDTHS[width]},
            color_scheme=theme,
            reduced_motion="reduce",
            has_touch=phone,
            is_mobile=phone,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watches.append(Watch(context, origin))
        if session:
            context.add_cookies([{"name": "sessionid", "value": session, "url": origin}])
        return Operator(context.new_page(), origin, watches[-1], record_property)

    yield make
    for context in contexts:
        context.close()
    until(lambda: at_work() == 0)  # or the tables could not be emptied
    for watch in watches:
        watch.settle()


@pytest.fixture
def operator(opened: Callable[..., Operator], boss: User) -> Operator:
    """A superuser at a desk."""
    return opened(session_of(boss))


def connections_not(state: str) -> int:
    """How many of the server's connections to the database are in another state."""
    return sum(found != state for found, _ in server_connections())


def at_work() -> int:
    """How many of them serve somebody: between two statements of one answer a connection is idle, too."""
    return sum(state != "idle" or for_seconds < SETTLED for state, for_seconds in server_connections())


def server_connections() -> list[tuple[str, float]]:
    """The state of each, and for how many seconds it has been in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the same all along
        cursor.execute(
            "SELECT state, extract(epoch FROM clock_timestamp() - state_change)::float FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IS NOT NULL"
        )
        return list(cursor.fetchall())


def session_of(user: User) -> str:
    """The key of a new session of this person."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
