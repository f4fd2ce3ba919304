"""Threads of which one dies now and then, with a claim in its hands."""

from __future__ import annotations

from itertools import count

from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.threads import Threads

#: Every so many claims a worker dies before it has begun its own.
LIFE = 3


class Mortal(Threads):
    """Lose every third claim before its first task, and have another worker come."""

    stop = Backend.stop  # a loop of its own is ready for no `Abandoned`

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._claims = count(1)

    def _work(self, worker, team):
        while self._keeps(worker, team):
            claim = self.desk.claim(worker)
            if claim is None:
                return
            if next(self._claims) % LIFE == 0:
                with self._lock:
                    team.discard(worker)
                self.start(1)
                self.desk.lost(claim, ChildProcessError("this worker has died"))
                return
            carry_out(claim, claim.owner.call)
            self.desk.settle(claim)
            if claim.replaced:
                return
