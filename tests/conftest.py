"""Shared fixtures: a database without its truncate guard, Northwind's workspace, and the sandbox as its accounts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from connectors import sandbox
from leads import breakers, guide
from leads.console import live
from leads.models import Workspace
from leads.northwind import prepare
from leads.samples import FORMS, sample
from tests import openapi

SECRET = "a-client-secret-of-the-tests"
FORM_ID = next(iter(FORMS))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many actions the tasks of the browser tests took, and how many hostile cases were tried."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    noted = {(report.nodeid, *noted) for report in reports for noted in getattr(report, "user_properties", ())}
    for line in sorted({value for _, name, value in noted if name == "actions"}):
        terminalreporter.write_line(line)
    if cases := sum(value for _, name, value in noted if name == "cases"):
        terminalreporter.write_line(f"{cases} hostile cases")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that commit are cleaned up by TRUNCATE, which the audit's trigger rightly refuses elsewhere."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER event_no_truncate ON leads_event")


@pytest.fixture(autouse=True)
def configured(settings: Any) -> None:
    """The settings of the tests, whatever the surroundings say."""
    settings.WORKFLOW_MODE = "DRAFT_ONLY"
    settings.PUBLIC_URL = "https://sales.northwind.example"
    settings.ALLOWED_HOSTS = ["testserver", "sales.northwind.example"]
    settings.HUBSPOT_CLIENT_SECRET = SECRET
    settings.HUBSPOT_ACCESS_TOKEN = ""
    settings.GOOGLE_CREDENTIALS = ""
    settings.GOOGLE_OAUTH_CLIENT_ID = settings.GOOGLE_OAUTH_CLIENT_SECRET = ""
    settings.RUNS_PER_WORKER = 4
    settings.POLL_MINUTES = 0
    settings.SANDBOX_URL = ""
    settings.BREAKER_MIN_CALLS = 0
    breakers.MEMORY.forget()
    settings.HUBSPOT_CALLS_PER_10_SECONDS = settings.HUBSPOT_SEARCHES_PER_SECOND = settings.GMAIL_UNITS_PER_MINUTE = 0
    settings.FOLLOW_SECONDS = 0
    guide.forget()
    live.forget()
    settings.SETTINGS_SECONDS = 0.0
    settings.QUICK_SECONDS = 0.0  # a fault that strikes once is to be seen


def default_workspace(*, draft_only: bool = True) -> Workspace:
    """The default workspace, set up as Northwind; made again where a test's cleaning up took it."""
    found, _ = Workspace.objects.get_or_create(slug="default", defaults={"name": "Northwind"})
    prepare(found, draft_only=draft_only)
    found.refresh_from_db()
    return found


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture(scope="session")
def shared_box() -> Iterator[Any]:
    with sandbox.running(seed=sandbox.Seed.demo()) as box:
        yield box


@pytest.fixture
def box(shared_box: Any, settings: Any) -> Any:
    """The sandbox, fresh, as the accounts of the default workspace."""
    shared_box.control.reset()
    for name, value in accounts(shared_box.url).items():
        setattr(settings, name, value)
    return shared_box


@pytest.fixture(autouse=True)
def kept_to_the_openapi(configured: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test exchanges with the sandbox fits HubSpot's own OpenAPI, where that is there."""
    if not openapi.SPEC.is_file() or "box" not in request.fixturenames:
        yield
        return
    with openapi.watching(request.getfixturevalue("box").url) as seen:
        yield
    assert openapi.odd(seen) == []


def accounts(url: str) -> dict[str, str]:
    """The settings that make the sandbox at this address the accounts of the default workspace."""
    google = {
        "type": "authorized_user",
        "client_id": "sandbox",
        "client_secret": "sandbox",
        "refresh_token": "sandbox",
        "token_uri": f"{url}/token",
    }
    return {
        "HUBSPOT_API_URL": url,
        "GOOGLE_API_URL": url,
        "SANDBOX_URL": url,
        "HUBSPOT_ACCESS_TOKEN": "sandbox-token",
        "GOOGLE_CREDENTIALS": json.dumps(google),
    }


@pytest.fixture
def lead() -> Callable[..., dict[str, Any]]:
    """A form submission in our flat shape; keyword arguments replace or remove (None) its fields."""

    def make(number: int | str = 1, **fields: Any) -> dict[str, Any]:
        data = sample(number)
        values = {entry["name"]: entry["value"] for entry in data["fieldValues"]} | fields
        data["fieldValues"] = [{"name": name, "value": value} for name, value in values.items() if value is not None]
        return data

    return make
