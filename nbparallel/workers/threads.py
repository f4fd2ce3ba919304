"""Workers that are threads of this process.

They are daemon threads of our own: a task that never returns must not hold up the exit
of the interpreter or the restart of a kernel, as a thread of `concurrent.futures` does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from nbparallel import daemons, turns
from nbparallel.errors import Abandoned
from nbparallel.workers.base import Backend, Desk
from nbparallel.workers.bounds import Bounds, has_one_lock, processors
from nbparallel.workers.carry_out import carry_through
from nbparallel.workers.claim import Claim
from nbparallel.workers.clocks import ThreadClocks
from nbparallel.workers.raising import raise_in

#: The most threads that ``workers="auto"`` takes.
MOST_BY_ITSELF: Final = 512


class Threads(Backend):
    """Carry claims out in daemon threads.

    Where the system gives no thread at all, as at the exit of an interpreter, whoever
    waits for the run carries its tasks out.
    """

    nests = True
    replaces = True
    grows = True
    has_thread_clocks = True

    def __init__(self, desk: Desk, workers: int) -> None:
        super().__init__(desk, workers)
        self._lock = threading.Lock()
        self._team: set[int] = set()  # the workers that have a thread
        self._has_shrunk = False  # since when some of these may be too many
        self._clocks = ThreadClocks()

    @classmethod
    def default_workers(cls) -> int:
        """Return the number that `concurrent.futures` uses too."""
        return min(32, (os.cpu_count() or 1) + 4)

    @classmethod
    def bounds(cls) -> Bounds | None:
        """Return what ``workers="auto"`` chooses from."""
        return Bounds(
            first=4,
            most=MOST_BY_ITSELF,
            processors=processors(),
            one_lock=has_one_lock(),
        )

    def start(self, tasks: int | None) -> None:
        """Start threads for *tasks* more, as far as there are workers without one."""
        if not self._has_shrunk and len(self._team) >= self.workers:
            return  # a glance, for who adds tasks one by one
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
            self._has_shrunk = self._has_shrunk or workers < self.workers
            super().resize(workers)

    def stop(self, claims: Sequence[Claim]) -> bool:
        """Raise `Abandoned` in the tasks of *claims* that compute in Python.

        It arrives before the claim can be settled, for which this holds the lock: so it
        strikes no other task.
        """
        return raise_in((claim.thread for claim in claims), Abandoned)

    def strike(self, claim: Claim) -> None:
        """Do as `stop`."""
        self.stop([claim])

    def replace(self, claim: Claim) -> None:
        """Let the thread of *claim* go, whenever it comes back."""
        if not claim.replaced:
            claim.replaced = True
            self._team.discard(claim.worker)

    def thread_seconds(self) -> Mapping[int, float]:
        """Return the CPU seconds of each thread."""
        return self._clocks.seconds()

    def close(self) -> None:
        """Let all threads go; those that are still busy leave when they can."""
        self._team = set()  # without the lock: a start may hold it for long

    def _work(self, worker: int, team: set[int]) -> None:
        turns.enter()
        self._clocks.enter()
        try:
            while self._keeps(worker, team) and self._carry_one(worker):
                pass
        finally:
            self._clocks.leave()
            turns.leave()

    def _carry_one(self, worker: int) -> bool:
        """Carry a claim out; return whether this thread is to go on. Keep nothing."""
        claim = self.desk.claim(worker)
        if claim is None:
            return False
        carry_through(claim, self.desk)
        return not claim.replaced

    def _keeps(self, worker: int, team: set[int]) -> bool:
        """Whether *worker* is to go on: not after a close, nor if it is too many."""
        if self._is_wanted(worker, team):
            return True
        with self._lock:  # a resize may have changed that meanwhile
            if self._is_wanted(worker, team):
                return True
            team.discard(worker)
        self.desk.gone()
        return False

    def _is_wanted(self, worker: int, team: set[int]) -> bool:
        return team is self._team and worker < self.workers
