"""The engine's surroundings: a workspace that may write, and failures that are retried at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from leads.models import Workspace
from tests.conftest import default_workspace


@pytest.fixture
def sending(db: None, settings: Any) -> Workspace:
    """Northwind, with every lock open."""
    settings.WORKFLOW_MODE = "SEND"
    return default_workspace(draft_only=False)


@pytest.fixture
def hasty(settings: Any) -> None:
    """No waiting between attempts."""
    settings.BACKOFF_BASE = timedelta(0)


@pytest.fixture
def anna(db: None) -> User:
    """Who reviews."""
    return User.objects.create_user("anna", first_name="Anna", last_name="Voss")
