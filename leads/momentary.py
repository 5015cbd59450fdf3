"""What a process read a moment ago and may go on with. Not for locks: those are read when they matter."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, ClassVar


class Momentary[K: Hashable, V]:
    """So many values, each for as long as who asks allows. Threads share it: at worst two of them read.

    The one that was put first goes first. None is nothing that could be kept.
    """

    everywhere: ClassVar[list[Momentary[Any, Any]]] = []

    def __init__(self, size: int = 1000) -> None:
        self.everywhere.append(self)
        self.size = size
        self.values: dict[K, tuple[float, V]] = {}
        self.lock = Lock()

    def get(self, key: K, seconds: float) -> V | None:
        at, value = self.values.get(key, (0.0, None))
        return value if value is not None and time.monotonic() - at < seconds else None

    def put(self, key: K, value: V) -> None:
        with self.lock:
            self.values.pop(key, None)
            while len(self.values) >= self.size:
                del self.values[next(iter(self.values))]
            self.values[key] = (time.monotonic(), value)

    def recall(self, key: K, seconds: float, read: Callable[[], V]) -> V:
        """What was kept for this key within so many seconds, else what `read` finds now."""
        known = self.get(key, seconds)
        if known is None:
            known = read()
            self.put(key, known)
        return known

    def clear(self) -> None:
        with self.lock:
            self.values.clear()


def forget() -> None:
    """Of this process: all that it remembers."""
    for memory in Momentary.everywhere:
        memory.clear()
