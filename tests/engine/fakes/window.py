"""A window of futures, refilled as they end: nobody waits for work."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future

from nbparallel import daemons
from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out


class Window(Backend):
    """Submit a batch per free place, whenever the desk says that there may be some.

    Each future that ends settles its claim and frees its place. What carries them out
    starts a thread per batch, and has no idea of claims.
    """

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._news = threading.Event()
        self._free = list(range(min(workers, 1000)))
        self._lock = threading.Lock()
        self._feeder = None

    @classmethod
    def default_workers(cls):
        return (os.cpu_count() or 1) + 2

    def start(self, tasks):  # noqa: ARG002 # it has as many as it likes
        with self._lock:
            if self._feeder is None:
                self.desk.watch(self._news.set)
                self._feeder = daemons.start("nbparallel-feeder", self._feed)
        self._news.set()

    def _feed(self):
        while True:
            self._news.wait()
            self._news.clear()
            while self._free and (claim := self.desk.try_claim(self._free[0])):
                with self._lock:
                    number = self._free.pop(0)
                self._submit(claim, number)
            with self._lock:
                if not self.desk.members and not self._news.is_set():
                    self.desk.unwatch(self._news.set)
                    self._feeder = None
                    return

    def _submit(self, claim, number):
        future = Future()
        future.add_done_callback(lambda _: self._settle(claim, number))

        def run():
            carry_out(claim, claim.owner.call)
            future.set_result(None)

        daemons.start("nbparallel-0", run)

    def _settle(self, claim, number):
        with self._lock:
            self._free.append(number)
        self.desk.settle(claim)
        self._news.set()
