"""Every variable documented, read in one place, and refused where production would not be safe with it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "salesagent" / "settings.py"
READERS = {"env", "secret", "number"}
MAY_READ_THE_ENVIRONMENT = {"salesagent/settings.py", "salesagent/wsgi.py"}

SAFE = {
    "SECRET_KEY": "q7Zr-3kT_wP0xVb9mN2sLd8fHj5gYc1uAe6iOo4RtWyXzKvB",
    "CREDENTIALS_KEYS": "mLhGx2bqv1n3Tf0K8ySgJ4cZ5uWq9pRr7dEeA6iYtOo=",
    "PUBLIC_URL": "https://sales.northwind.example",
    "DATABASE_URL": "postgresql://salesagent:secret@db.northwind.example:5432/salesagent",
    "POSTGRES_PASSWORD": "secret",
}
SAFE["SECRET_KEY"] += SAFE["SECRET_KEY"]


def variables_of_settings() -> set[str]:
    """Names read by `env.kind("NAME")`, `secret("NAME")` and `number("NAME")`."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(SETTINGS.read_text()))
        if isinstance(node, ast.Call)
        and reader_of(node.func) in READERS
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def reader_of(function: ast.expr) -> str:
    match function:
        case ast.Attribute(value=ast.Name(id=name)) | ast.Name(id=name):
            return name
        case _:
            return ""


def variables_of_compose() -> set[str]:
    """Names that Compose and the Procfile fill in: `${NAME:-default}`, `${NAME:?message}`."""
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Procfile").read_text()
    return set(re.findall(r"\$\{(\w+)", text))


def example(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product in a folder of its own: no `.env`, and a `var/` that nobody has used."""
    shutil.copytree(ROOT / "salesagent", tmp_path / "salesagent", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    for folder in ("leads", "connectors", "templates"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    return tmp_path


def check(copy: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *(arguments or ("check",))],
        cwd=copy,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def production(**changes: str) -> dict[str, str]:
    return example(".env.production.example") | SAFE | changes


# The files


def test_the_settings_read_something() -> None:
    assert {"ENVIRONMENT", "SECRET_KEY", "LEASE_SECONDS", "HUBSPOT_ACCESS_TOKEN"} <= variables_of_settings()


def test_the_example_for_development_has_every_variable_and_no_other() -> None:
    assert set(example(".env.example")) == variables_of_settings()


def test_the_example_for_production_has_every_variable_and_those_of_compose() -> None:
    assert set(example(".env.production.example")) == variables_of_settings() | variables_of_compose()


@pytest.mark.parametrize("name", [".env.example", ".env.production.example"])
def test_every_variable_is_explained_in_the_line_above(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if "=" in line and not line.startswith("#") and not before.startswith("#")
    ]
    assert bare == []


@pytest.mark.parametrize("name", [".env.example", ".env.production.example"])
def test_the_examples_hold_no_secret(name: str) -> None:
    secret = {"SECRET_KEY", "CREDENTIALS_KEYS", "POSTGRES_PASSWORD", "DATABASE_URL", "GOOGLE_CREDENTIALS"}
    secret |= {"HUBSPOT_ACCESS_TOKEN", "HUBSPOT_CLIENT_SECRET", "GOOGLE_OAUTH_CLIENT_SECRET"}
    assert {key: value for key, value in example(name).items() if key in secret and value} == {}


@pytest.mark.processes
def test_the_example_for_development_says_what_holds_without_it(copy: Path) -> None:
    show = ("diffsettings", "--all")
    without = check(copy, {}, *show)
    (copy / ".env").write_text((ROOT / ".env.example").read_text())
    assert without.returncode == 0, without.stderr
    assert comparable(check(copy, {}, *show).stdout) == comparable(without.stdout)


def comparable(shown: str) -> list[str]:
    """Without the addresses of objects, and what Python adds to a class that it shows."""
    return [re.sub(r" at 0x[0-9a-f]+", "", line) for line in shown.splitlines()]


# Who reads


def sources() -> Iterator[Path]:
    for folder in ("salesagent", "leads", "connectors"):
        yield from (ROOT / folder).rglob("*.py")


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {"environ", "getenv"} & {n.name for n in node.names}
        )
    }
    assert readers - MAY_READ_THE_ENVIRONMENT == set()


# Production


@pytest.mark.processes
def test_production_starts_with_the_example_filled_in(copy: Path) -> None:
    (copy / ".env").write_text("".join(f"{name}={value}\n" for name, value in production().items()))
    started = check(copy, {})
    assert started.returncode == 0, started.stderr
    assert not (copy / "var").exists(), "production makes no secrets"


@pytest.mark.processes
def test_production_refuses_the_example_as_it_is_and_names_all_that_is_missing(copy: Path) -> None:
    shutil.copy(ROOT / ".env.production.example", copy / ".env")
    refused = check(copy, {})
    assert refused.returncode == 1
    assert set(re.findall(r"^- (\w+)", refused.stderr, re.MULTILINE)) == {
        "SECRET_KEY",
        "CREDENTIALS_KEYS",
        "PUBLIC_URL",
        "DATABASE_URL",
    }
    assert "Traceback" not in refused.stderr


UNSAFE = {
    "SECRET_KEY": ["", "short", "x" * 64, "change-me" * 8],
    "CREDENTIALS_KEYS": ["", "not-a-key", "x" * 44, SAFE["CREDENTIALS_KEYS"] + ",old"],
    "PUBLIC_URL": ["", "http://sales.northwind.example", "https://", "sales.northwind.example"],
    "ALLOWED_HOSTS": ["*", "127.0.0.1,*"],
    "DATABASE_URL": ["", "sqlite:///db.sqlite3", "mysql://root@db/salesagent", "postgresql://db.northwind.example"],
    "DEBUG": ["true", "1"],
    "LOG_LEVEL": ["LOUD"],
    "LOOK_BEFORE_REPEAT": ["false"],
    "SANDBOX_URL": ["http://127.0.0.1:8800"],
    "WORKFLOW_MODE": ["send-it"],
    "WORKER_PROCESSES": ["0", "two", "1.5"],
    "LEASE_SECONDS": ["0", "-1", "nan", "inf", "60 s"],
    "MAX_ATTEMPTS": ["0"],
}


@pytest.mark.processes
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in UNSAFE.items() for value in values])
def test_production_refuses_an_unsafe_value_and_names_it(name: str, value: str, copy: Path) -> None:
    refused = check(copy, production(**{name: value}))
    assert refused.returncode == 1
    assert set(re.findall(r"^- (\w+)", refused.stderr, re.MULTILINE)) == {name}


@pytest.mark.processes
def test_production_names_everything_unsafe_at_once(copy: Path) -> None:
    refused = check(copy, production(**{name: values[-1] for name, values in UNSAFE.items()}))
    assert set(re.findall(r"^- (\w+)", refused.stderr, re.MULTILINE)) == set(UNSAFE)


@pytest.mark.processes
def test_a_refusal_tells_no_secret(copy: Path) -> None:
    weak = "weak-but-secret"
    refused = check(copy, production(SECRET_KEY=weak, CREDENTIALS_KEYS=weak, DATABASE_URL=f"mysql://root:{weak}@db/x"))
    assert refused.returncode == 1
    assert weak not in refused.stderr + refused.stdout


@pytest.mark.processes
def test_an_environment_that_is_neither_is_refused(copy: Path) -> None:
    refused = check(copy, {"ENVIRONMENT": "staging"})
    assert refused.returncode == 1
    assert refused.stderr == "ENVIRONMENT is “staging”; it is development or production.\n"


# Development


@pytest.mark.processes
def test_development_makes_its_secrets_at_the_first_start_and_all_processes_agree(copy: Path) -> None:
    show = "from django.conf import settings; print(settings.SECRET_KEY, *settings.CREDENTIALS_KEYS)"
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "salesagent.settings"}
    both = [
        subprocess.Popen([sys.executable, "-c", show], cwd=copy, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = {process.communicate(timeout=60)[0] for process in both}
    assert len(said) == 1
    assert said == {f"{(copy / 'var/secret_key').read_text()} {(copy / 'var/credentials_keys').read_text()}\n"}
    for name in ("secret_key", "credentials_keys"):
        assert stat.S_IMODE((copy / "var" / name).stat().st_mode) == 0o600
    assert {path.name for path in (copy / "var").iterdir()} == {"secret_key", "credentials_keys", "static"}
