"""Django's own backend, with one addition: an unset HOST means the embedded server, started on first use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from salesagent.postgres.embedded import socket_dir


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if "host" not in params:
            params["host"] = socket_dir(Path(settings.EMBEDDED_POSTGRES_DIR))
        return params
