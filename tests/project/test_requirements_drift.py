"""The pinned requirements are held against pyproject.toml without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ops.requirements_drift import DEVELOPMENT, PRODUCTION, ROOT, drift


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", PRODUCTION, DEVELOPMENT):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_pins_fit() -> None:
    assert list(drift(ROOT)) == []


def test_a_new_dependency_that_nobody_compiled_is_named(copy: Path) -> None:
    replace(copy / "pyproject.toml", '  "aiohttp",', '  "aiohttp",\n  "brotli",')
    replace(copy / "pyproject.toml", '  "pytest",', '  "pytest",\n  "mutmut",')
    assert list(drift(copy)) == [
        "requirements.txt: brotli is not pinned",
        "requirements-dev.txt: brotli is not pinned",
        "requirements-dev.txt: mutmut is not pinned",
    ]


def test_a_pin_that_no_longer_fits_is_named(copy: Path) -> None:
    replace(copy / "pyproject.toml", '"django~=5.2.0"', '"django~=6.0.0"')
    assert all("django is pinned to 5.2" in line and "~=6.0.0" in line for line in drift(copy))
    assert len(list(drift(copy))) == 2


def test_a_pin_that_nothing_needs_is_named(copy: Path) -> None:
    replace(copy / "pyproject.toml", '  "whitenoise",\n', "")
    assert "requirements.txt: nothing needs whitenoise" in list(drift(copy))


def test_files_that_disagree_are_named(copy: Path) -> None:
    replace(copy / DEVELOPMENT, "\nwhitenoise==", "\nwhitenoise==0.")
    found = list(drift(copy))
    assert len(found) == 1
    assert found[0].startswith("whitenoise: ")


def test_a_pin_without_a_hash_is_named(copy: Path) -> None:
    for name in (PRODUCTION, DEVELOPMENT):
        with (copy / name).open("a") as file:
            file.write("six==1.17.0\n")
    assert list(drift(copy)) == ["requirements.txt: six has no hash", "requirements-dev.txt: six has no hash"]


def test_a_line_that_pins_nothing_is_refused(copy: Path) -> None:
    with (copy / PRODUCTION).open("a") as file:
        file.write("git+https://example.org/repository.git\n")
    with pytest.raises(SystemExit, match="pins no version"):
        list(drift(copy))
