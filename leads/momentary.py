"""What a process read a moment ago and may go on with. Not for locks: those are read when they matter."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from django.conf import settings

MOST = 1000  # keys; after that all is read again


class Momentary[K: Hashable, V]:
    """Keeps what was read for a key for SETTINGS_SECONDS. Threads may share it: at worst two of them read."""

    def __init__(self) -> None:
        self._kept: dict[K, tuple[float, V]] = {}

    def get(self, key: K, read: Callable[[], V]) -> V:
        """What `read` found for this key within the moment, else what it finds now."""
        now = time.monotonic()
        kept = self._kept.get(key)
        if kept is None or now >= kept[0]:
            if len(self._kept) >= MOST:
                self._kept.clear()
            kept = self._kept[key] = (now + settings.SETTINGS_SECONDS, read())
        return kept[1]
