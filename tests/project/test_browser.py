"""`ops/browser` finds a Chromium, installs Debian's where it may, and else says what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "ops" / "browser"
APT = """#!/bin/bash
echo "$@" >> "${0%/*}/asked"
if [ "$1" = install ]; then printf '#!/bin/bash\\n' > "${0%/*}/chromium"; chmod +x "${0%/*}/chromium"; fi
"""


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A machine that has hardly any."""
    for name in ("bash", "cat", "env", "chmod"):
        found = next(path for folder in ("/bin", "/usr/bin") if (path := Path(folder, name)).exists())
        (tmp_path / name).symlink_to(found)
    return tmp_path


def add(commands: Path, name: str, text: str) -> None:
    (commands / name).write_text(text)
    (commands / name).chmod(0o755)


def ask(commands: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *arguments], env={"PATH": str(commands)}, text=True, capture_output=True, check=False
    )


def test_one_that_is_there_is_named(commands: Path) -> None:
    add(commands, "google-chrome", "")
    assert ask(commands, "--install").stdout == f"{commands}/google-chrome\n"


@pytest.mark.parametrize("arguments", [(), ("--install",)])
def test_without_one_it_fails_and_says_what_to_install(commands: Path, arguments: tuple[str, ...]) -> None:
    add(commands, "id", "#!/bin/bash\necho 1000\n")
    add(commands, "apt-get", APT)
    answer = ask(commands, *arguments)
    assert answer.returncode == 1
    assert "NO BROWSER" in answer.stderr
    assert "apt-get install" in answer.stderr
    assert not (commands / "asked").exists()


@pytest.mark.parametrize("user", ["0", "1000"])
def test_it_installs_as_root_or_by_a_sudo_that_asks_for_nothing(commands: Path, user: str) -> None:
    add(commands, "id", f"#!/bin/bash\necho {user}\n")
    add(commands, "sudo", '#!/bin/bash\n[ "$1" = --non-interactive ] && "${@:2}"\n')
    add(commands, "true", "#!/bin/bash\n")
    add(commands, "apt-get", APT)
    answer = ask(commands, "--install")
    assert (commands / "asked").read_text().splitlines() == [
        "update -qq",
        "install -yqq --no-install-recommends chromium fonts-dejavu-core",
    ]
    assert answer.stdout == f"{commands}/chromium\n"
