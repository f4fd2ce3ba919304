"""Threads whose number changes all the time."""

from __future__ import annotations

from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.threads import Threads


class Restless(Threads):
    """Be resized after every claim: to one worker, then back to all of them."""

    stop = Backend.stop  # a loop of its own is ready for no `Abandoned`

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._all = workers

    def _work(self, worker, team):
        while self._keeps(worker, team):
            claim = self.desk.claim(worker)
            if claim is None:
                return
            carry_out(claim, claim.owner.call)
            self.desk.settle(claim)
            if claim.replaced:
                return
            self.resize(1)
            if self.desk.members:
                self.resize(self._all)
                self.start(self._all)
