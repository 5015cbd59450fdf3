"""Wall clocks of the product's processes, which can be set while they run: by a small library that is preloaded.

It takes no rights over the machine, but a C compiler. Where there is none, clocks are left alone.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

SOURCE = Path(__file__).with_name("shifted_clock.c")


class Clocks:
    """One for each tree of processes, right until it is set. `directory` keeps the library and how far each is off."""

    def __init__(self, directory: Path, trees: Iterable[str]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.library = directory / "shifted_clock.so"
        self.shifts = {tree: directory / f"{tree}.shift" for tree in trees}
        compiler = shutil.which("cc")
        self.can_be_set = compiler is not None
        for tree in self.shifts:
            self.set(tree, 0)
        if compiler:
            subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", self.library, SOURCE, "-ldl"], check=True)

    def environment(self, tree: str) -> dict[str, str]:
        """With which the processes of the tree must start."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_SHIFT": str(self.shifts[tree])} if self.can_be_set else {}

    def set(self, tree: str, seconds: int) -> None:
        """Put the clock of the whole tree so far ahead, or behind, of this machine's."""
        # In place: the processes have the file's page mapped.
        with self.shifts[tree].open("r+b" if self.shifts[tree].exists() else "w+b") as file:
            file.write(struct.pack("l", seconds))
