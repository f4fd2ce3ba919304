"""Threads that hand every fifth claim of several tasks back half done."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.threads import Threads


class Halving(Threads):
    """Carry out the first half of a claim; leave the rest to whoever comes next."""

    stop = Backend.stop  # a loop of its own is ready for no `Abandoned`

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._claims = count()

    def _work(self, worker, team):
        while self._keeps(worker, team):
            claim = self.desk.claim(worker)
            if claim is None:
                return
            left = len(claim.items) // 2 if next(self._claims) % 5 == 4 else 0
            with suppress(IndexError):  # who takes back has been quicker
                for _ in range(left):  # out of reach of those who take back
                    claim.items.pop()
            carry_out(claim, claim.owner.call)
            self.desk.settle(claim)
            if claim.replaced:
                return
