"""Static files as production stores them: under names that tell their content, with every reference found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = django_settings.STORAGES | {"staticfiles": {"BACKEND": "salesagent.static.ManifestStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_modules_import_one_another_under_one_name_each(collected: Path) -> None:
    """A module that is known under two names would run twice."""
    hashed = [path for path in (collected / "leads").glob("*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)]
    imported = {name for path in hashed for name in re.findall(r'(?:from|import)\s*"\./([^"]+)"', path.read_text())}
    assert any(name.startswith("sa.") for name in imported)
    assert imported <= {path.name for path in hashed}
