"""`python -m ops.requirements_drift`: whether the pinned requirements still fit pyproject.toml, without a network.

Every direct dependency is pinned, with hashes, by a version that fits; nothing is pinned for production that nothing
needs; and what both files pin they pin alike.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
# Where the product runs and is developed; a marker that holds nowhere here is somebody else's.
PLATFORMS = ({"sys_platform": "linux"}, {"sys_platform": "darwin"}, {"sys_platform": "win32"})


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of a requirements file."""

    version: Version
    has_hash: bool


def main() -> int:
    faults = list(drift(ROOT))
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        sys.stderr.write("Run `make requirements`, and commit both files.\n")
    return 1 if faults else 0


def drift(root: Path) -> Iterator[str]:
    """Each thing that is wrong, as a line that names the package and the file."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    production = [Requirement(line) for line in project["project"]["dependencies"]]
    development = [Requirement(line) for line in project["dependency-groups"]["dev"]]
    pins = {name: pinned(root / name) for name in (PRODUCTION, DEVELOPMENT)}
    yield from missing(production, pins[PRODUCTION], PRODUCTION)
    yield from missing([*production, *development], pins[DEVELOPMENT], DEVELOPMENT)
    for file, found in pins.items():
        yield from (f"{file}: {name} has no hash" for name, pin in found.items() if not pin.has_hash)
    yield from (f"{PRODUCTION}: nothing needs {name}" for name in sorted(pins[PRODUCTION].keys() - closure(production)))
    yield from disagreements(pins[PRODUCTION], pins[DEVELOPMENT])


def pinned(path: Path) -> dict[str, Pin]:
    """What a compiled requirements file pins, by canonical name."""
    pins: dict[str, Pin] = {}
    for line in path.read_text().replace("\\\n", " ").splitlines():
        wanted, *hashes = line.split("#", 1)[0].split("--hash=")
        if not wanted.strip():
            continue
        try:
            requirement = Requirement(wanted.strip())
            version = next(Version(one.version) for one in requirement.specifier if one.operator == "==")
        except (InvalidRequirement, StopIteration):
            raise SystemExit(f"{path.name}: “{wanted.strip()[:80]}” pins no version") from None
        pins[canonicalize_name(requirement.name)] = Pin(version, bool(hashes))
    return pins


def missing(wanted: Iterable[Requirement], pins: Mapping[str, Pin], file: str) -> Iterator[str]:
    for requirement in wanted:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"{file}: {requirement.name} is not pinned"
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            yield f"{file}: {requirement.name} is pinned to {pin.version}, and pyproject.toml wants {requirement}"


def disagreements(production: Mapping[str, Pin], development: Mapping[str, Pin]) -> Iterator[str]:
    for name, pin in production.items():
        other = development.get(name)
        if other is None:
            yield f"{DEVELOPMENT}: {name} is not pinned, and {PRODUCTION} has it"
        elif other.version != pin.version:
            yield f"{name}: {pin.version} in {PRODUCTION}, {other.version} in {DEVELOPMENT}"


def closure(direct: Iterable[Requirement]) -> set[str]:
    """Names of everything that `direct` needs, as the packages installed here tell; on any platform that we know."""
    names: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    open_ends = list(direct)
    while open_ends:
        requirement = open_ends.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        names.add(name)
        if (name, extras) not in seen:
            seen.add((name, extras))
            open_ends += needed_by(name, extras)
    return names


def needed_by(name: str, extras: frozenset[str]) -> list[Requirement]:
    """What the installed package asks for; nothing for one that is not installed, as on another platform."""
    try:
        asked = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    requirements = [Requirement(line) for line in asked]
    return [one for one in requirements if may_apply(one, extras)]


def may_apply(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    if marker is None:
        return True
    return any(marker.evaluate({**platform, "extra": extra}) for platform in PLATFORMS for extra in {"", *extras})


if __name__ == "__main__":
    sys.exit(main())
