"""Work that goes on beside the runs: in a process's own thread for it, one round at a time. It slows no run."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

type Stopping = Callable[[], bool]


class Beside:
    """`work` is called until nothing is due, or until the `stopping` that it is given says so."""

    def __init__(self, name: str, work: Callable[[Stopping], None]) -> None:
        self.name = name
        self.work = work
        self.rounds: dict[int, tuple[ThreadPoolExecutor, Future[None]]] = {}

    def begin(self, stopping: Stopping) -> Future[None]:
        """Comes back at once. By process: a thread does not outlive a fork."""
        thread, going = self.rounds.get(os.getpid(), (None, None))
        if thread is None:
            thread = ThreadPoolExecutor(1, thread_name_prefix=self.name)
        if going is None or going.done():
            going = thread.submit(self.work, stopping)
        self.rounds[os.getpid()] = (thread, going)
        return going
