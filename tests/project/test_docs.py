"""The documents name targets, commands, files and headings that exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from packaging.requirements import Requirement

from leads.models import AlertRule

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|toml|txt|yml|yaml|json|example))")
OURS_AT_THE_TOP = {"Procfile", "Makefile", "Dockerfile", "LICENSE"}
MADE_LATER = {".env"}


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text())


def everything() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        yield path.name, path.read_text()


def named_files(text: str) -> set[str]:
    spans = {span for span in SPAN.findall(text) if not span.startswith(("/", "http"))}
    return {span for span in spans if FILE.fullmatch(span) or span in OURS_AT_THE_TOP} - MADE_LATER


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_documents() -> None:
    assert {path.name for path in DOCUMENTS} >= {"README.md", "CHANGELOG.md", "architecture.md", "decisions.md"}


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for _, text in everything() for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)}
    assert named >= {"demo", "test"}
    assert named - targets == set()


def test_every_make_target_with_a_help_text_is_in_the_readme() -> None:
    helped = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", (ROOT / "README.md").read_text()))
    assert helped - named == {"help"}


def test_every_command_that_is_named_exists_and_every_one_of_ours_is_named() -> None:
    commands = get_commands()
    named = {command for _, text in everything() for command in re.findall(r"manage\.py ([a-z_]+)", text)}
    assert named - set(commands) == set()
    assert {name for name, app in commands.items() if app == "leads"} - named == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(path: Path) -> None:
    assert {name for name in named_files(prose(path)) if not (ROOT / name).exists()} == set()


def test_files_are_recognised_where_they_are_named() -> None:
    text = "`leads/steps.py`, `docs/`, `.env.example`, `Procfile`; not `run.do`, `/health`, `HUBSPOT_API_URL`, `.env`"
    assert named_files(text) == {"leads/steps.py", "docs/", ".env.example", "Procfile"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(prose(path)):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        found = path.parent / file if file else path
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def test_every_direct_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    table = [line.split("|")[1] for line in prose(ROOT / "docs" / "decisions.md").splitlines() if line.startswith("|")]
    explained = {name.partition("(")[0].strip() for cell in table for name in cell.split(",")}
    assert {Requirement(line).name for line in wanted} - explained == set()


def test_operators_are_told_of_every_alert_rule() -> None:
    rows = re.findall(r"^\| (.+?) \|", prose(ROOT / "docs" / "operators.md"), re.MULTILINE)
    assert {str(label) for label in AlertRule.Kind.labels} <= set(rows)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_prose_has_no_em_dashes_and_no_long_lines(path: Path) -> None:
    text = prose(path)
    assert "—" not in text
    assert [line for line in text.splitlines() if len(line) > 120 and not line.startswith("|")] == []
