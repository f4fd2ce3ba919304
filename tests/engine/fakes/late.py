"""Threads whose claims are handed back by another thread, a while later."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import SimpleQueue

from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.threads import Threads


class Late(Threads):
    """Have one messenger settle all claims; who has brought one waits for that."""

    stop = Backend.stop  # a loop of its own is ready for no `Abandoned`

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._letters = SimpleQueue()
        threading.Thread(target=self._carry, name="messenger", daemon=True).start()

    def _carry(self):
        while True:
            claim, settled = self._letters.get()
            with suppress(SystemExit):  # of a listener that hears the end
                self.desk.settle(claim)
            settled.release()

    def _work(self, worker, team):
        while self._keeps(worker, team):
            claim = self.desk.claim(worker)
            if claim is None:
                return
            carry_out(claim, claim.owner.call)
            settled = threading.Lock()
            settled.acquire()
            self._letters.put((claim, settled))
            settled.acquire()
            if claim.replaced:
                return
