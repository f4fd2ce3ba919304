"""Workers that are threads of this process.

They are daemon threads of our own: a task that never returns must not hold up the exit
of the interpreter or the restart of a kernel, as a thread of `concurrent.futures` does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from itertools import islice

from nbparallel import daemons, turns
from nbparallel.errors import Abandoned
from nbparallel.workers.base import Backend, Desk
from nbparallel.workers.carry_out import carry_through
from nbparallel.workers.claim import Claim
from nbparallel.workers.raising import raise_in


class Threads(Backend):
    """Carry claims out in daemon threads.

    Where the system gives no thread at all, as at the exit of an interpreter, whoever
    waits for the run carries its tasks out.
    """

    nests = True

    def __init__(self, desk: Desk, workers: int) -> None:
        super().__init__(desk, workers)
        self._lock = threading.Lock()
        self._team: set[int] = set()  # the workers that have a thread

    @classmethod
    def default_workers(cls) -> int:
        """Return the number that `concurrent.futures` uses too."""
        return min(32, (os.cpu_count() or 1) + 4)

    def start(self, tasks: int | None) -> None:
        """Start threads for *tasks* more, as far as there are workers without one."""
        with self._lock:
            team = self._team
            idle = (worker for worker in range(self.workers) if worker not in team)
            for worker in list(islice(idle, tasks)):
                try:
                    daemons.start(f"nbparallel-{worker}", self._work, worker, team)
                except RuntimeError:  # no more: go on with those that there are
                    self.waits_itself = not team
                    return
                team.add(worker)

    def resize(self, workers: int) -> None:
        """Have that many threads from now on; those that are too many finish first."""
        with self._lock:
            super().resize(workers)

    def stop(self, claims: Sequence[Claim]) -> bool:
        """Raise `Abandoned` in the tasks of *claims* that compute in Python.

        It arrives before the claim can be settled, for which this holds the lock: so it
        strikes no other task.
        """
        return raise_in((claim.thread for claim in claims), Abandoned)

    def close(self) -> None:
        """Let all threads go; those that are still busy leave when they can."""
        self._team = set()  # without the lock: a start may hold it for long

    def _work(self, worker: int, team: set[int]) -> None:
        turns.enter()
        try:
            while self._keeps(worker, team) and self._carry_one(worker):
                pass
        finally:
            turns.leave()

    def _carry_one(self, worker: int) -> bool:
        """Carry a claim out, if there is one yet to come; keep nothing of it."""
        claim = self.desk.claim(worker)
        if claim is None:
            return False
        carry_through(claim, self.desk)
        return True

    def _keeps(self, worker: int, team: set[int]) -> bool:
        """Whether *worker* is to go on: not after a close, nor where it is too many."""
        if self._is_wanted(worker, team):
            return True
        with self._lock:  # a resize may have changed that meanwhile
            if self._is_wanted(worker, team):
                return True
            team.discard(worker)
        return False

    def _is_wanted(self, worker: int, team: set[int]) -> bool:
        return team is self._team and worker < self.workers
