"""Compose, the image and the Procfile say the same of how the product runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


@pytest.fixture(scope="module")
def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines if line)}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_it_fits_the_compose_schema() -> None:
    # The schema comes with the package, and a proxy that nobody answers at keeps it to that.
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)],
        env={"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_a_database_a_release_a_web_server_and_a_worker(services: dict[str, Any]) -> None:
    assert set(services) == {"db", "release", "web", "worker"}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_it_runs_what_the_procfile_runs(name: str, services: dict[str, Any], procfile: dict[str, str]) -> None:
    assert services[name]["command"] == procfile[name]


def test_the_release_migrates_and_the_image_collects_the_static_files(
    services: dict[str, Any], procfile: dict[str, str]
) -> None:
    migrate, collect = procfile["release"].split(" && ")
    assert services["release"]["command"] == migrate
    assert collect in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", ["web", "worker"])
def test_nothing_starts_before_the_tables_are_there(name: str, services: dict[str, Any]) -> None:
    conditions = {on: how["condition"] for on, how in services[name]["depends_on"].items()}
    assert conditions == {"db": "service_healthy", "release": "service_completed_successfully"}
    assert services["release"]["depends_on"]["db"]["condition"] == "service_healthy"


def test_the_worker_has_the_time_to_let_runs_end(services: dict[str, Any]) -> None:
    assert seconds(services["worker"]["stop_grace_period"]) >= 40


def test_the_database_keeps_its_data_and_says_when_it_is_ready(services: dict[str, Any]) -> None:
    assert services["db"]["image"].startswith("postgres:18")
    assert services["db"]["volumes"]
    assert "pg_isready" in " ".join(services["db"]["healthcheck"]["test"])


def test_what_should_run_is_restarted_and_the_release_is_not(services: dict[str, Any]) -> None:
    policies = {name: service["restart"] for name, service in services.items()}
    assert policies == {"db": "unless-stopped", "release": "no", "web": "unless-stopped", "worker": "unless-stopped"}


def test_the_web_server_is_reached_through_a_proxy_only(services: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])
    assert "ports" not in services["db"]


def test_no_secret_is_written_into_it() -> None:
    secrets = re.findall(r"PASSWORD: (.+)|://\w+:([^@]+)@", COMPOSE.read_text())
    assert secrets
    assert all("${POSTGRES_PASSWORD:?" in (first or second) for first, second in secrets)


def test_the_image_is_pinned_and_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    wanted = (ROOT / ".python-version").read_text().strip()
    assert f"FROM python:{wanted}-slim" in lines
    assert any("--require-hashes" in line for line in lines)
    assert lines.index("USER app") < next(place for place, line in enumerate(lines) if line.startswith("CMD"))
