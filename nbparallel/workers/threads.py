"""Workers that are threads of this process.

They are daemon threads of our own: a task that never returns must not hold up the exit
of the interpreter or the restart of a kernel, as a thread of `concurrent.futures` does.
"""

from __future__ import annotations

import os
import threading
from typing import ClassVar

from nbparallel.workers.base import Backend, Desk


class Threads(Backend):
    """Carry claims out in daemon threads."""

    nests: ClassVar[bool] = True

    def __init__(self, desk: Desk, workers: int) -> None:
        super().__init__(desk, workers)
        self._generation = 0

    @classmethod
    def default_workers(cls) -> int:
        """Return the number that `concurrent.futures` uses too."""
        return min(32, (os.cpu_count() or 1) + 4)

    def start(self, tasks: int | None) -> None:
        """Start one thread per worker, but no more than there are tasks."""
        self._generation += 1
        count = self.workers if tasks is None else min(self.workers, tasks)
        # None begins before all are there: to start a thread takes the interpreter's
        # lock back, which busy workers let go of only every few milliseconds.
        gate = threading.Event()
        try:
            for worker in range(count):
                threading.Thread(
                    target=self._work,
                    args=(worker, self._generation, gate),
                    name=f"nbparallel-{worker}",
                    daemon=True,
                ).start()
        finally:
            gate.set()

    def _work(self, worker: int, generation: int, gate: threading.Event) -> None:
        gate.wait()
        # A thread that outlived its start leaves: the next start has brought its own.
        while generation == self._generation:
            claim = self.desk.claim(worker)
            if claim is None:
                return
            claim.work()
            self.desk.settle(claim)
            if claim.revoked:
                return
