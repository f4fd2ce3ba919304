"""Workers that are threads of this process.

They are daemon threads of our own: a task that never returns must not hold up the exit
of the interpreter or the restart of a kernel, as a thread of `concurrent.futures` does.
"""

from __future__ import annotations

import os
import threading
from itertools import islice
from typing import ClassVar

from nbparallel.workers.base import Backend, Desk


class Threads(Backend):
    """Carry claims out in daemon threads."""

    nests: ClassVar[bool] = True

    def __init__(self, desk: Desk, workers: int) -> None:
        super().__init__(desk, workers)
        self._lock = threading.Lock()
        self._team: set[int] = set()  # the workers that have a thread

    @classmethod
    def default_workers(cls) -> int:
        """Return the number that `concurrent.futures` uses too."""
        return min(32, (os.cpu_count() or 1) + 4)

    def start(self, tasks: int | None) -> None:
        """Start one thread per worker, but no more than there are tasks."""
        with self._lock:
            self._team = set()
        self.widen(tasks)

    def widen(self, tasks: int | None) -> None:
        """Start threads for *tasks* more, as far as there are workers without one."""
        with self._lock:
            team = self._team
            idle = (worker for worker in range(self.workers) if worker not in team)
            for worker in list(islice(idle, tasks)):
                try:
                    self._start(worker, team)
                except RuntimeError:
                    if not team:
                        raise
                    return  # the system gives no more threads: go on with these
                team.add(worker)

    def _start(self, worker: int, team: set[int]) -> None:
        threading.Thread(
            target=self._work,
            args=(worker, team),
            name=f"nbparallel-{worker}",
            daemon=True,
        ).start()

    def _work(self, worker: int, team: set[int]) -> None:
        # A thread that outlived its start leaves: the next start has its own team.
        while team is self._team:
            claim = self.desk.claim(worker)
            if claim is None:
                return
            claim.work()
            self.desk.settle(claim)
